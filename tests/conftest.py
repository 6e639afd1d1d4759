"""What every test may ask for. Nothing of Django is imported here, so that the rules can be tested without it."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

RARELY = (20_000, 20, 20)
"""Python looks for cycles after so many new objects, and among the older ones after so many such looks.

At its own 700 a sixth of the suite's time went there: a thousand modules and five thousand tests were walked through
again and again, and none of them ever goes away.
"""


SLOW_MACHINES_ARE_FINE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("same", derandomize=True, database=None, **SLOW_MACHINES_ARE_FINE)
settings.load_profile("same")
"""What is drawn hangs on the test and not on the run, and no example fails because the machine was busy."""


def pytest_configure() -> None:
    """Cycles are looked for rarely."""
    gc.set_threshold(*RARELY)


def pytest_collection_finish() -> None:
    """What stands when the tests begin stays, and is not walked through."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def servers() -> Iterator[None]:
    """PostgreSQL and Valkey run: private ones of this test process, unless DATABASE_URL and REDIS_URL name others."""
    from django.conf import settings

    from infusion_coder import embedded

    with embedded.missing_servers(Path(settings.VAR_DIR), is_durable=False):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The servers run before pytest-django makes its database."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> None:
    """The rules are kept before any test codes with them, as a start of the application keeps them."""
    from datetime import UTC, datetime

    from encounters import rulebooks
    from rules.rulebook.loader import load_rulebook

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        rulebooks.store(rulebook=load_rulebook(), at=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _confirmed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever a test signs in by force has confirmed who they are a moment ago; tests of confirming sign in by page."""
    if request.config.pluginmanager.hasplugin("django"):
        from tests.personas import confirm_at_sign_in

        confirm_at_sign_in(monkeypatch)
