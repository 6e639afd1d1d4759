"""An act that is refused because the encounter has moved on: what was typed is there again, whatever form it was."""

import pytest

from encounters import intake
from encounters.models import Addendum, AuditEvent, Review
from encounters.models.review import ReviewState
from encounters.review import claims, decisions, preparation, states
from tests import personas
from tests.encounters.views.desk import (
    address,
    an_encounter_with_a_missing_stop,
    now,
    opened,
    signed_in,
)
from tests.factories.encounters import DAY_AFTER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_after")]

LINE = "96365-1"
TYPED = "the pump's record <of noon>"
KEPT = 'value="the pump&#x27;s record &lt;of noon&gt;"'


def somebody_decides(review: Review) -> None:
    """The other tab of the same person decides a line."""
    decisions.accept_line(review=review, line_key=LINE, user=personas.ana(), at=DAY_AFTER, version=now(review).version)


def eve_takes_over(review: Review) -> None:
    """Eve holds it by now."""
    claims.release(review=review, user=personas.ana(), at=DAY_AFTER)
    claims.claim(review=review, user=personas.eve(), at=DAY_AFTER)


class TestPend:
    def test_has_its_words_its_day_and_its_reason_again(self, review: Review) -> None:
        client, seen = opened(review), now(review).version
        somebody_decides(review)
        said = {"version": seen, "reason": "clinic", "note": TYPED, "until": "2026-02-01"}
        answer = client.post(address(review, "pend"), said)
        assert answer.status_code == 409
        assert KEPT in answer.text
        assert 'name="until" value="2026-02-01"' in answer.text
        assert 'value="clinic" checked' in answer.text
        assert "96365 ×1 accepted by Ana" in answer.text
        assert "What you typed is kept where you typed it: <kbd>h</kbd>" in answer.text
        assert now(review).state == ReviewState.READY

    def test_without_the_words_it_needs_keeps_the_day(self, review: Review) -> None:
        said = {"version": now(review).version, "reason": "other", "note": "", "until": "2026-02-01"}
        answer = opened(review).post(address(review, "pend"), said)
        assert answer.status_code == 422
        assert 'name="until" value="2026-02-01"' in answer.text

    def test_shows_what_was_typed_where_the_form_is_gone(self, review: Review) -> None:
        client, seen = opened(review), now(review).version
        eve_takes_over(review)
        answer = client.post(
            address(review, "pend"), {"version": seen, "reason": "clinic", "note": TYPED, "until": "2026-02-01"}
        )
        assert "Eve holds this encounter" in answer.text
        assert "You had typed: Waiting for the clinic, " in answer.text
        assert "the pump&#x27;s record &lt;of noon&gt;, 2026-02-01." in answer.text


class TestSecondReview:
    def test_has_its_note_again(self, review: Review) -> None:
        client, seen = opened(review), now(review).version
        somebody_decides(review)
        answer = client.post(address(review, "second-review"), {"version": seen, "note": TYPED})
        assert answer.status_code == 409
        assert KEPT in answer.text
        assert now(review).state == ReviewState.READY

    def test_that_is_returned_has_its_note_again(self, review: Review) -> None:
        states.send_to_second_review(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        client, seen = opened(review, personas.ben()), now(review).version
        decisions.accept_line(review=review, line_key=LINE, user=personas.ben(), at=DAY_AFTER, version=seen)
        answer = client.post(address(review, "return"), {"version": seen, "note": TYPED})
        assert answer.status_code == 409
        assert KEPT in answer.text
        assert now(review).state == ReviewState.SECOND_REVIEW


class TestAccept:
    def test_over_a_finding_has_its_reason_again(self) -> None:
        review = an_encounter_with_a_missing_stop()
        client, seen = opened(review), now(review).version
        somebody_decides(review)
        answer = client.post(address(review, "accept"), {"version": seen, "reason": TYPED})
        assert answer.status_code == 409
        assert KEPT in answer.text
        assert now(review).state == ReviewState.TO_DECIDE

    def test_shows_the_reason_where_nothing_blocks_any_more(self, review: Review) -> None:
        client, seen = opened(review), now(review).version
        somebody_decides(review)
        answer = client.post(address(review, "accept"), {"version": seen, "reason": TYPED})
        assert "You had typed: the pump&#x27;s record &lt;of noon&gt;." in answer.text

    def test_of_a_clean_one_speaks_of_nothing_typed(self, review: Review) -> None:
        client, seen = opened(review), now(review).version
        somebody_decides(review)
        answer = client.post(address(review, "accept"), {"version": seen})
        assert answer.status_code == 409
        assert "typed" not in answer.text.partition("Not saved</span>")[2].partition("</section>")[0]


class TestReopen:
    def test_has_its_reason_again(self, review: Review) -> None:
        accepted = states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        lead, seen = signed_in(personas.ben()), accepted.version
        states.reopen(review=accepted, reason="payer", user=personas.ben(), at=DAY_AFTER, version=seen)
        states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=now(review).version)
        answer = lead.post(address(review, "reopen"), {"version": seen, "note": TYPED})
        assert answer.status_code == 409
        assert KEPT in answer.text
        assert AuditEvent.objects.filter(tag="review:encounter:reopened").count() == 1


class TestWithdrawnAddendum:
    def test_has_its_reason_again(self, review: Review) -> None:
        given = review.encounter.administrations.get(external_id="a1")
        changes = {"stopped_at": "2026-01-15T12:35:00-05:00"}
        kept = intake.add_addendum(
            administration=given, changes=changes, reason="late", author=personas.ana(), at=DAY_AFTER
        )
        preparation.code(encounter_id=review.encounter_id, at=DAY_AFTER)
        client, seen = opened(review), now(review).version
        somebody_decides(review)
        answer = client.post(address(review, "addenda", str(kept.pk), "withdraw"), {"version": seen, "reason": TYPED})
        assert answer.status_code == 409
        assert KEPT in answer.text
        assert Addendum.objects.count() == 1
