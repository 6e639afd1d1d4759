"""Encounters as they come to a coder's desk: charted by the factories, coded by the engine."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.test import Client

from drugs.models import Drug
from encounters.models import Encounter, Review
from encounters.review import preparation
from tests.factories.drugs import listed_drug
from tests.factories.encounters import (
    MORNING,
    DiagnosisFactory,
    DrugAdministrationFactory,
    EncounterFactory,
    VascularAccessFactory,
)
from tests.personas import ana

Person = Callable[[], User]


def a_clean_encounter() -> Review:
    """One infusion of 125 minutes: two lines, nothing to decide."""
    encounter = EncounterFactory.create()
    access = VascularAccessFactory.create(encounter=encounter)
    DiagnosisFactory.create(encounter=encounter)
    DrugAdministrationFactory.create(
        encounter=encounter,
        external_id="a1",
        position=1,
        access=access,
        drug_name="cefazolin",
        drug=cefazolin(),
        stopped_at=MORNING + timedelta(minutes=125),
    )
    return coded(encounter)


def an_encounter_with_a_missing_stop() -> Review:
    """An infusion, and another one whose stop nobody charted: a finding blocks."""
    encounter = EncounterFactory.create()
    access = VascularAccessFactory.create(encounter=encounter)
    DiagnosisFactory.create(encounter=encounter)
    DrugAdministrationFactory.create(encounter=encounter, external_id="a1", position=1, access=access, drug=cefazolin())
    DrugAdministrationFactory.create(
        encounter=encounter, external_id="a2", position=2, access=access, drug_name="Fosaprepitant", stopped_at=None
    )
    return coded(encounter)


def an_encounter_with_something_unbilled() -> Review:
    """An infusion, and a flush that is part of it: nothing to decide, one administration to look at."""
    encounter = EncounterFactory.create()
    access = VascularAccessFactory.create(encounter=encounter)
    DiagnosisFactory.create(encounter=encounter)
    DrugAdministrationFactory.create(encounter=encounter, external_id="a1", position=1, access=access, drug=cefazolin())
    DrugAdministrationFactory.create(
        encounter=encounter,
        external_id="a2",
        position=2,
        access=access,
        drug_name="Saline",
        kind="hydration",
        technique="push",
        purpose="flush",
        started_at=MORNING + timedelta(minutes=61),
        stopped_at=None,
        dose_amount=10,
        dose_unit="mL",
    )
    return coded(encounter)


def cefazolin() -> Drug:
    """The drug as the formulary of the tests has it, 500 mg a unit."""
    known = Drug.objects.filter(name="cefazolin").first()
    return known or listed_drug("cefazolin", code="J0690", per_amount="500")


def coded(encounter: Encounter) -> Review:
    """The review of an encounter, by a real run of the engine."""
    review = preparation.code(encounter_id=encounter.pk, at=MORNING)
    assert review is not None, Encounter.objects.get(pk=encounter.pk).coding_error
    return Review.objects.select_related("encounter", "run").get(pk=review.pk)


def signed_in(user: User | None = None) -> Client:
    """A browser in which somebody, Ana unless told, is signed in."""
    client = Client()
    client.force_login(user or ana())
    return client


HTMX = {"HX-Request": "true"}


def address(review: Review, *parts: str) -> str:
    return "/".join(["", "review", str(review.encounter_id), *parts, ""])


def now(review: Review) -> Review:
    return Review.objects.select_related("run").get(pk=review.pk)


def opened(review: Review, user: User | None = None) -> Client:
    """A browser with the workbench of the review open."""
    client = signed_in(user)
    assert client.get(address(review)).status_code == 200
    return client
