"""The queue: rows, tabs, search, claims, and who may look."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from encounters.models import Review
from encounters.models.encounter import CodingState
from encounters.models.review import ReviewState
from encounters.review import claims, saved_filters
from encounters.selectors import Narrowed, Tab
from encounters.views.queue import ROWS_OF_A_PAGE
from tests import personas
from tests.encounters.views.desk import HTMX, Person, a_clean_encounter, an_encounter_with_a_missing_stop, signed_in
from tests.factories.encounters import DAY_AFTER, EncounterFactory
from tests.factories.reviews import ReviewFactory

QUEUE = "/review/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_after")]


class TestQueue:
    def test_sends_a_stranger_to_the_sign_in(self) -> None:
        assert Client().get(QUEUE).headers["Location"] == f"/login/?next={QUEUE}"

    @pytest.mark.parametrize("person", [personas.ana, personas.ben, personas.finn, personas.gus])
    def test_opens_for_whoever_may_read_encounters(self, person: Person) -> None:
        assert signed_in(person()).get(QUEUE).status_code == 200

    @pytest.mark.parametrize("person", [personas.cleo, personas.ira, personas.dov])
    def test_is_shut_for_others(self, person: Person) -> None:
        response = signed_in(person()).get(QUEUE)
        assert response.status_code == 403
        assert "Your role does not include this page" in response.text

    def test_shows_a_row_with_its_codes_findings_and_age(self) -> None:
        an_encounter_with_a_missing_stop()
        page = signed_in().get(QUEUE).text
        assert "96365" in page
        assert "blocking" in page
        assert "stop time missing" in page.lower()
        assert "1 d" in page

    def test_names_what_could_not_be_coded(self) -> None:
        lost = EncounterFactory.create(coding_state=CodingState.FAILED, coding_error="RecursionError: too deep")
        assert f'href="/review/{lost.pk}/"' in signed_in().get(QUEUE).text
        assert f'href="/review/{lost.pk}/"' not in signed_in().get(QUEUE, {"tab": "ready"}).text

    def test_puts_what_is_to_decide_before_what_is_ready(self) -> None:
        a_clean_encounter()
        blocked = an_encounter_with_a_missing_stop()
        response = signed_in().get(QUEUE)
        titles = [title for title, _ in response.context["sections"]]
        assert titles == ["To decide", "Ready"]
        assert response.context["sections"][0][1][0].review == blocked

    def test_counts_each_tab(self) -> None:
        a_clean_encounter()
        an_encounter_with_a_missing_stop()
        counts = {tab.value: count for tab, _, count in signed_in().get(QUEUE).context["tabs"]}
        assert (counts["open"], counts["ready"], counts["warnings"], counts["accepted"]) == (2, 1, 1, 0)

    def test_finds_by_the_end_of_a_record_number(self) -> None:
        wanted, other = a_clean_encounter(), a_clean_encounter()
        page = signed_in().get(QUEUE, {"q": wanted.encounter.patient.mrn[-4:]}).text
        assert wanted.encounter.patient.mrn_tail in page
        assert other.encounter.patient.mrn_tail not in page

    def test_says_what_to_do_when_it_is_empty(self) -> None:
        assert "No encounter is waiting" in signed_in().get(QUEUE).text
        assert "No open encounter fits" in signed_in().get(QUEUE, {"q": "nobody"}).text
        assert "Nothing under this filter for" in signed_in().get(QUEUE, {"q": "nobody", "tab": "mine"}).text

    def test_knows_no_other_tab(self) -> None:
        assert signed_in().get(QUEUE, {"tab": "mystery"}).status_code == 404

    def test_hands_out_rows_alone_to_htmx(self) -> None:
        a_clean_encounter()
        fragment = signed_in().get(QUEUE, headers=HTMX)
        assert "<html" not in fragment.text
        assert "<tbody" in fragment.text

    def test_goes_on_after_a_page_of_rows(self) -> None:
        ReviewFactory.create_batch(ROWS_OF_A_PAGE + 1)
        first = signed_in().get(QUEUE)
        assert first.text.count('class="e') == ROWS_OF_A_PAGE
        second = signed_in().get(first.context["more"], headers=HTMX)
        assert second.text.count('class="e') == 1
        assert not second.context["more"]

    def test_escapes_what_was_searched_for(self) -> None:
        assert "<script>alert" not in signed_in().get(QUEUE, {"q": "<script>alert(1)</script>"}).text

    def test_takes_seven_queries_however_many_rows(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        client = signed_in()
        for rows in (1, 12):
            ReviewFactory.create_batch(rows)
            with django_assert_num_queries(7):
                client.get(QUEUE)


class TestLongSearch:
    def test_is_counted_so_far_and_shown_beyond(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("encounters.views.queue.COUNT_AT_MOST", 3)
        monkeypatch.setattr("encounters.views.queue.ROWS_OF_A_PAGE", 2)
        reviews = [a_clean_encounter() for _ in range(5)]
        client, shown = signed_in(), []
        for number in (1, 2, 3):
            page = client.get(QUEUE, {"q": "cefazolin", "page": str(number)})
            assert "3+" in page.text
            shown.append([row.review for _, rows in page.context["sections"] for row in rows])
        assert shown == [reviews[:2], reviews[2:4], reviews[4:]]

    def test_is_counted_whole_where_it_is_short(self) -> None:
        reviews = [a_clean_encounter() for _ in range(3)]
        page = signed_in().get(QUEUE, {"q": "cefazolin"})
        assert (page.context["count"], page.context["is_more_than_counted"]) == (3, False)
        assert [row.review for _, rows in page.context["sections"] for row in rows] == reviews


class TestClaims:
    def test_name_the_holder_to_others_and_say_you_to_the_holder(self) -> None:
        review = a_clean_encounter()
        claims.claim(review=review, user=personas.ben(), at=DAY_AFTER)
        assert 'data-holder="Ben" data-mine="no"' in signed_in().get("/review/claims/").text
        assert 'data-holder="you" data-mine="yes"' in signed_in(personas.ben()).get("/review/claims/").text

    def test_are_told_once_to_whoever_knows_them(self) -> None:
        review = a_clean_encounter()
        client = signed_in()
        known = client.get("/review/claims/").context["known"]
        assert client.get("/review/claims/", {"known": known}).status_code == 204
        claims.claim(review=review, user=personas.ben(), at=DAY_AFTER)
        assert 'data-holder="Ben"' in client.get("/review/claims/", {"known": known}).text

    def test_of_a_killed_browser_end_within_two_minutes(self) -> None:
        review = a_clean_encounter()
        signed_in(personas.ben()).get(f"/review/{review.encounter_id}/")
        client = signed_in()
        for seconds, there in ((89, QUEUE), (90, f"/review/{review.encounter_id}/")):
            with time_machine.travel(DAY_AFTER + timedelta(seconds=seconds), tick=False):
                assert client.post("/review/next/").headers["Location"] == there

    def test_last_as_long_as_the_page_says_that_it_is_open(self) -> None:
        review = a_clean_encounter()
        holder = signed_in(personas.ben())
        holder.get(f"/review/{review.encounter_id}/")
        for seconds in (80, 160):
            with time_machine.travel(DAY_AFTER + timedelta(seconds=seconds), tick=False):
                holder.post(f"/review/{review.encounter_id}/heartbeat/", {"version": review.version})
        with time_machine.travel(DAY_AFTER + timedelta(seconds=249), tick=False):
            assert signed_in().post("/review/next/").headers["Location"] == QUEUE

    def test_end_with_the_lease(self) -> None:
        claims.claim(review=a_clean_encounter(), user=personas.ben(), at=DAY_AFTER - timedelta(minutes=3))
        assert "data-holder" not in signed_in().get("/review/claims/").text

    def test_bring_the_counts_along(self) -> None:
        a_clean_encounter()
        assert re.search(r'id="count-ready"\s+hx-swap-oob="true">1<', signed_in().get("/review/claims/").text)

    def test_bring_the_counts_of_kept_filters_along(self) -> None:
        asked = Narrowed(tab=Tab.READY, search="cefazolin")
        kept = saved_filters.save_filter(name="mine", asked=asked, user=personas.ana())
        assert f'<span id="count-kept-{kept.pk}">0</span>' in signed_in().get(QUEUE).text
        a_clean_encounter()
        there = rf'id="count-kept-{kept.pk}"\s+hx-swap-oob="true">1<'
        assert re.search(there, signed_in().get("/review/claims/").text)


class TestOpenNext:
    def test_claims_the_best_and_opens_it(self) -> None:
        a_clean_encounter()
        best = an_encounter_with_a_missing_stop()
        response = signed_in().post(reverse("review:next"))
        assert response.headers["Location"] == f"/review/{best.encounter_id}/"
        assert Review.objects.get(pk=best.pk).claimed_by == personas.ana()

    def test_says_so_when_nothing_waits(self) -> None:
        response = signed_in().post(reverse("review:next"), follow=True)
        assert "Nothing is waiting that nobody holds" in response.text

    @pytest.mark.parametrize("person", personas.WHO_DO_NOT_CODE)
    def test_is_refused_to_whoever_does_not_code(self, person: Person) -> None:
        review = a_clean_encounter()
        assert signed_in(person()).post(reverse("review:next")).status_code == 403
        assert Review.objects.get(pk=review.pk).state == ReviewState.READY

    def test_claims_nothing_when_it_is_only_visited(self) -> None:
        review = a_clean_encounter()
        assert signed_in().get(reverse("review:next")).headers["Location"] == QUEUE
        assert Review.objects.get(pk=review.pk).claimed_by is None
