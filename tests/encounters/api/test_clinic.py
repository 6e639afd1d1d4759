"""Questions to the clinic over the interface."""

import pytest

from encounters.models import ClinicQuery, Review
from encounters.models.query import QueryState
from tests.encounters.api.conftest import ClientOf
from tests.encounters.views.desk import an_encounter_with_a_missing_stop
from tests.factories.reviews import ClinicQueryFactory

pytestmark = pytest.mark.django_db

ANSWER = {"answer": "10:22 by the pump", "value": "2026-01-15T10:22:00-05:00", "answered_by": "N. Nurse"}


@pytest.fixture
def query() -> ClinicQuery:
    review = an_encounter_with_a_missing_stop()
    return ClinicQueryFactory.create(
        review=review, administration=review.encounter.administrations.get(external_id="a2")
    )


class TestQueries:
    def test_are_listed_by_state(self, client_of: ClientOf, query: ClinicQuery) -> None:
        rows = client_of("interface").get("/api/v1/queries?state=open").json()["results"]
        assert [(row["id"], row["administration"], row["answer_kind"]) for row in rows] == [(query.pk, "a2", "time")]

    def test_are_shut_without_the_right_to_read(self, client_of: ClientOf, query: ClinicQuery) -> None:
        assert client_of("nobody").get("/api/v1/queries").status_code == 403


class TestAnswer:
    def test_is_charted_and_coded(self, client_of: ClientOf, query: ClinicQuery) -> None:
        answer = client_of("interface").post(f"/api/v1/queries/{query.pk}/answer", ANSWER)
        assert (answer.status_code, answer.json()["state"]) == (200, "answered")
        assert Review.objects.get().run.number == 2

    @pytest.mark.parametrize(
        "wrong", [{"value": "10:22"}, {"value": "soon"}, {"answer": ""}], ids=["no offset", "no time", "no words"]
    )
    def test_that_cannot_be_read_is_refused(
        self, client_of: ClientOf, query: ClinicQuery, wrong: dict[str, str]
    ) -> None:
        assert client_of("interface").post(f"/api/v1/queries/{query.pk}/answer", ANSWER | wrong).status_code == 400
        assert ClinicQuery.objects.get().state == QueryState.OPEN

    def test_of_a_closed_question_is_refused(self, client_of: ClientOf, query: ClinicQuery) -> None:
        client = client_of("interface")
        client.post(f"/api/v1/queries/{query.pk}/answer", ANSWER)
        assert client.post(f"/api/v1/queries/{query.pk}/answer", ANSWER).status_code == 409

    def test_needs_the_permission(self, client_of: ClientOf, query: ClinicQuery) -> None:
        assert client_of("auditor").post(f"/api/v1/queries/{query.pk}/answer", ANSWER).status_code == 403
