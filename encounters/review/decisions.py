"""Acts on single lines: accept, correct, reject, add, undo. Each is a row of its own, under lock and version."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from django.contrib.auth.models import User
from django.db import transaction

from encounters import audit
from encounters.audit import Tag
from encounters.models import LineDecision, Review
from encounters.models.review import CorrectionReason, DecisionAction, ReviewState
from encounters.review import hold
from encounters.review.hold import WORKABLE, ReviewIsClosed, UnableToWork
from encounters.review.lines import ADDED_KEY, ReviewLine, lines_of

CODE = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]")
MODIFIER = re.compile(r"[0-9A-Z]{2}")
MOST_MODIFIERS = 4
MOST_UNITS = 99_999
UNDOABLE = 10
"""So many of a person's latest decisions can be undone."""

TAGS = {
    DecisionAction.ACCEPTED: Tag.LINE_ACCEPTED,
    DecisionAction.OVERRIDDEN: Tag.LINE_OVERRIDDEN,
    DecisionAction.REJECTED: Tag.LINE_REJECTED,
    DecisionAction.ADDED: Tag.LINE_ADDED,
    DecisionAction.UNDONE: Tag.LINE_UNDONE,
}


class UnableToDecide(UnableToWork):
    """The decision itself is not possible: no such line, or values that a claim cannot carry."""


class UnableToUndo(UnableToWork):
    """There is nothing of one's own left to undo."""

    def __init__(self) -> None:
        """Says so."""
        super().__init__(
            f"There is nothing to undo on this encounter: only your own last {UNDOABLE} decisions can be taken back."
        )


@transaction.atomic
def accept_line(*, review: Review, line_key: str, user: User, at: datetime, version: int) -> LineDecision:
    """The line stands as suggested, whatever was decided before.

    Raises UnableToDecide and what `hold.for_work` raises.
    """
    held = hold.for_work(review=review, user=user, at=at, version=version)
    line = _line(held, line_key)
    if line.suggested is None:
        message = "An added line needs no accepting."
        raise UnableToDecide(message)
    values = line.suggested
    decision = LineDecision(
        action=DecisionAction.ACCEPTED,
        code=values.code,
        units=values.units,
        modifiers=list(values.modifiers),
    )
    return _decide(held, line, decision, user=user, at=at)


@transaction.atomic
def override_line(
    *,
    review: Review,
    line_key: str,
    code: str,
    units: int,
    modifiers: Sequence[str],
    reason_code: str,
    reason: str,
    user: User,
    at: datetime,
    version: int,
) -> LineDecision:
    """The line stands with other values, for a reason. Raises UnableToDecide and what `hold.for_work` raises."""
    held = hold.for_work(review=review, user=user, at=at, version=version)
    line = _line(held, line_key)
    decision = LineDecision(action=DecisionAction.OVERRIDDEN, **_values(code, units, modifiers))
    _give_reason(decision, reason_code, reason)
    if line.suggested and _same_values(decision, line):
        message = "That is what was suggested; accept the line instead."
        raise UnableToDecide(message)
    return _decide(held, line, decision, user=user, at=at)


@transaction.atomic
def reject_line(
    *, review: Review, line_key: str, reason_code: str, reason: str, user: User, at: datetime, version: int
) -> LineDecision:
    """The line is not billed, for a reason. Raises UnableToDecide and what `hold.for_work` raises."""
    held = hold.for_work(review=review, user=user, at=at, version=version)
    line = _line(held, line_key)
    decision = LineDecision(
        action=DecisionAction.REJECTED, code=line.code, units=line.units, modifiers=list(line.modifiers)
    )
    _give_reason(decision, reason_code, reason)
    return _decide(held, line, decision, user=user, at=at)


@transaction.atomic
def add_line(  # noqa: PLR0913 - a line has this many sides
    *,
    review: Review,
    code: str,
    units: int,
    modifiers: Sequence[str] = (),
    administrations: Sequence[str] = (),
    date_of_service: date | None = None,
    reason_code: str,
    reason: str,
    user: User,
    at: datetime,
    version: int,
) -> LineDecision:
    """A line that was not suggested stands, for a reason; `date_of_service` is the encounter's unless given.

    Raises UnableToDecide and what `hold.for_work` raises.
    """
    held = hold.for_work(review=review, user=user, at=at, version=version)
    known = set(held.encounter.administrations.values_list("external_id", flat=True))
    if unknown := [one for one in administrations if one not in known]:
        message = f"This encounter has no administration {', '.join(unknown)}."
        raise UnableToDecide(message)
    added = LineDecision.objects.filter(review=held, action=DecisionAction.ADDED, carried_from__isnull=True).count()
    decision = LineDecision(
        action=DecisionAction.ADDED,
        line_key=f"{ADDED_KEY}{added + 1}",
        administrations=list(administrations),
        date_of_service=date_of_service or held.encounter.date_of_service,
        **_values(code, units, modifiers),
    )
    _give_reason(decision, reason_code, reason)
    return _decide(held, None, decision, user=user, at=at)


