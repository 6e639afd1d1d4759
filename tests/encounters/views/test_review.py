"""The workbench: what it shows to whom, and the acts on its encounter; each also as a plain form."""

import pytest
import time_machine
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from encounters.models import AuditEvent, FinalLine, Review
from encounters.models.review import ReviewState
from encounters.review import claims, preparation
from tests import personas
from tests.encounters.review.work import new_documentation
from tests.encounters.views.desk import (
    HTMX,
    Person,
    a_clean_encounter,
    address,
    an_encounter_with_a_missing_stop,
    now,
    opened,
    signed_in,
)
from tests.factories.encounters import DAY_AFTER, EncounterFactory, IntakeRefusalFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_after")]

LINE = "96365-1"
CORRECTION = {"code": "96365", "units": "2", "modifiers": "59", "reason_code": "time", "reason": "nurse's note"}


class TestPage:
    def test_shows_lines_with_their_why_and_the_timeline(self, review: Review) -> None:
        page = signed_in().get(address(review)).text
        assert "96365" in page
        assert "96366" in page
        assert "125 running min" in page
        assert '<svg class="tl"' in page
        assert "Minute ledger" in page

    def test_claims_what_is_free(self, review: Review) -> None:
        assert "held by you" in signed_in().get(address(review)).text
        assert now(review).claimed_by == personas.ana()

    def test_is_to_read_only_while_another_holds_it(self, review: Review) -> None:
        claims.claim(review=review, user=personas.eve(), at=DAY_AFTER)
        page = signed_in().get(address(review)).text
        assert "Eve holds this encounter" in page
        assert 'data-act="accept"' not in page
        assert now(review).claimed_by == personas.eve()

    @pytest.mark.parametrize("person", [personas.finn, personas.gus])
    def test_is_to_read_only_for_whoever_does_not_code(self, review: Review, person: Person) -> None:
        page = signed_in(person()).get(address(review)).text
        assert "To read only" in page
        assert now(review).claimed_by is None

    @pytest.mark.parametrize("person", [personas.cleo, personas.ira, personas.dov])
    def test_is_shut_for_whoever_may_not_read_encounters(self, review: Review, person: Person) -> None:
        assert signed_in(person()).get(address(review)).status_code == 403

    def test_is_recorded_as_a_look_at_a_patient(self, review: Review) -> None:
        signed_in(personas.finn()).get(address(review))
        assert AuditEvent.objects.filter(tag="review:encounter:viewed", actor=personas.finn()).count() == 1

    def test_prints_a_blocking_finding_and_asks_for_a_reason(self) -> None:
        page = signed_in().get(address(an_encounter_with_a_missing_stop())).text
        assert "Stop time missing" in page
        assert 'data-open="accept-dialog" data-key="Enter"' in page

    def test_says_which_records_could_not_be_taken_in(self, review: Review) -> None:
        IntakeRefusalFactory.create(encounter=review.encounter)
        page = signed_in().get(address(review)).text
        assert "could not be taken in" in page
        assert "the stop lies before the start" in page

    def test_waits_for_an_encounter_that_is_being_coded(self) -> None:
        encounter = EncounterFactory.create()
        assert "is being coded" in signed_in().get(f"/review/{encounter.pk}/").text

    def test_that_waits_asks_until_the_encounter_is_coded(self, review: Review) -> None:
        pending = EncounterFactory.create()
        assert signed_in().get(f"/review/{pending.pk}/?waiting=1", headers=HTMX).status_code == 204
        assert signed_in().get(f"{address(review)}?waiting=1", headers=HTMX).headers["HX-Refresh"] == "true"

    def test_of_nobody_is_not_found(self) -> None:
        assert signed_in().get("/review/999999/").status_code == 404

    def test_never_is_kept_by_a_cache(self, review: Review) -> None:
        assert signed_in().get(address(review)).headers["Cache-Control"] == "no-store"

    def test_takes_so_many_queries(self, review: Review, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        client = opened(review)
        with django_assert_num_queries(QUERIES_OF_THE_PAGE):
            client.get(address(review))


# Session, person with permissions, their sites, encounter with review, lock, lease, the look recorded, decisions, what
# lies on the desk; two more are the savepoint that stands for the transaction of claim and look. With the commit and
# what it seals: test_budget.
QUERIES_OF_THE_PAGE = 9 + 2


class TestAccept:
    def test_freezes_the_lines_and_opens_the_next(self, review: Review) -> None:
        following = a_clean_encounter()
        answer = opened(review).post(address(review, "accept"), {"version": now(review).version})
        assert answer.headers["Location"] == address(following)
        assert now(review).state == ReviewState.ACCEPTED
        assert [line.code for line in FinalLine.objects.order_by("position")] == ["96365", "96366", "J0690"]

    def test_of_the_last_goes_to_the_queue(self, review: Review) -> None:
        client = opened(review)
        page = client.post(address(review, "accept"), {"version": now(review).version}, follow=True).text
        assert "is accepted" in page
        assert "Nothing more is waiting" in page

    def test_over_a_blocking_finding_needs_a_reason(self) -> None:
        blocked = an_encounter_with_a_missing_stop()
        client = opened(blocked)
        answer = client.post(address(blocked, "accept"), {"version": now(blocked).version})
        assert answer.status_code == 409
        assert "say why it is accepted all the same" in answer.text
        client.post(address(blocked, "accept"), {"version": now(blocked).version, "reason": "clinic confirmed a push"})
        assert now(blocked).state == ReviewState.ACCEPTED

    @pytest.mark.parametrize("reason", ["half\0way", "x" * 501])
    def test_refuses_words_that_cannot_be_kept(self, review: Review, reason: str) -> None:
        answer = opened(review).post(address(review, "accept"), {"version": now(review).version, "reason": reason})
        assert answer.status_code == 422
        assert now(review).state == ReviewState.READY

    def test_names_the_patient_in_no_cookie(self, review: Review) -> None:
        client = opened(review)
        client.post(address(review, "accept"), {"version": now(review).version})
        assert "messages" not in client.cookies

    def test_twice_is_refused_the_second_time(self, review: Review) -> None:
        client = opened(review)
        version = now(review).version
        client.post(address(review, "accept"), {"version": version})
        assert client.post(address(review, "accept"), {"version": version}).status_code == 409
        assert FinalLine.objects.count() == 3

    def test_can_be_undone_by_the_one_who_did_it(self, review: Review) -> None:
        client = opened(review)
        client.post(address(review, "accept"), {"version": now(review).version})
        assert "undo the acceptance" in client.get(address(review)).text
        client.post(address(review, "undo"), {"version": now(review).version})
        assert now(review).state == ReviewState.READY


class TestOtherActs:
    def test_pend_waits_with_its_reason(self, review: Review) -> None:
        opened(review).post(address(review, "pend"), {"version": now(review).version, "reason": "stop_time"})
        assert (now(review).state, now(review).pend_reason) == (ReviewState.PENDED, "stop_time")

    def test_pend_for_another_reason_needs_words(self, review: Review) -> None:
        answer = opened(review).post(address(review, "pend"), {"version": now(review).version, "reason": "other"})
        assert answer.status_code == 422
        assert "Say in words what it waits for" in answer.text

    def test_wake_takes_it_up_again(self, review: Review) -> None:
        client = opened(review)
        client.post(address(review, "pend"), {"version": now(review).version, "reason": "clinic"})
        client.post(address(review, "wake"), {"version": now(review).version})
        assert now(review).state == ReviewState.READY

    def test_second_review_goes_to_a_lead_and_comes_back(self, review: Review) -> None:
        opened(review).post(address(review, "second-review"), {"version": now(review).version, "note": "really two?"})
        assert now(review).state == ReviewState.SECOND_REVIEW
        lead = opened(review, personas.ben())
        page = lead.get(address(review)).text
        assert "Ana asks" in page
        assert "really two?" in page
        lead.post(address(review, "return"), {"version": now(review).version, "note": "yes, two"})
        assert now(review).state == ReviewState.READY
        page = opened(review).get(address(review)).text
        assert "Returned by the lead" in page
        assert "yes, two" in page

    def test_reopen_is_for_leads(self, review: Review) -> None:
        opened(review).post(address(review, "accept"), {"version": now(review).version})
        data = {"version": now(review).version, "note": "payer asks"}
        assert signed_in(personas.eve()).post(address(review, "reopen"), data).status_code == 403
        unfit = signed_in(personas.ben()).post(address(review, "reopen"), data | {"note": "\0"})
        assert (unfit.status_code, now(review).state) == (422, ReviewState.ACCEPTED)
        signed_in(personas.ben()).post(address(review, "reopen"), data)
        assert now(review).state == ReviewState.READY

    def test_skip_gives_it_back_and_opens_the_one_after_it(self) -> None:
        first, second = a_clean_encounter(), a_clean_encounter()
        answer = opened(first).post(address(first, "skip"))
        assert answer.headers["Location"] == address(second)
        assert now(first).claimed_by is None

    def test_release_gives_it_back(self, review: Review) -> None:
        opened(review).post(address(review, "release"))
        assert now(review).claimed_by is None


class TestHeartbeat:
    def test_keeps_the_lease(self, review: Review) -> None:
        client = opened(review)
        before = now(review).lease_until
        with time_machine.travel(DAY_AFTER.replace(minute=1), tick=False):
            client.post(address(review, "heartbeat"), {"version": now(review).version})
        after = now(review).lease_until
        assert before is not None
        assert after is not None
        assert after > before

    def test_says_when_the_hold_has_gone_to_another(self, review: Review) -> None:
        client = opened(review)
        Review.objects.filter(pk=review.pk).update(claimed_by=personas.eve())
        assert "Your hold has ended" in client.post(address(review, "heartbeat"), {"version": 1}).text

    def test_says_when_new_documentation_has_arrived(self, review: Review) -> None:
        client = opened(review)
        new_documentation(review)
        answer = client.post(address(review, "heartbeat"), {"version": now(review).version})
        assert escape("New documentation has arrived") in answer.text

    def test_says_that_it_was_coded_again_and_what_that_changed(self, review: Review) -> None:
        client = opened(review)
        seen = now(review).version
        new_documentation(review)
        preparation.code(encounter_id=review.encounter_id, at=DAY_AFTER)
        answer = client.post(address(review, "heartbeat"), {"version": seen, "run": 1})
        assert "It was coded again, run 2" in answer.text


class TestTwoTabs:
    def test_the_tab_that_is_behind_saves_nothing_and_says_what_happened(self, review: Review) -> None:
        one = opened(review)
        other = opened(review)
        seen = now(review).version
        one.post(address(review, "lines", LINE, "accept"), {"version": seen}, headers=HTMX)
        answer = other.post(address(review, "accept"), {"version": seen})
        assert answer.status_code == 409
        assert "96365 ×1 accepted by Ana" in answer.text
        assert now(review).state == ReviewState.READY
