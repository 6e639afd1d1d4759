"""The published worked cases that lie beside the code, and what the engine answers to them."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from drugs.formulary.starter import seeded_electrolytes
from encounters.installed import load_rulebook
from rules.cases import conformance
from rules.cases.conformance import Conformance

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnableToReadCases(Exception):
    """A file does not hold a list of worked cases."""


def folder() -> Path:
    """Where the cases lie in a checkout."""
    return Path(settings.BASE_DIR) / "tests" / "cases"


def read_cases(file: Path) -> list[Mapping[str, Any]]:
    """The cases of one file in its order. Raises UnableToReadCases."""
    try:
        content = yaml.load(file.read_bytes(), Loader=_LOADER)  # noqa: S506 (a safe loader)
    except (OSError, yaml.YAMLError) as wrong:
        message = f"{file}: {wrong}"
        raise UnableToReadCases(message) from wrong
    if content is None:
        return []
    if not isinstance(content, list) or not all(isinstance(case, Mapping) for case in content):
        message = f"{file}: a list of cases is wanted"
        raise UnableToReadCases(message)
    return content


def checked() -> Conformance | None:
    """Every case with both answers, by the rules installed; None where no cases lie beside the code.

    Asked once for each version of the rulebook. Raises UnableToReadCases.
    """
    return _checked(load_rulebook().version)


@lru_cache(maxsize=2)
def _checked(version: str) -> Conformance | None:
    cases = [case for file in sorted(folder().rglob("*.yaml")) for case in read_cases(file)]
    if not cases:
        return None
    return conformance.check_all(cases, rulebook=load_rulebook(), electrolytes=seeded_electrolytes())
