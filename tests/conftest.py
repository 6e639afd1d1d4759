"""What every test may ask for. Nothing of Django is imported here, so that the rules can be tested without it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_unconfigure() -> None:
    """The folder that tests/settings.py made for this process is gone."""
    made = Path(os.environ.get("VAR_DIR", ""))
    if made.name.startswith("infusion-coder-tests-"):
        shutil.rmtree(made, ignore_errors=True)


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
