"""What refuses an act, for every act, and for every person."""

from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from encounters.models import AuditEvent, LineDecision, Review
from encounters.models.encounter import CodingState
from encounters.models.review import PendReason, ReviewState
from encounters.review import claims, decisions, hold, states
from encounters.review.hold import (
    ChartHasChanged,
    OwnSecondReview,
    ReviewHasChanged,
    ReviewIsClosed,
    ReviewIsHeld,
    UnableToWork,
)
from tests import personas
from tests.encounters.review.work import INFUSION, a_review, code_again, new_documentation
from tests.factories.encounters import DAY_AFTER

pytestmark = pytest.mark.django_db

Act = Callable[..., object]
BECAUSE = {"reason_code": "time", "reason": "see the pump"}
ON_LINES: dict[str, Act] = {
    "accept_line": partial(decisions.accept_line, line_key="96365"),
    "override_line": partial(decisions.override_line, line_key="96365", code="96365", units=2, modifiers=[], **BECAUSE),
    "reject_line": partial(decisions.reject_line, line_key="96365", **BECAUSE),
    "add_line": partial(decisions.add_line, code="96372", units=1, **BECAUSE),
}
ON_REVIEWS: dict[str, Act] = {
    "accept": states.accept,
    "pend": partial(states.pend, reason=PendReason.CLINIC),
    "send_to_second_review": states.send_to_second_review,
}
CODERS_ACTS = ON_LINES | ON_REVIEWS
each_act = pytest.mark.parametrize("act", CODERS_ACTS.values(), ids=CODERS_ACTS.keys())


@each_act
class TestEveryActOfACoder:
    @pytest.mark.parametrize("person", personas.WHO_CODE)
    def test_is_open_to_those_who_code(self, act: Act, person: Callable[[], User]) -> None:
        review = a_review()
        act(review=review, user=person(), at=DAY_AFTER, version=review.version)
        after = Review.objects.get(pk=review.pk)
        assert after.version == review.version + 1
        event = AuditEvent.objects.filter(encounter=review.encounter).latest("pk")
        assert (event.actor, event.actor_name, event.at) == (person(), person().first_name, DAY_AFTER)
        assert event.after is not None
        assert event.after["version"] == after.version

    @pytest.mark.parametrize("person", personas.WHO_DO_NOT_CODE)
    def test_is_shut_to_everybody_else(self, act: Act, person: Callable[[], User]) -> None:
        review = a_review()
        with pytest.raises(PermissionDenied):
            act(review=review, user=person(), at=DAY_AFTER, version=review.version)
        assert_untouched(review)

    def test_is_shut_to_those_who_left(self, act: Act) -> None:
        review, ana = a_review(), personas.ana()
        ana.is_active = False
        with pytest.raises(PermissionDenied):
            act(review=review, user=ana, at=DAY_AFTER, version=review.version)

    def test_refuses_a_stale_version_and_names_what_changed(self, act: Act) -> None:
        review = a_review()
        decisions.reject_line(
            review=review, user=personas.eve(), at=DAY_AFTER, version=review.version, line_key="96375", **BECAUSE
        )
        decisions_before = LineDecision.objects.count()
        later = DAY_AFTER + hold.LEASE
        with pytest.raises(ReviewHasChanged, match="96375 ×1 rejected by Eve") as caught:
            act(review=review, user=personas.ana(), at=later, version=review.version)
        assert [event.tag for event in caught.value.events] == ["review:line:rejected"]
        assert LineDecision.objects.count() == decisions_before

    def test_refuses_when_a_new_run_came(self, act: Act) -> None:
        review = a_review()
        code_again(review, lines=[INFUSION])
        with pytest.raises(ReviewHasChanged, match="run 2"):
            act(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)

    def test_refuses_while_another_holds_the_review(self, act: Act) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.eve(), at=DAY_AFTER)
        with pytest.raises(ReviewIsHeld, match="Eve holds"):
            act(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        assert_untouched(review)

    def test_goes_on_once_the_others_lease_has_run_out(self, act: Act) -> None:
        review = a_review()
        claims.claim(review=review, user=personas.eve(), at=DAY_AFTER)
        act(review=review, user=personas.ana(), at=DAY_AFTER + hold.LEASE, version=review.version)

    def test_refuses_while_new_documentation_waits_to_be_coded(self, act: Act) -> None:
        review = a_review()
        new_documentation(review)
        with pytest.raises(ChartHasChanged, match="new documentation has arrived"):
            act(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        assert_untouched(review)

    def test_refuses_what_is_accepted(self, act: Act) -> None:
        review = a_review()
        accepted = states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        with pytest.raises(ReviewIsClosed, match="Accepted"):
            act(review=review, user=personas.ana(), at=DAY_AFTER, version=accepted.version)

    def test_refuses_what_is_pended(self, act: Act) -> None:
        review = a_review()
        pended = states.pend(
            review=review, reason=PendReason.CLINIC, user=personas.ana(), at=DAY_AFTER, version=review.version
        )
        with pytest.raises(ReviewIsClosed, match="Pended"):
            act(review=review, user=personas.ana(), at=DAY_AFTER, version=pended.version)


@pytest.mark.parametrize("act", [*ON_LINES.values(), states.accept], ids=[*ON_LINES, "accept"])
class TestASecondReview:
    def sent_by(self, person: User) -> Review:
        review = a_review()
        return states.send_to_second_review(review=review, user=person, at=DAY_AFTER, version=review.version)

    def test_is_open_to_a_lead(self, act: Act) -> None:
        review = self.sent_by(personas.ana())
        act(review=review, user=personas.ben(), at=DAY_AFTER, version=review.version)

    def test_is_shut_to_a_coder(self, act: Act) -> None:
        review = self.sent_by(personas.ana())
        with pytest.raises(PermissionDenied):
            act(review=review, user=personas.eve(), at=DAY_AFTER, version=review.version)

    def test_is_shut_to_the_one_who_asked(self, act: Act) -> None:
        review = self.sent_by(personas.ben())
        with pytest.raises(OwnSecondReview, match="another person"):
            act(review=review, user=personas.ben(), at=DAY_AFTER, version=review.version)


def test_an_act_takes_hold_of_the_review() -> None:
    review = a_review()
    decisions.accept_line(review=review, line_key="96365", user=personas.ana(), at=DAY_AFTER, version=review.version)
    after = Review.objects.get(pk=review.pk)
    assert after.holder(DAY_AFTER) == personas.ana()
    assert after.holder(DAY_AFTER + hold.LEASE) is None
    assert AuditEvent.objects.filter(tag="review:encounter:claimed", actor=personas.ana()).count() == 1


def test_a_chart_that_cannot_be_coded_says_so() -> None:
    review = a_review()
    encounter = review.encounter
    encounter.coding_state, encounter.coding_error = CodingState.FAILED, "KeyError: 'x'"
    encounter.save()
    with pytest.raises(ChartHasChanged, match="could not be coded"):
        states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)


def test_every_refusal_is_one_kind_for_the_doors() -> None:
    refusals = (ReviewHasChanged, ReviewIsHeld, ChartHasChanged, ReviewIsClosed, OwnSecondReview)
    assert all(issubclass(refusal, UnableToWork) for refusal in refusals)


def assert_untouched(review: Review) -> None:
    after = Review.objects.get(pk=review.pk)
    assert (after.version, after.state) == (review.version, ReviewState.READY)
    assert not LineDecision.objects.exists()
