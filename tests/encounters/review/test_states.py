"""Acts on a whole review."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from encounters.models import AuditEvent, FinalLine, Review
from encounters.models.review import CorrectionReason, PendReason, ReviewState
from encounters.review import claims, decisions, states
from encounters.review.hold import OwnSecondReview, ReviewHasChanged, ReviewIsClosed
from encounters.review.states import UnableToAccept, UnableToPend, UnableToReopen
from rules.vocabulary import Severity
from tests import personas
from tests.encounters.review.work import INFUSION, a_review, code_again
from tests.factories.encounters import DAY_AFTER, MORNING, IntakeRefusalFactory
from tests.factories.reviews import a_finding

pytestmark = pytest.mark.django_db

BECAUSE = {"reason_code": CorrectionReason.TIME, "reason": "see the pump"}
NEXT_WEEK = date(2026, 1, 22)


def now(review: Review) -> Review:
    return Review.objects.get(pk=review.pk)


def accept(review: Review, user: User | None = None, reason: str = "") -> Review:
    return states.accept(
        review=review, user=user or personas.ana(), at=DAY_AFTER, version=now(review).version, reason=reason
    )


def pend(review: Review, **values: object) -> Review:
    return states.pend(
        **{  # type: ignore[arg-type]
            "review": review,
            "reason": PendReason.STOP_TIME,
            "user": personas.ana(),
            "at": DAY_AFTER,
            "version": now(review).version,
        }
        | values
    )


def send(review: Review, user: User) -> Review:
    return states.send_to_second_review(
        review=review, note="Is it chemo?", user=user, at=DAY_AFTER, version=now(review).version
    )


class TestAccept:
    def test_of_a_clean_encounter_is_one_act(self) -> None:
        review = accept(a_review())
        after = now(review)
        assert (after.state, after.accepted_by, after.accepted_at) == (ReviewState.ACCEPTED, personas.ana(), DAY_AFTER)
        assert (after.accepted_run, after.acceptances, after.claimed_by) == (after.run, 1, None)
        lines = FinalLine.objects.filter(review=review).order_by("position")
        assert [(line.position, line.code, line.units, line.origin) for line in lines] == [
            (1, "96365", 1, "suggested"),
            (2, "96375", 1, "suggested"),
        ]
        assert {(line.acceptance, line.accepted_by_name) for line in lines} == {(1, "Ana")}

    def test_freezes_what_was_decided(self) -> None:
        review = a_review()
        at, ana = DAY_AFTER, personas.ana()
        decisions.override_line(
            review=review,
            line_key="96365",
            code="96413",
            units=2,
            modifiers=["59"],
            user=ana,
            at=at,
            version=1,
            **BECAUSE,
        )
        decisions.reject_line(review=review, line_key="96375", user=ana, at=at, version=2, **BECAUSE)
        decisions.add_line(
            review=review, code="96372", units=1, administrations=["a2"], user=ana, at=at, version=3, **BECAUSE
        )
        accept(review)
        assert [
            (line.position, line.line_key, line.code, line.units, line.modifiers, line.administrations, line.origin)
            for line in FinalLine.objects.order_by("position")
        ] == [
            (1, "96365", "96413", 2, ["59"], ["a1"], "overridden"),
            (2, "added-1", "96372", 1, [], ["a2"], "added"),
        ]

    def test_is_in_the_trail_with_its_lines(self) -> None:
        accept(a_review())
        event = AuditEvent.objects.get(tag="review:encounter:accepted")
        assert event.after is not None
        assert event.after["lines"] == [["96365", 1, []], ["96375", 1, []]]

    def test_over_a_blocking_finding_asks_for_a_reason(self) -> None:
        review = a_review(findings=[a_finding(Severity.BLOCKS)])
        with pytest.raises(UnableToAccept, match="1 findings block"):
            accept(review, reason="  ")
        assert now(review).state == ReviewState.TO_DECIDE
        assert not FinalLine.objects.exists()
        accept(review, reason="the clinic confirmed it by phone")
        assert AuditEvent.objects.get(tag="review:encounter:accepted").reason == "the clinic confirmed it by phone"

    def test_over_a_warning_needs_none(self) -> None:
        assert accept(a_review(findings=[a_finding(Severity.WARNS)])).state == ReviewState.ACCEPTED

    def test_waits_for_refused_records(self) -> None:
        review = a_review()
        refusal = IntakeRefusalFactory.create(encounter=review.encounter)
        with pytest.raises(UnableToAccept, match="could not be taken in"):
            accept(review, reason="never mind")
        refusal.settled_at = DAY_AFTER
        refusal.save()
        accept(review)

    def test_without_lines_is_possible(self) -> None:
        assert accept(a_review(lines=[])).state == ReviewState.ACCEPTED
        assert not FinalLine.objects.exists()

    def test_twice_is_refused(self) -> None:
        review = a_review()
        accept(review)
        with pytest.raises(ReviewIsClosed):
            accept(review)
        assert FinalLine.objects.count() == 2

    def test_by_a_double_click_is_refused(self) -> None:
        review = a_review()
        accept(review)
        with pytest.raises(ReviewHasChanged, match="accepted by Ana"):
            states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)

    def test_again_counts_on_and_keeps_the_first(self) -> None:
        review = a_review()
        accept(review)
        states.reopen(review=review, reason="audit", user=personas.ben(), at=DAY_AFTER, version=now(review).version)
        accept(review)
        assert list(FinalLine.objects.order_by("pk").values_list("acceptance", "code")) == [
            (1, "96365"),
            (1, "96375"),
            (2, "96365"),
            (2, "96375"),
        ]


class TestPend:
    def test_waits_for_a_reason_until_a_day(self) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
        pend(review, until=NEXT_WEEK, note=" asked by phone ")
        after = now(review)
        assert (after.state, after.pend_reason, after.pend_note) == ("pended", "stop_time", "asked by phone")
        assert (after.pended_until, after.assigned_to, after.claimed_by) == (NEXT_WEEK, personas.ana(), None)

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"reason": ""}, "Choose what"),
            ({"reason": "tired"}, "Choose what"),
            ({"reason": PendReason.OTHER}, "in words"),
            ({"until": date(2026, 1, 16)}, "after today"),
        ],
    )
    def test_refuses_what_says_nothing(self, values: dict[str, object], said: str) -> None:
        review = a_review()
        with pytest.raises(UnableToPend, match=said):
            pend(review, **values)
        assert now(review).state == ReviewState.READY


class TestWake:
    def test_puts_the_review_into_the_hands_of_the_one_who_wakes_it(self) -> None:
        review = pend(a_review(findings=[a_finding()]))
        states.wake(review=review, user=personas.eve(), at=DAY_AFTER, version=review.version)
        after = now(review)
        assert (after.state, after.pend_reason, after.holder(DAY_AFTER)) == ("to_decide", "", personas.eve())

    def test_refuses_what_is_not_pended(self) -> None:
        review = a_review()
        with pytest.raises(ReviewIsClosed):
            states.wake(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)


class TestChangedSinceAccepted:
    @pytest.fixture
    def changed(self) -> Review:
        review = accept(a_review())
        return code_again(review, lines=(INFUSION,))

    def test_is_still_so_after_a_pend(self, changed: Review) -> None:
        review = pend(changed)
        states.wake(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        assert (now(review).state, now(review).was_changed) == ("changed", False)

    def test_is_still_so_after_a_second_review(self, changed: Review) -> None:
        sent = send(changed, personas.ana())
        states.return_from_second_review(
            review=sent, note="yes", user=personas.ben(), at=DAY_AFTER, version=sent.version
        )
        assert (now(sent).state, now(sent).was_changed) == ("changed", False)


class TestWakeDue:
    def test_wakes_what_has_waited_until_its_day(self) -> None:
        due, later, open_ended = a_review(), a_review(), a_review()
        pend(due, until=NEXT_WEEK)
        pend(later, until=NEXT_WEEK + timedelta(days=1))
        pend(open_ended)
        assert states.wake_due(on=NEXT_WEEK, at=DAY_AFTER) == 1
        assert [now(review).state for review in (due, later, open_ended)] == ["ready", "pended", "pended"]
        event = AuditEvent.objects.get(tag="review:encounter:woken")
        assert (event.encounter, event.actor_name, event.reason) == (due.encounter, "system", "the day has come")

    def test_does_nothing_the_second_time(self) -> None:
        pend(a_review(), until=NEXT_WEEK)
        states.wake_due(on=NEXT_WEEK, at=DAY_AFTER)
        assert states.wake_due(on=NEXT_WEEK, at=DAY_AFTER) == 0


class TestSecondReview:
    def test_is_for_anybody_who_leads(self) -> None:
        review = send(a_review(), personas.ana())
        after = now(review)
        assert (after.state, after.second_review_from, after.second_review_note) == (
            "second_review",
            personas.ana(),
            "Is it chemo?",
        )
        assert (after.claimed_by, after.assigned_to) == (None, None)
        accept(review, personas.ben())
        assert now(review).accepted_by == personas.ben()

    def test_cannot_be_claimed_by_the_one_who_asked(self) -> None:
        review = send(a_review(), personas.ben())
        with pytest.raises(OwnSecondReview):
            claims.claim(review=review, user=personas.ben(), at=DAY_AFTER)

    def test_is_not_asked_for_twice(self) -> None:
        review = send(a_review(), personas.ana())
        with pytest.raises(ReviewIsClosed):
            send(review, personas.ben())

    def test_goes_back_with_a_note(self) -> None:
        review = send(a_review(), personas.ana())
        states.return_from_second_review(
            review=review, note="It is.", user=personas.ben(), at=DAY_AFTER, version=review.version
        )
        after = now(review)
        assert (after.state, after.assigned_to, after.claimed_by) == ("ready", personas.ana(), None)
        assert after.second_review_note == "It is."
        assert AuditEvent.objects.get(tag="review:encounter:returned").reason == "It is."

    def test_goes_not_back_by_a_coder(self) -> None:
        review = send(a_review(), personas.ana())
        with pytest.raises(PermissionDenied):
            states.return_from_second_review(
                review=review, note="", user=personas.eve(), at=DAY_AFTER, version=review.version
            )


class TestReopen:
    def test_is_for_leads(self) -> None:
        review = accept(a_review())
        states.reopen(review=review, reason="audit", user=personas.ben(), at=DAY_AFTER, version=review.version)
        after = now(review)
        assert (after.state, after.accepted_at, after.acceptances) == ("ready", DAY_AFTER, 1)
        assert FinalLine.objects.count() == 2
        assert AuditEvent.objects.get(tag="review:encounter:reopened").reason == "audit"

    @pytest.mark.parametrize("person", [who for who in personas.EVERYBODY if who is not personas.ben])
    def test_is_shut_to_everybody_else(self, person: Callable[[], User]) -> None:
        review = accept(a_review())
        with pytest.raises(PermissionDenied):
            states.reopen(review=review, reason="audit", user=person(), at=DAY_AFTER, version=review.version)
        assert now(review).state == ReviewState.ACCEPTED

    def test_asks_for_a_reason(self) -> None:
        review = accept(a_review())
        with pytest.raises(UnableToReopen):
            states.reopen(review=review, reason=" ", user=personas.ben(), at=DAY_AFTER, version=review.version)

    def test_refuses_a_stale_version(self) -> None:
        review = accept(a_review())
        with pytest.raises(ReviewHasChanged):
            states.reopen(review=review, reason="audit", user=personas.ben(), at=DAY_AFTER, version=1)

    def test_forgets_that_it_had_been_changed_before_it_was_accepted(self) -> None:
        review = accept(a_review())
        code_again(review, lines=[INFUSION])
        send(now(review), personas.ana())
        accepted = accept(now(review), personas.ben())
        states.reopen(review=review, reason="audit", user=personas.ben(), at=DAY_AFTER, version=accepted.version)
        pend(now(review))
        states.wake(review=review, user=personas.ana(), at=DAY_AFTER, version=now(review).version)
        assert now(review).state == ReviewState.READY

    def test_refuses_what_is_open(self) -> None:
        review = a_review()
        with pytest.raises(ReviewIsClosed):
            states.reopen(review=review, reason="audit", user=personas.ben(), at=MORNING, version=review.version)
