"""The tables are what the models say, and a release can be followed by the next."""

import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

OURS = ("drugs", "encounters")


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    words = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=words)
    except SystemExit:
        pytest.fail(words.getvalue())


def test_each_application_has_one_chain() -> None:
    loader = MigrationLoader(None)
    assert loader.detect_conflicts() == {}
    assert {application: len(loader.graph.leaf_nodes(application)) for application in OURS} == dict.fromkeys(OURS, 1)


def test_migrations_of_drugs_do_not_wait_for_encounters() -> None:
    loader = MigrationLoader(None)
    waits = {
        f"{name} -> {other}"
        for (application, name), migration in loader.disk_migrations.items()
        if application == "drugs"
        for other, _ in migration.dependencies
        if other == "encounters"
    }
    assert waits == set()


def test_models_of_ours_have_migrations() -> None:
    assert {config.label for config in apps.get_app_configs() if config.label in OURS} == set(OURS)
