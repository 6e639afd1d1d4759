"""From a run to a place in the queue, and from one run to the next."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from encounters import coding
from encounters.models import AuditEvent, IntakeRefusal, LineDecision, Review
from encounters.models.review import CorrectionReason, DecisionAction, PendReason, ReviewState
from encounters.review import decisions, preparation, states
from encounters.review.lines import lines_of
from rules.vocabulary import Role, Severity
from tests import personas
from tests.encounters.review.work import INFUSION, PUSH, a_review, code_again
from tests.factories.encounters import (
    DAY_AFTER,
    SERVICE_DATE,
    DrugAdministrationFactory,
    EncounterFactory,
    IntakeRefusalFactory,
    PatientFactory,
    PayerFactory,
)
from tests.factories.reviews import CodingRunFactory, a_finding, a_line

BECAUSE = {"reason_code": CorrectionReason.TIME, "reason": "see the pump"}


def now(review: Review) -> Review:
    return Review.objects.get(pk=review.pk)


def accepted(**values: object) -> Review:
    review = a_review(**values)  # type: ignore[arg-type]
    return states.accept(
        review=review, user=personas.ana(), at=DAY_AFTER, version=review.version, reason="all the same"
    )


@pytest.mark.django_db
class TestPrepareTheFirstTime:
    def test_sums_the_run_up(self) -> None:
        encounter = EncounterFactory.create(
            patient=PatientFactory.create(mrn="MRN0042"),
            external_id="ACC-7",
            payer=PayerFactory.create(target_days=3, filing_limit_days=90),
        )
        DrugAdministrationFactory.create(encounter=encounter, external_id="a1", drug_name="Cefazolin")
        DrugAdministrationFactory.create(encounter=encounter, drug_name="Cefazolin")
        DrugAdministrationFactory.create(encounter=encounter, drug_name="Saline", status="not_given")
        run = coding.run(encounter=encounter, at=DAY_AFTER)
        review = preparation.prepare(encounter=encounter, run=run, at=DAY_AFTER)
        lines = list(run.lines.order_by("position"))
        assert review.drugs == ["cefazolin"]
        assert review.codes == [line.code for line in lines]
        assert review.code_units == [line.units for line in lines]
        assert review.codes_in_short[0] == ("96365", 1)
        assert (review.due_date, review.filing_limit_date) == (date(2026, 1, 18), date(2026, 4, 15))
        assert review.search_text.startswith("mrn0042 acc-7 cefazolin 96365")

    def test_counts_findings_by_severity(self) -> None:
        review = a_review(findings=[a_finding(weight) for weight in (Severity.BLOCKS, Severity.WARNS, Severity.WARNS)])
        assert (review.blocks, review.warns, review.informs) == (1, 2, 0)

    @pytest.mark.parametrize(
        ("findings", "state"),
        [
            ([], ReviewState.READY),
            ([a_finding(Severity.INFORMS)], ReviewState.READY),
            ([a_finding(Severity.WARNS)], ReviewState.TO_DECIDE),
            ([a_finding(Severity.BLOCKS)], ReviewState.TO_DECIDE),
        ],
        ids=["clean", "informs", "warns", "blocks"],
    )
    def test_is_ready_when_there_is_nothing_to_decide(self, findings: list[object], state: str) -> None:
        assert a_review(findings=findings).state == state  # type: ignore[arg-type]

    def test_has_something_to_decide_while_a_record_is_refused(self) -> None:
        run = CodingRunFactory.create()
        refusal = IntakeRefusalFactory.create(encounter=run.encounter)
        review = preparation.prepare(encounter=run.encounter, run=run, at=DAY_AFTER)
        assert review.state == ReviewState.TO_DECIDE
        refusal.settled_at = DAY_AFTER
        refusal.save()
        preparation.prepare(encounter=run.encounter, run=run, at=DAY_AFTER)
        assert now(review).state == ReviewState.READY

    def test_puts_what_is_priced_at_stake(self) -> None:
        review = a_review(lines=[a_line(price=Decimal("10.505"), units=3), PUSH])
        assert review.value_at_stake == Decimal("31.52")

    def test_without_a_payer_takes_the_usual_days(self) -> None:
        run = CodingRunFactory.create(encounter=EncounterFactory.create(payer=None))
        review = preparation.prepare(encounter=run.encounter, run=run, at=DAY_AFTER)
        assert (review.due_date, review.filing_limit_date) == (
            SERVICE_DATE + timedelta(days=5),
            SERVICE_DATE + timedelta(days=365),
        )

    def test_twice_for_one_run_changes_nothing(self) -> None:
        review = a_review()
        preparation.prepare(encounter=review.encounter, run=review.run, at=DAY_AFTER)
        assert (now(review).version, Review.objects.count()) == (1, 1)
        assert AuditEvent.objects.filter(tag="review:encounter:prepared").count() == 1


@pytest.mark.django_db
class TestPrepareForANewRun:
    def test_shows_the_new_run_and_raises_the_version(self) -> None:
        review = a_review()
        code_again(review, lines=[INFUSION, a_line("96366", "96366")], findings=[a_finding()])
        after = now(review)
        assert (after.run.number, after.version, after.state) == (2, 2, ReviewState.TO_DECIDE)
        assert after.codes == ["96365", "96366"]

    def test_keeps_decisions_on_lines_that_say_the_same(self) -> None:
        review = a_review()
        decisions.override_line(
            review=review,
            line_key="96375",
            code="96376",
            units=2,
            modifiers=[],
            user=personas.ana(),
            at=DAY_AFTER,
            version=1,
            **BECAUSE,
        )
        moved = a_line("other-key", "96375", administrations=("a2",))
        code_again(review, lines=[a_line(units=2), moved])
        changed, kept = lines_of(now(review))
        assert changed.action is None
        assert (kept.key, kept.action, kept.code, kept.units) == ("other-key", "overridden", "96376", 2)
        repeated = LineDecision.objects.get(run__number=2)
        assert repeated.carried_from is not None
        assert (repeated.actor, repeated.at, repeated.reason) == (personas.ana(), DAY_AFTER, "see the pump")

    def test_drops_decisions_on_lines_that_changed_and_says_so(self) -> None:
        review = a_review()
        decisions.accept_line(review=review, line_key="96365", user=personas.ana(), at=DAY_AFTER, version=1)
        code_again(review, lines=[a_line(units=2), PUSH])
        assert all(line.action is None for line in lines_of(now(review)))
        event = AuditEvent.objects.filter(tag="review:encounter:prepared").latest("pk")
        assert event.after is not None
        assert event.after["decisions_dropped"] == ["96365 ×1 accepted"]

    def test_keeps_no_decision_that_was_undone(self) -> None:
        review = a_review()
        decisions.accept_line(review=review, line_key="96365", user=personas.ana(), at=DAY_AFTER, version=1)
        decisions.undo(review=review, user=personas.ana(), at=DAY_AFTER, version=2)
        code_again(review, lines=[INFUSION, PUSH])
        assert not LineDecision.objects.filter(run__number=2).exists()

    def test_keeps_added_lines(self) -> None:
        review = a_review()
        for version, code in ((1, "96372"), (2, "96377")):
            decisions.add_line(
                review=review, code=code, units=1, user=personas.ana(), at=DAY_AFTER, version=version, **BECAUSE
            )
        decisions.reject_line(
            review=review, line_key="added-1", user=personas.ana(), at=DAY_AFTER, version=3, **BECAUSE
        )
        code_again(review, lines=[INFUSION])
        assert [line.key for line in lines_of(now(review))] == ["96365", "added-2"]
        decision = decisions.add_line(
            review=review,
            code="96379",
            units=1,
            user=personas.ana(),
            at=DAY_AFTER,
            version=now(review).version,
            **BECAUSE,
        )
        assert decision.line_key == "added-3"

    def test_keeps_decisions_over_several_runs(self) -> None:
        review = a_review()
        decisions.accept_line(review=review, line_key="96375", user=personas.ana(), at=DAY_AFTER, version=1)
        code_again(review, lines=[a_line(units=2), PUSH])
        code_again(review, lines=[a_line(units=3), PUSH])
        assert [line.action for line in lines_of(now(review))] == [None, DecisionAction.ACCEPTED]

    def test_tells_equal_lines_apart_by_their_place(self) -> None:
        twins = [a_line("first"), a_line("second")]
        review = a_review(lines=twins)
        decisions.accept_line(review=review, line_key="second", user=personas.ana(), at=DAY_AFTER, version=1)
        decisions.reject_line(review=review, line_key="first", user=personas.ana(), at=DAY_AFTER, version=2, **BECAUSE)
        code_again(review, lines=[a_line("x"), a_line("y")])
        assert [line.action for line in lines_of(now(review))] == ["rejected", "accepted"]

    def test_takes_another_role_for_another_line(self) -> None:
        review = a_review()
        decisions.accept_line(review=review, line_key="96365", user=personas.ana(), at=DAY_AFTER, version=1)
        code_again(review, lines=[a_line(role=Role.SEQUENTIAL), PUSH])
        assert all(line.action is None for line in lines_of(now(review)))

    def test_wakes_what_was_pended(self) -> None:
        review = a_review()
        states.pend(review=review, reason=PendReason.STOP_TIME, user=personas.ana(), at=DAY_AFTER, version=1)
        code_again(review, lines=[INFUSION])
        after = now(review)
        assert (after.state, after.pend_reason) == (ReviewState.READY, "")
        assert AuditEvent.objects.get(tag="review:encounter:woken").reason == "new documentation"

    def test_leaves_a_second_review_one(self) -> None:
        review = a_review()
        states.send_to_second_review(review=review, user=personas.ana(), at=DAY_AFTER, version=1)
        code_again(review, lines=[INFUSION])
        assert now(review).state == ReviewState.SECOND_REVIEW


@pytest.mark.django_db
class TestPrepareWhatWasAccepted:
    def test_flags_changed_lines(self) -> None:
        review = accepted()
        code_again(review, lines=[a_line(units=2), PUSH])
        after = now(review)
        assert (after.state, after.accepted_run.number, after.run.number) == (ReviewState.CHANGED, 1, 2)
        assert AuditEvent.objects.filter(tag="review:encounter:changed_since_accepted").count() == 1

    def test_leaves_it_accepted_when_the_lines_are_the_same(self) -> None:
        review = accepted()
        code_again(review, lines=[PUSH, INFUSION])
        assert (now(review).state, now(review).run.number) == (ReviewState.ACCEPTED, 2)

    def test_flags_a_new_blocking_finding(self) -> None:
        review = accepted()
        code_again(review, lines=[INFUSION, PUSH], findings=[a_finding(Severity.BLOCKS)])
        assert now(review).state == ReviewState.CHANGED

    def test_leaves_out_what_blocked_already(self) -> None:
        review = accepted(findings=[a_finding(Severity.BLOCKS)])
        code_again(review, lines=[INFUSION, PUSH], findings=[a_finding(Severity.BLOCKS)])
        assert now(review).state == ReviewState.ACCEPTED

    def test_is_accepted_again_when_the_change_is_taken_back(self) -> None:
        review = accepted()
        code_again(review, lines=[INFUSION])
        code_again(review, lines=[INFUSION, PUSH])
        assert now(review).state == ReviewState.ACCEPTED
        assert AuditEvent.objects.filter(tag="review:encounter:restored").count() == 1

    def test_flags_a_record_that_could_not_be_taken_in_until_it_is_settled(self) -> None:
        review = accepted()
        refusal = IntakeRefusalFactory.create(encounter=review.encounter)
        preparation.prepare(encounter=review.encounter, run=review.run, at=DAY_AFTER)
        assert now(review).state == ReviewState.CHANGED
        IntakeRefusal.objects.filter(pk=refusal.pk).update(settled_at=DAY_AFTER)
        preparation.prepare(encounter=review.encounter, run=review.run, at=DAY_AFTER)
        assert now(review).state == ReviewState.ACCEPTED

    def test_can_be_accepted_anew_from_there(self) -> None:
        review = accepted()
        changed = code_again(review, lines=[a_line(units=2), PUSH])
        after = states.accept(review=review, user=personas.eve(), at=DAY_AFTER, version=changed.version)
        assert (after.state, after.acceptances, after.accepted_run.number) == (ReviewState.ACCEPTED, 2, 2)

    def test_is_open_after_a_reopening(self) -> None:
        review = accepted()
        states.reopen(review=review, reason="audit", user=personas.ben(), at=DAY_AFTER, version=review.version)
        code_again(review, lines=[INFUSION])
        assert now(review).state == ReviewState.READY
