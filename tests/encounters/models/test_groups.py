"""Who may do what, as the migrations made it."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from tests import personas

pytestmark = pytest.mark.django_db

READ, TAKE_IN = "encounters.view_encounter", "encounters.take_in"
WORK, LEAD, AUDIT = "encounters.work_reviews", "encounters.lead_reviews", "encounters.audit_reviews"
IMPACT = "encounters.study_impact"
FORMULARY = "drugs.maintain_formulary"


@pytest.mark.parametrize(
    ("person", "permissions"),
    [
        (personas.ana, {READ, WORK, TAKE_IN}),
        (personas.eve, {READ, WORK, TAKE_IN}),
        (personas.ben, {READ, WORK, LEAD, TAKE_IN, IMPACT}),
        (personas.finn, {READ, AUDIT, IMPACT}),
        (personas.cleo, {FORMULARY}),
        (personas.gus, {READ, IMPACT}),
        (personas.hal, {READ, TAKE_IN}),
        (personas.ira, {TAKE_IN}),
        (personas.dov, set()),
    ],
)
def test_each_person_may(person: Callable[[], User], permissions: set[str]) -> None:
    assert person().get_all_permissions() == permissions


def test_every_person_is_tried() -> None:
    assert len({person().username for person in personas.EVERYBODY}) == 9
    assert set(personas.EVERYBODY) == set(personas.WHO_CODE) | set(personas.WHO_DO_NOT_CODE)
