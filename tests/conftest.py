"""What every test may ask for. Nothing of Django is imported here, so that the rules can be tested without it."""

from collections.abc import Iterator
from pathlib import Path

import pytest


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
