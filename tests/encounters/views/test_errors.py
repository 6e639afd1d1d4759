"""Error pages: what happened, what was kept, what to do."""

import pytest
from django.test import Client, RequestFactory

from encounters.views.errors import server_error
from tests import personas
from tests.encounters.sampling.accepted import accepted, drawn
from tests.encounters.views.desk import a_clean_encounter, signed_in


@pytest.mark.django_db
class TestErrorPages:
    def test_name_the_request_when_the_server_fails(self) -> None:
        request = RequestFactory().get("/")
        request.request_id = "abc12345"  # type: ignore[attr-defined]
        answer = server_error(request)
        assert answer.status_code == 500
        assert "abc12345" in answer.text
        assert "Every decision saved before this one" in answer.text

    def test_say_what_to_do_where_nothing_is(self) -> None:
        page = signed_in().get("/nowhere/")
        assert page.status_code == 404
        assert "There is nothing at this address" in page.text

    def test_say_what_to_do_when_a_page_is_too_old(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(personas.ana())
        answer = client.post("/review/next/")
        assert answer.status_code == 403
        assert "open for too long" in answer.text

    def test_say_that_an_encounter_is_audited_blind(self) -> None:
        accepted(is_coded=True)
        covered = drawn(1).items.get()
        page = signed_in(personas.finn()).get(f"/history/{covered.encounter_id}/")
        assert page.status_code == 403
        assert "Lock your own lines" in page.text
        assert "Your role" not in page.text


@pytest.mark.django_db
class TestActAfterTheSessionEnded:
    def test_leads_back_to_the_encounter_and_changes_nothing(self) -> None:
        review = a_clean_encounter()
        path = f"/review/{review.encounter_id}/accept/"
        assert Client().post(path).headers["Location"] == f"/login/?next={path}"
        assert signed_in().get(path).headers["Location"] == f"/review/{review.encounter_id}/"
