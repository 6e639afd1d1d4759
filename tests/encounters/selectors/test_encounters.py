"""Reads of one encounter and its history."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from pytest_django import DjangoAssertNumQueries

from encounters import selectors
from encounters.models import Encounter
from encounters.review import preparation, states
from tests import personas
from tests.encounters.review.work import a_review
from tests.factories.encounters import (
    DAY_AFTER,
    MORNING,
    AddendumFactory,
    AdministrationPauseFactory,
    ContainerFactory,
    DiagnosisFactory,
    DrugAdministrationFactory,
    EncounterFactory,
    IntakeRefusalFactory,
    OrderFactory,
    VascularAccessFactory,
)

pytestmark = pytest.mark.django_db

WHO_MAY_NOT_READ = (personas.cleo, personas.ira, personas.dov)


class TestEncounterDetail:
    def a_full_chart(self) -> Encounter:
        encounter: Encounter = EncounterFactory.create()
        DiagnosisFactory.create(encounter=encounter)
        OrderFactory.create(encounter=encounter)
        VascularAccessFactory.create(encounter=encounter)
        for _ in range(6):
            given = DrugAdministrationFactory.create(encounter=encounter)
            AdministrationPauseFactory.create(administration=given)
            ContainerFactory.create(administration=given)
            AddendumFactory.create(administration=given)
        return encounter

    def test_has_what_the_page_shows(self) -> None:
        encounter = self.a_full_chart()
        review = preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
        refusal = IntakeRefusalFactory.create(encounter=encounter)
        IntakeRefusalFactory.create(encounter=encounter, settled_at=DAY_AFTER)
        detail = selectors.encounter_detail(encounter_id=encounter.pk, user=personas.ana())
        assert (detail.encounter, detail.review, detail.runs) == (encounter, review, 1)
        assert detail.run is not None
        assert detail.run.number == 1
        assert len(detail.administrations) == 6
        assert detail.open_refusals == (refusal,)

    def test_has_no_review_before_the_first_run(self) -> None:
        detail = selectors.encounter_detail(encounter_id=EncounterFactory.create().pk, user=personas.ana())
        assert (detail.review, detail.run, detail.runs) == (None, None, 0)

    def test_takes_a_fixed_number_of_queries(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        encounter = self.a_full_chart()
        preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
        ana = personas.ana()
        ana.get_all_permissions()
        with django_assert_num_queries(10):
            selectors.encounter_detail(encounter_id=encounter.pk, user=ana)

    def test_of_what_is_not_there(self) -> None:
        with pytest.raises(Encounter.DoesNotExist):
            selectors.encounter_detail(encounter_id=0, user=personas.ana())

    @pytest.mark.parametrize("person", WHO_MAY_NOT_READ)
    def test_is_shut_to_those_who_may_not_read(self, person: Callable[[], User]) -> None:
        with pytest.raises(PermissionDenied):
            selectors.encounter_detail(encounter_id=EncounterFactory.create().pk, user=person())


class TestHistory:
    def test_is_the_encounters_own_newest_first(self) -> None:
        review, other = a_review(), a_review()
        states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        states.accept(review=other, user=personas.ana(), at=DAY_AFTER, version=other.version)
        events = selectors.history(encounter=review.encounter, user=personas.finn())
        assert [event.tag for event in events] == [
            "review:encounter:accepted",
            "review:encounter:claimed",
            "review:encounter:prepared",
        ]
        assert [event.at for event in events] == [DAY_AFTER, DAY_AFTER, MORNING]

    @pytest.mark.parametrize("person", WHO_MAY_NOT_READ)
    def test_is_shut_to_those_who_may_not_read(self, person: Callable[[], User]) -> None:
        with pytest.raises(PermissionDenied):
            selectors.history(encounter=EncounterFactory.create(), user=person())
