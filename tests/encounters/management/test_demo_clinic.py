"""The command of the demo clinic: what it says, and the same clinic for the same seed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from encounters.models import Encounter, FinalLine, Review

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_day() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 1, 20, 17, tzinfo=UTC), tick=False):
        yield


def a_clinic(seed: int = 3, encounters: int = 12) -> str:
    said = StringIO()
    call_command("demo_clinic", encounters=encounters, waiting=4, seed=seed, weeks=2, stdout=said, verbosity=1)
    return said.getvalue()


def digest(seed: int) -> str:
    """Of the whole clinic as coders see it, without the numbers that the database gives; then it was never there."""
    with transaction.atomic():
        a_clinic(seed)
        rows = Review.objects.filter(encounter__source=f"demo-clinic-{seed}").order_by("encounter__external_id")
        columns = (
            "encounter__external_id",
            "encounter__patient__mrn",
            "date_of_service",
            "state",
            "codes",
            "code_units",
        )
        people = ("accepted_by__username", "accepted_at", "pend_reason", "version", "value_at_stake")
        lines = FinalLine.objects.filter(review__in=rows).order_by(
            "review__encounter__external_id", "acceptance", "position"
        )
        text = repr([list(rows.values_list(*columns, *people)), list(lines.values_list("code", "units", "modifiers"))])
        transaction.set_rollback(True)
    return sha256(text.encode()).hexdigest()


def test_says_what_it_built_and_refuses_a_second_time() -> None:
    assert (
        a_clinic().splitlines()[-1].startswith("4 encounters wait and 8 are finished: 12 coded and worked one by one")
    )
    assert Encounter.objects.filter(source="demo-clinic-3").count() == 12
    with pytest.raises(CommandError, match="already"):
        a_clinic()


def test_builds_the_same_for_the_same_seed() -> None:
    assert digest(3) == digest(3) != digest(4)


def test_refuses_figures_that_fit_no_clinic() -> None:
    with pytest.raises(CommandError, match="At least one"):
        a_clinic(encounters=3)


def test_it_is_not_built_while_the_database_is_migrated() -> None:
    last = MigrationRecorder(connection).applied_migrations()
    with transaction.atomic():
        MigrationRecorder.Migration.objects.filter(app="encounters").latest("pk").delete()
        with pytest.raises(CommandError, match="still to be migrated"):
            a_clinic()
        transaction.set_rollback(True)
    assert MigrationRecorder(connection).applied_migrations() == last
    assert not Encounter.objects.exists()
