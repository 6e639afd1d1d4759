"""Hundreds of entries are summed up, with nothing left out."""

from datetime import timedelta

import pytest

from encounters import coding
from encounters.models import CodingRun
from encounters.review import preparation
from encounters.timeline.summary import MOST_DRAWN, STRETCHES
from encounters.views.workbench import workbench
from tests.encounters.views.desk import coded, signed_in
from tests.factories.encounters import (
    MORNING,
    DiagnosisFactory,
    DrugAdministrationFactory,
    EncounterFactory,
    VascularAccessFactory,
)

pytestmark = pytest.mark.django_db

MANY = MOST_DRAWN * 4


@pytest.fixture
def run() -> CodingRun:
    """A stay with a thousand entries, one of them without a time."""
    encounter = EncounterFactory.create()
    access = VascularAccessFactory.create(encounter=encounter)
    DiagnosisFactory.create(encounter=encounter)
    DrugAdministrationFactory.create_batch(
        MANY, encounter=encounter, access=access, technique="push", started_at=MORNING, stopped_at=None
    )
    rows = list(encounter.administrations.order_by("pk"))
    for number, row in enumerate(rows):
        row.started_at = MORNING + timedelta(minutes=7 * number) if number else None
    type(rows[0]).objects.bulk_update(rows, ["started_at"])
    return coded(encounter).run


def test_sums_them_up_and_leaves_none_out(run: CodingRun) -> None:
    review = preparation.prepare(encounter=run.encounter, run=run, at=MORNING)
    drawn = workbench(review=review).timeline
    told = [one for group in drawn.groups for one in group.administrations.split()]
    assert sorted(told) == sorted(given.id for given in coding.facts_of(run).administrations)
    assert 1 < len(drawn.groups) <= STRETCHES + 1
    assert drawn.height < 400


def test_keeps_the_page_small_and_says_what_it_leaves_out(run: CodingRun) -> None:
    client = signed_in()
    address = f"/review/{run.encounter_id}/"
    page = client.get(address).text
    assert "more rows are not printed" in page
    assert page.count('<g class="g"') <= STRETCHES + 1
    assert len(page) < 800_000
