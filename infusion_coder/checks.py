"""System checks: what would only fail later, under a user's hands, is refused at the start."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.checks import CheckMessage, Tags, register

from encounters.installed import load_rulebook
from rules.errors import RulebookError


@register("rulebook")
def rulebook_loads(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The loader accepts the whole rulebook: strict keys, every value cited, no gaps and no overlaps."""
    if not (Path(__file__).parent.parent / "rules/data/policy_keys.yaml").exists():
        return []
    try:
        load_rulebook()
    except RulebookError as error:
        return [
            checks.Error(f"The rulebook is refused: {error}", hint="Mend the file it names.", id="infusion_coder.E001")
        ]
    return []


@register(Tags.security, deploy=True)
def servers_are_given(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A deployment names its servers: the private ones live and die with `make run`."""
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name, "").strip()]
    return [
        checks.Warning(
            f"{name} is not set, so the private server of a desk would be used.",
            hint="docs/deploy.md lists what a deployment sets.",
            id=f"infusion_coder.W00{number}",
        )
        for number, name in enumerate(missing, start=1)
    ]


@register(Tags.security, deploy=True)
def trail_has_a_key_of_its_own(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A deployment says the key of the trail: one that is made by itself would lie beside the data that it proves."""
    if os.environ.get("AUDIT_KEY", "").strip():
        return []
    hint = "Make one as for SECRET_KEY, another one, and keep it apart from the database: docs/deploy.md."
    return [checks.Error("AUDIT_KEY is not set.", hint=hint, id="infusion_coder.E002")]
