"""Acts on single lines."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from encounters.models import AuditEvent, LineDecision, Review
from encounters.models.review import CorrectionReason, DecisionAction, ReviewState
from encounters.review import claims, decisions, states
from encounters.review.decisions import UNDOABLE, UnableToDecide, UnableToUndo
from encounters.review.hold import ReviewIsClosed
from encounters.review.lines import ReviewLine, lines_of
from tests import personas
from tests.encounters.review.work import PUSH, a_review, code_again
from tests.factories.encounters import DAY_AFTER, SERVICE_DATE
from tests.factories.reviews import a_line

pytestmark = pytest.mark.django_db

BECAUSE = {"reason_code": CorrectionReason.TIME, "reason": "see the pump"}


def now(review: Review) -> Review:
    return Review.objects.get(pk=review.pk)


def line(review: Review, key: str) -> ReviewLine:
    return next(line for line in lines_of(now(review)) if line.key == key)


def accept(review: Review, key: str = "96365") -> LineDecision:
    return decisions.accept_line(
        review=review, line_key=key, user=personas.ana(), at=DAY_AFTER, version=now(review).version
    )


def override(review: Review, key: str = "96365", **values: object) -> LineDecision:
    return decisions.override_line(
        **{  # type: ignore[arg-type]
            "review": review,
            "line_key": key,
            "code": "96365",
            "units": 2,
            "modifiers": ["59"],
            "user": personas.ana(),
            "at": DAY_AFTER,
            "version": now(review).version,
        }
        | BECAUSE
        | values
    )


def reject(review: Review, key: str = "96365", **values: object) -> LineDecision:
    return decisions.reject_line(
        **{  # type: ignore[arg-type]
            "review": review,
            "line_key": key,
            "user": personas.ana(),
            "at": DAY_AFTER,
            "version": now(review).version,
        }
        | BECAUSE
        | values
    )


def add(review: Review, **values: object) -> LineDecision:
    return decisions.add_line(
        **{  # type: ignore[arg-type]
            "review": review,
            "code": "96372",
            "units": 1,
            "administrations": ["a2"],
            "user": personas.ana(),
            "at": DAY_AFTER,
            "version": now(review).version,
        }
        | BECAUSE
        | values
    )


def undo(review: Review, user: object = None) -> Review:
    return decisions.undo(
        review=review,
        user=user or personas.ana(),
        at=DAY_AFTER,
        version=now(review).version,  # type: ignore[arg-type]
    )


class TestAcceptLine:
    def test_keeps_the_suggested_values(self) -> None:
        review = a_review()
        decision = accept(review)
        assert (decision.action, decision.code, decision.units) == (DecisionAction.ACCEPTED, "96365", 1)
        assert decision.date_of_service == SERVICE_DATE
        said = line(review, "96365")
        assert (said.action, said.is_billed, said.is_changed) == ("accepted", True, False)
        assert line(review, "96375").action is None

    def test_returns_to_the_suggestion_after_a_correction(self) -> None:
        review = a_review()
        override(review)
        accept(review)
        assert (line(review, "96365").units, line(review, "96365").is_changed) == (1, False)

    def test_refuses_a_line_that_is_not_there(self) -> None:
        with pytest.raises(UnableToDecide, match="not among"):
            accept(a_review(), "96413")

    def test_refuses_an_added_line(self) -> None:
        review = a_review()
        with pytest.raises(UnableToDecide, match="needs no accepting"):
            accept(review, add(review).line_key)

    def test_is_in_the_trail(self) -> None:
        review = a_review()
        accept(review)
        event = AuditEvent.objects.get(tag="review:line:accepted")
        assert (event.encounter, event.actor_name, event.object_repr) == (review.encounter, "Ana", "96365 ×1")


class TestOverrideLine:
    def test_changes_what_is_billed_and_keeps_what_was_suggested(self) -> None:
        review = a_review()
        override(review, code="96413", units=3, modifiers=["59", "XE"])
        said = line(review, "96365")
        assert (said.code, said.units, said.modifiers) == ("96413", 3, ("59", "XE"))
        assert said.suggested is not None
        assert (said.suggested.code, said.suggested.units, said.is_changed) == ("96365", 1, True)
        assert said.administrations == ("a1",)

    def test_tidies_what_was_typed(self) -> None:
        decision = override(a_review(), code=" j9263 ", modifiers=[" jw", ""])
        assert (decision.code, decision.modifiers) == ("J9263", ["JW"])

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"code": "9641"}, "is not a code"),
            ({"code": "964130"}, "is not a code"),
            ({"code": "ABCDE"}, "is not a code"),
            ({"code": ""}, "is not a code"),
            ({"units": 0}, "Units must be"),
            ({"units": -3}, "Units must be"),
            ({"units": 100_000}, "Units must be"),
            ({"modifiers": ["5"]}, "is not a modifier"),
            ({"modifiers": ["59", "59"]}, "each once"),
            ({"modifiers": ["59", "XE", "XS", "XP", "XU"]}, "At most 4"),
            ({"reason_code": ""}, "Choose a reason"),
            ({"reason_code": "whim"}, "Choose a reason"),
            ({"reason_code": CorrectionReason.OTHER, "reason": "  "}, "in words"),
            ({"units": 1, "modifiers": []}, "accept the line instead"),
        ],
    )
    def test_refuses_what_a_claim_cannot_carry(self, values: Mapping[str, object], said: str) -> None:
        review = a_review()
        with pytest.raises(UnableToDecide, match=said):
            override(review, **values)
        assert not LineDecision.objects.exists()
        assert now(review).version == review.version

    def test_takes_other_reasons_in_words(self) -> None:
        decision = override(a_review(), reason_code=CorrectionReason.OTHER, reason="asked the clinic")
        assert decision.reason == "asked the clinic"

    def test_corrects_an_added_line_too(self) -> None:
        review = a_review()
        key = add(review).line_key
        override(review, key, code="96401", units=1, modifiers=[])
        said = line(review, key)
        assert (said.code, said.administrations, said.suggested) == ("96401", ("a2",), None)

    def test_is_in_the_trail_with_before_after_and_reason(self) -> None:
        override(a_review())
        event = AuditEvent.objects.get(tag="review:line:overridden")
        assert event.before == {"code": "96365", "units": 1}
        assert event.after is not None
        assert (event.after["units"], event.after["modifiers"]) == (2, ["59"])
        assert event.reason == "Time documented elsewhere see the pump"


class TestRejectLine:
    def test_takes_the_line_off_the_bill_and_keeps_it_in_sight(self) -> None:
        review = a_review()
        reject(review)
        said = line(review, "96365")
        assert (said.action, said.is_billed, said.is_changed, said.units) == ("rejected", False, True, 1)

    def test_takes_an_added_line_away(self) -> None:
        review = a_review()
        key = add(review).line_key
        reject(review, key)
        assert key not in {line.key for line in lines_of(now(review))}

    def test_asks_for_a_reason(self) -> None:
        with pytest.raises(UnableToDecide, match="Choose a reason"):
            reject(a_review(), reason_code="")


class TestAddLine:
    def test_stands_after_the_suggested_lines(self) -> None:
        review = a_review()
        first, second = add(review), add(review, code="96377")
        assert [line.key for line in lines_of(now(review))] == ["96365", "96375", "added-1", "added-2"]
        assert (first.line_key, second.line_key) == ("added-1", "added-2")
        said = line(review, "added-1")
        assert (said.suggested, said.code, said.administrations) == (None, "96372", ("a2",))
        assert (said.date_of_service, said.why) == (SERVICE_DATE, "see the pump")

    def test_may_have_a_date_of_its_own(self) -> None:
        assert add(a_review(), date_of_service=date(2026, 1, 16)).date_of_service == date(2026, 1, 16)

    def test_refuses_an_administration_of_somebody_else(self) -> None:
        with pytest.raises(UnableToDecide, match="no administration a9"):
            add(a_review(), administrations=["a1", "a9"])

    def test_asks_for_a_reason(self) -> None:
        with pytest.raises(UnableToDecide, match="Choose a reason"):
            add(a_review(), reason_code="")

    def test_never_uses_a_key_twice(self) -> None:
        review = a_review()
        reject(review, add(review).line_key)
        assert add(review).line_key == "added-2"


class TestUndo:
    def test_takes_back_one_decision_after_the_other(self) -> None:
        review = a_review()
        override(review)
        reject(review)
        assert line(review, "96365").action == "rejected"
        undo(review)
        assert line(review, "96365").action == "overridden"
        undo(review)
        assert line(review, "96365").action is None
        with pytest.raises(UnableToUndo):
            undo(review)

    def test_is_itself_a_row_and_removes_none(self) -> None:
        review = a_review()
        decision = accept(review)
        undo(review)
        row = LineDecision.objects.get(action=DecisionAction.UNDONE)
        assert (row.undoes, row.actor, LineDecision.objects.count()) == (decision, personas.ana(), 2)
        event = AuditEvent.objects.get(tag="review:line:undone")
        assert event.before is not None
        assert (event.before["decision"], event.object_repr) == (decision.pk, "96365 ×1")

    def test_takes_an_added_line_away(self) -> None:
        review = a_review()
        add(review)
        undo(review)
        assert len(lines_of(now(review))) == 2

    def test_leaves_decisions_of_others_alone(self) -> None:
        review = a_review()
        accept(review)
        later = DAY_AFTER + timedelta(hours=1)
        with pytest.raises(UnableToUndo):
            decisions.undo(review=review, user=personas.eve(), at=later, version=now(review).version)
        assert line(review, "96365").action == "accepted"

    def test_reaches_ten_decisions_back(self) -> None:
        review = a_review()
        for units in range(2, UNDOABLE + 3):
            override(review, units=units)
        for _ in range(UNDOABLE):
            undo(review)
        with pytest.raises(UnableToUndo, match="last 10"):
            undo(review)
        assert line(review, "96365").units == 2

    def test_reaches_not_behind_a_new_run(self) -> None:
        review = a_review()
        accept(review, "96375")
        code_again(review, lines=[a_line(units=2), PUSH])
        with pytest.raises(UnableToUndo):
            undo(review)
        assert line(review, "96375").action == "accepted"

    def test_of_an_acceptance_by_a_lead_leads_back_to_the_second_review(self) -> None:
        review = a_review()
        states.send_to_second_review(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        states.accept(review=review, user=personas.ben(), at=DAY_AFTER, version=now(review).version)
        undo(review, personas.ben())
        assert now(review).state == ReviewState.SECOND_REVIEW
        claims.release(review=review, user=personas.ben(), at=DAY_AFTER)
        with pytest.raises(PermissionDenied):
            states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=now(review).version)

    def test_of_an_acceptance_of_what_had_changed_leaves_it_changed(self) -> None:
        review = a_review()
        states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        code_again(review, lines=[a_line(units=2), PUSH])
        assert now(review).state == ReviewState.CHANGED
        states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=now(review).version)
        undo(review)
        assert now(review).state == ReviewState.CHANGED

    def test_takes_ones_own_acceptance_back(self) -> None:
        review = a_review()
        states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        undo(review)
        assert now(review).state == ReviewState.READY
        assert now(review).holder(DAY_AFTER) == personas.ana()
        assert AuditEvent.objects.filter(tag="review:encounter:reopened", actor=personas.ana()).exists()

    def test_leaves_an_acceptance_of_others_alone(self) -> None:
        review = a_review()
        states.accept(review=review, user=personas.ana(), at=DAY_AFTER, version=review.version)
        with pytest.raises(ReviewIsClosed):
            undo(review, personas.eve())
        assert now(review).state == ReviewState.ACCEPTED
