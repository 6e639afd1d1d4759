"""The history page: events, runs and final lines of an encounter."""

import pytest
from pytest_django import DjangoAssertNumQueries

from encounters.models.review import PendReason
from encounters.review import states
from tests import personas
from tests.encounters.views.desk import Person, a_clean_encounter, signed_in
from tests.factories.encounters import MORNING

pytestmark = pytest.mark.django_db


class TestEncounterHistory:
    def test_lists_events_runs_and_final_lines(self) -> None:
        review = a_clean_encounter()
        states.accept(review=review, user=personas.ana(), at=MORNING, version=review.version)
        page = signed_in(personas.finn()).get(f"/history/{review.encounter_id}/").text
        assert "Accepted" in page
        assert "Run completed" in page
        assert "Ana" in page
        assert "as suggested" in page

        assert "J0690 ×2" in page

    def test_says_states_by_their_names(self) -> None:
        review = a_clean_encounter()
        states.pend(review=review, reason=PendReason.CLINIC, user=personas.ana(), at=MORNING, version=review.version)
        page = signed_in(personas.finn()).get(f"/history/{review.encounter_id}/").text
        assert "state <del>ready</del> → pended" in page

    @pytest.mark.parametrize("person", [personas.cleo, personas.ira, personas.dov])
    def test_is_shut_for_whoever_may_not_read_encounters(self, person: Person) -> None:
        review = a_clean_encounter()
        assert signed_in(person()).get(f"/history/{review.encounter_id}/").status_code == 403

    def test_of_nobody_is_not_found(self) -> None:
        assert signed_in().get("/history/999999/").status_code == 404

    def test_takes_eight_queries(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        review = a_clean_encounter()
        client = signed_in()
        with django_assert_num_queries(8):
            client.get(f"/history/{review.encounter_id}/")
