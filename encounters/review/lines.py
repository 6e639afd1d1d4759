"""The lines of a review as they stand: what was suggested, what was decided, what would be billed."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from encounters import coding
from encounters.models import CodingRun, LineDecision, Review
from encounters.models.review import DecisionAction
from rules.explain import line_why
from rules.result import CodedLine

ADDED_KEY = "added-"


@dataclass(frozen=True)
class ReviewLine:
    """One line: `suggested` None for an added one, `decision` None while nobody has decided.

    `code`, `units`, `modifiers` are what would be billed; of a rejected line, what would have been.
    """

    key: str
    suggested: CodedLine | None
    decision: LineDecision | None
    code: str
    units: int
    modifiers: tuple[str, ...]
    administrations: tuple[str, ...]
    date_of_service: date
    why: str

    @property
    def action(self) -> str | None:
        """What was decided, a value of DecisionAction."""
        return self.decision.action if self.decision else None

    @property
    def is_billed(self) -> bool:
        """Whether the line would be among the final ones."""
        return self.action != DecisionAction.REJECTED

    @cached_property
    def is_changed(self) -> bool:
        """Whether it differs from the suggestion: corrected, added or rejected."""
        suggested = self.suggested
        return (
            suggested is None
            or not self.is_billed
            or (self.code, self.units, self.modifiers) != (suggested.code, suggested.units, suggested.modifiers)
        )


def lines_of(review: Review) -> tuple[ReviewLine, ...]:
    """The lines of the review's run in claim order, then those added, in the order they were."""
    decided = standing(review)
    suggested = coding.result_of(review.run).lines
    keys = {line.key for line in suggested}
    added = [decision for key, decision in decided.items() if key not in keys]
    return (
        *(_suggested(line, decided.get(line.key)) for line in suggested),
        *(_added(decision) for decision in added if decision.action != DecisionAction.REJECTED),
    )


def standing(review: Review, run: CodingRun | None = None) -> dict[str, LineDecision]:
    """Line key → the decision in force on the review's run, or on an earlier `run`, by when the line was first decided.

    The newest counts that nobody has undone.
    """
    rows = LineDecision.objects.filter(review=review, run=run or review.run_id, undone_by__isnull=True).exclude(
        action=DecisionAction.UNDONE
    )
    return {row.line_key: row for row in rows.order_by("pk")}


def as_suggested(line: CodedLine) -> ReviewLine:
    """A suggested line about which nobody has decided."""
    return _suggested(line, None)


def _suggested(line: CodedLine, decision: LineDecision | None) -> ReviewLine:
    is_kept = decision is None or decision.action == DecisionAction.REJECTED
    return ReviewLine(
        key=line.key,
        suggested=line,
        decision=decision,
        code=line.code if is_kept or decision is None else decision.code,
        units=line.units if is_kept or decision is None else decision.units or line.units,
        modifiers=line.modifiers if is_kept or decision is None else tuple(decision.modifiers),
        administrations=line.administrations,
        date_of_service=line.date_of_service,
        why=line_why(line),
    )


def _added(decision: LineDecision) -> ReviewLine:
    if decision.units is None or decision.date_of_service is None:
        message = f"The added line {decision.line_key} has no units or no date, which the database refuses."
        raise AssertionError(message)
    return ReviewLine(
        key=decision.line_key,
        suggested=None,
        decision=decision,
        code=decision.code,
        units=decision.units,
        modifiers=tuple(decision.modifiers),
        administrations=tuple(decision.administrations),
        date_of_service=decision.date_of_service,
        why=decision.reason or decision.get_reason_code_display(),
    )
