"""Reviews as a coder finds them."""

import time
from collections.abc import Sequence

import pytest
from django.db import connection

from encounters.models import Encounter, Review
from encounters.models.encounter import CodingState
from encounters.review import preparation
from rules.result import CodedLine, Finding
from tests.factories.encounters import MORNING, DrugAdministrationFactory
from tests.factories.reviews import CodingRunFactory, a_line

INFUSION = a_line()
PUSH = a_line("96375", "96375", administrations=("a2",))


def a_review(*, lines: Sequence[CodedLine] = (INFUSION, PUSH), findings: Sequence[Finding] = ()) -> Review:
    """A coded encounter with the administrations a1 and a2, in the queue."""
    given = DrugAdministrationFactory.create(external_id="a1")
    DrugAdministrationFactory.create(encounter=given.encounter, external_id="a2", technique="push")
    run = CodingRunFactory.create(encounter=given.encounter, lines=lines, findings=findings)
    return preparation.prepare(encounter=given.encounter, run=run, at=MORNING)


def code_again(review: Review, *, lines: Sequence[CodedLine], findings: Sequence[Finding] = ()) -> Review:
    """New documentation came, and the engine now says this."""
    encounter = Encounter.objects.get(pk=review.encounter_id)
    encounter.chart_version += 1
    encounter.save(update_fields=["chart_version"])
    number = encounter.runs.count() + 1
    run = CodingRunFactory.create(encounter=encounter, number=number, lines=lines, findings=findings)
    return preparation.prepare(encounter=encounter, run=run, at=MORNING)


def new_documentation(review: Review) -> None:
    """The chart changed, and nobody has coded it yet."""
    encounter = Encounter.objects.get(pk=review.encounter_id)
    encounter.chart_version += 1
    encounter.coding_state = CodingState.PENDING
    encounter.save(update_fields=["chart_version", "coding_state"])


def wait_until_somebody_waits_for_a_lock() -> None:
    """Returns once another transaction is held up; fails the test where none is for ten seconds."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    pytest.fail("nobody waits")