@transaction.atomic
def undo(*, review: Review, user: User, at: datetime, version: int) -> Review:
    """The user's last decision does not count any more; an acceptance of the whole encounter comes first.

    An acceptance undone leaves a second review one, and what was changed since it was accepted changed.

    Raises UnableToUndo and what `hold.for_work` raises.
    """
    held = hold.for_work(review=review, user=user, at=at, version=version, states=WORKABLE | {ReviewState.ACCEPTED})
    if held.state == ReviewState.ACCEPTED:
        _undo_acceptance(held, user, at)
        return held
    own = LineDecision.objects.filter(review=held, run=held.run, actor=user, carried_from__isnull=True)
    latest = list(own.exclude(action=DecisionAction.UNDONE).select_related("undone_by").order_by("-pk")[:UNDOABLE])
    last = next((decision for decision in latest if not hasattr(decision, "undone_by")), None)
    if last is None:
        raise UnableToUndo
    undone = LineDecision(action=DecisionAction.UNDONE, line_key=last.line_key, undoes=last)
    _store(held, undone, user=user, at=at, before=_said(last), object_repr=f"{last.code} ×{last.units}")
    return held


def _undo_acceptance(held: Review, user: User, at: datetime) -> None:
    if held.accepted_by_id != user.pk:
        raise ReviewIsClosed(held)
    is_kept = held.accepted_in in {ReviewState.SECOND_REVIEW, ReviewState.CHANGED}
    held.state = ReviewState(held.accepted_in) if is_kept else hold.open_state(held)
    hold.save_act(
        held,
        "state",
        tag=Tag.ENCOUNTER_REOPENED,
        at=at,
        user=user,
        after={"state": held.state},
        reason="undone by the one who accepted",
    )


def _line(held: Review, line_key: str) -> ReviewLine:
    line = next((line for line in lines_of(held) if line.key == line_key), None)
    if line is None:
        message = "This line is not among those of the newest coding run."
        raise UnableToDecide(message)
    return line


def _values(code: str, units: int, modifiers: Sequence[str]) -> dict[str, object]:
    code, modifiers = code.strip().upper(), [modifier.strip().upper() for modifier in modifiers if modifier.strip()]
    if not CODE.fullmatch(code):
        message = f"“{code}” is not a code of five characters such as 96413 or J9263."
        raise UnableToDecide(message)
    if not 1 <= units <= MOST_UNITS:
        message = f"Units must be from 1 to {MOST_UNITS:,}."
        raise UnableToDecide(message)
    if len(modifiers) > MOST_MODIFIERS or len(set(modifiers)) < len(modifiers):
        message = f"At most {MOST_MODIFIERS} modifiers, each once."
        raise UnableToDecide(message)
    if wrong := [modifier for modifier in modifiers if not MODIFIER.fullmatch(modifier)]:
        message = f"“{wrong[0]}” is not a modifier of two characters such as 59 or JW."
        raise UnableToDecide(message)
    return {"code": code, "units": units, "modifiers": modifiers}


def _give_reason(decision: LineDecision, reason_code: str, reason: str) -> None:
    if reason_code not in CorrectionReason.values:
        message = "Choose a reason."
        raise UnableToDecide(message)
    if reason_code == CorrectionReason.OTHER and not reason.strip():
        message = "Say in words what the other reason is."
        raise UnableToDecide(message)
    decision.reason_code, decision.reason = reason_code, reason.strip()


def _same_values(decision: LineDecision, line: ReviewLine) -> bool:
    suggested = line.suggested
    return suggested is not None and (decision.code, decision.units, tuple(decision.modifiers)) == (
        suggested.code,
        suggested.units,
        suggested.modifiers,
    )


def _decide(held: Review, line: ReviewLine | None, decision: LineDecision, *, user: User, at: datetime) -> LineDecision:
    before = None
    if line is not None:
        decision.line_key = line.key
        decision.administrations = list(line.administrations)
        decision.date_of_service = line.date_of_service
        before = _said(line.decision) if line.decision else {"code": line.code, "units": line.units}
    return _store(held, decision, user=user, at=at, before=before, object_repr=f"{decision.code} ×{decision.units}")


def _store(
    held: Review,
    decision: LineDecision,
    *,
    user: User,
    at: datetime,
    before: dict[str, object] | None,
    object_repr: str,
) -> LineDecision:
    decision.review, decision.run = held, held.run
    decision.actor, decision.actor_name, decision.at = user, audit.name_of(user), at
    decision.save()
    hold.save_act(
        held,
        tag=TAGS[DecisionAction(decision.action)],
        at=at,
        user=user,
        object_repr=object_repr,
        before=before,
        after=_said(decision),
        reason=" ".join(filter(None, (decision.get_reason_code_display(), decision.reason))),
    )
    return decision


def _said(decision: LineDecision) -> dict[str, object]:
    return {
        "decision": decision.pk,
        "line": decision.line_key,
        "action": decision.action,
        "code": decision.code,
        "units": decision.units,
        "modifiers": decision.modifiers,
    }
