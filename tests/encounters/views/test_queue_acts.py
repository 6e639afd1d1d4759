"""Acts on the queue: each opens as a panel or as a page, and is refused to whoever may not."""

import re

import pytest
from django.test import Client

from encounters.models import Review, SavedFilter
from encounters.models.review import ReviewState
from encounters.review import claims
from tests import personas
from tests.encounters.review.work import a_review
from tests.encounters.views.desk import (
    HTMX,
    Person,
    a_clean_encounter,
    an_encounter_with_a_missing_stop,
    now,
    signed_in,
)
from tests.factories.encounters import DAY_AFTER

ASSIGN, TOGETHER, NARROW = "/review/assign/", "/review/together/", "/review/narrow/"
KEEP, REMOVE = "/review/filters/", "/review/filters/remove/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_after")]


class TestPanels:
    @pytest.mark.parametrize("address", [ASSIGN, NARROW])
    def test_are_fragments_for_htmx_and_pages_for_a_link(self, address: str) -> None:
        client = signed_in(personas.ben())
        assert "<html" not in client.get(address, headers=HTMX).text
        assert "<html" in client.get(address).text

    @pytest.mark.parametrize("address", [ASSIGN, f"{TOGETHER}?of=1", NARROW])
    def test_send_a_stranger_to_the_sign_in(self, address: str) -> None:
        assert Client().get(address).status_code == 302

    @pytest.mark.parametrize("person", [personas.ana, personas.finn, personas.dov])
    def test_of_assignment_is_for_leads(self, person: Person) -> None:
        assert signed_in(person()).get(ASSIGN).status_code == 403


class TestAssign:
    def test_names_those_who_code(self) -> None:
        for person in (personas.ana, personas.eve, personas.finn):
            person()
        page = signed_in(personas.ben()).get(ASSIGN).text
        assert all(name in page for name in ("Ana", "Eve", "Ben"))
        assert "Finn" not in page

    def test_gives_all_that_are_marked(self) -> None:
        marked, other = [a_review(), a_review()], a_review()
        said = {"encounter": [review.encounter_id for review in marked], "to": personas.ana().pk, "asked": "tab=ready"}
        response = signed_in(personas.ben()).post(ASSIGN, said)
        assert response.headers["Location"] == "/review/?tab=ready"
        assert [now(review).assigned_to for review in (*marked, other)] == [personas.ana(), personas.ana(), None]

    def test_shows_in_the_row_whom_it_is_meant_for(self) -> None:
        claims.assign(review=a_review(), to=personas.eve(), user=personas.ben(), at=DAY_AFTER)
        assert "for Eve" in signed_in().get("/review/").text

    def test_takes_it_from_everybody(self) -> None:
        review = a_review()
        claims.assign(review=review, to=personas.eve(), user=personas.ben(), at=DAY_AFTER)
        signed_in(personas.ben()).post(ASSIGN, {"encounter": review.encounter_id, "to": ""})
        assert now(review).assigned_to is None

    def test_says_why_not(self) -> None:
        review = a_review()
        said = {"encounter": review.encounter_id, "to": personas.finn().pk}
        page = signed_in(personas.ben()).post(ASSIGN, said, follow=True).text
        assert "Finn may not work reviews" in page
        assert now(review).assigned_to is None

    def test_is_for_leads(self) -> None:
        review = a_review()
        said = {"encounter": review.encounter_id, "to": personas.ana().pk}
        assert signed_in().post(ASSIGN, said).status_code == 403


class TestTogether:
    def test_lists_what_is_alike_and_accepts_it(self) -> None:
        reviews = [a_clean_encounter() for _ in range(3)]
        client = signed_in()
        page = client.get(TOGETHER, {"of": reviews[0].encounter_id}, headers=HTMX).text
        assert "Accept 3 alike together?" in page
        assert "1 of them, drawn by lot, is not accepted" in page
        chosen = [f"{review.pk}:{review.version}" for review in reviews]
        answer = client.post(TOGETHER, {"review": chosen}, follow=True).text
        assert "2 accepted together; 1 set aside for a second look." in answer
        assert sorted(now(review).state for review in reviews) == ["accepted", "accepted", "second_review"]

    def test_says_so_where_there_is_something_to_decide(self) -> None:
        blocked = an_encounter_with_a_missing_stop()
        page = signed_in().get(TOGETHER, {"of": blocked.encounter_id}, headers=HTMX).text
        assert "Nothing to accept together" in page

    def test_tells_what_was_left_alone(self) -> None:
        reviews = [a_clean_encounter() for _ in range(3)]
        claims.claim(review=reviews[2], user=personas.eve(), at=DAY_AFTER)
        chosen = [f"{review.pk}:{review.version}" for review in reviews]
        assert "Eve holds this encounter" in signed_in().post(TOGETHER, {"review": chosen}, follow=True).text
        assert now(reviews[2]).state == ReviewState.READY

    @pytest.mark.parametrize("said", [[], ["1:1"], ["x"]])
    def test_accepts_nothing_out_of_nothing(self, said: list[str]) -> None:
        response = signed_in().post(TOGETHER, {"review": said})
        assert response.status_code in {302, 404}
        assert not Review.objects.filter(state=ReviewState.ACCEPTED).exists()

    def test_is_shut_for_whoever_does_not_code(self) -> None:
        review = a_clean_encounter()
        assert signed_in(personas.finn()).get(TOGETHER, {"of": review.encounter_id}).status_code == 403


class TestFilters:
    def test_are_kept_shown_as_tabs_and_removed(self) -> None:
        review = a_review()
        client = signed_in()
        kept = client.post(KEEP, {"name": "Pushes", "tab": "ready", "q": "96375"}, follow=True)
        assert re.search(r'Pushes <span id="count-kept-[^"]+">1</span>', kept.text)
        assert 'aria-current="true">Pushes' in kept.text
        assert "for “96375”" in kept.text
        there = client.get("/review/", {"payer": review.payer.code}).text
        assert "1 for" in there
        client.post(REMOVE, {"name": "Pushes"})
        assert not SavedFilter.objects.exists()

    def test_that_narrow_nothing_are_refused_in_words(self) -> None:
        page = signed_in().post(KEEP, {"name": "Ready", "tab": "ready"}, follow=True).text
        assert "is a tab already" in page

    def test_of_no_tab_are_not_found(self) -> None:
        assert signed_in().post(KEEP, {"name": "x", "tab": "everything"}).status_code == 404

    def test_that_find_nothing_say_what_to_do(self) -> None:
        a_review()
        assert "Show every payer and site" in signed_in().get("/review/", {"payer": "nobody"}).text
