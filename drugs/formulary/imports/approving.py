"""Deciding on differences: approve, approve as the second person, withhold. By the row or by the group."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from drugs.formulary.imports.permission import UnableToWorkOnImport, ask_permission, locked, record
from drugs.formulary.imports.reading import state_of
from drugs.models import Decision, FormularyImport, Group, ImportAct, ImportDifference
from drugs.models.imports import WAITING_FOR_PEOPLE


class UnableToDecide(UnableToWorkOnImport):
    """The decision cannot be taken; the message says why."""


@dataclass(frozen=True, slots=True)
class Decided:
    """How many rows a decision reached, and how many of a group it left alone."""

    approved: int = 0
    first: int = 0
    """Now await a second approver."""
    withheld: int = 0
    left_to_another: int = 0
    """Were approved by the same person before: only another can be the second."""
    left_to_settle: int = 0
    """A conflict hangs on them: they want a decision of their own, or of the group with its conflicts."""
    is_to_be_counted: bool = False
    """Whether the encounters that it would change are others now: whoever calls has them counted on commit."""


@transaction.atomic
def approve(
    *,
    formulary_import: FormularyImport,
    by: User,
    at: datetime,
    differences: Collection[int] = (),
    group: Group | None = None,
    with_conflicts: bool = False,
    reason: str = "",
) -> Decided:
    """Approve rows, or all undecided rows of a group; those that need two people await another after the first.

    Of a group, rows with a conflict are left alone unless `with_conflicts` says otherwise, with a reason. Raises
    `UnableToDecide` where the import is not open, where a single row cannot be approved by this person, or where
    there is nothing to approve.
    """
    current = _open_import(formulary_import, by)
    if with_conflicts and not reason.strip():
        msg = "Say why rows with a conflict may be approved together."
        raise UnableToDecide(msg)
    rows = _rows(current, differences, group)
    if group:
        rows = rows.exclude(decision__in=(Decision.APPROVED, Decision.WITHHELD))
    left_to_settle = 0
    if group and not with_conflicts:
        left_to_settle = rows.filter(needs_own_decision=True).count()
        rows = rows.filter(needs_own_decision=False)
    again = rows.filter(decision=Decision.FIRST, first_by=by)
    left_to_another = again.count()
    if left_to_another and not group:
        msg = "You approved this row first; the second approver must be another person."
        raise UnableToDecide(msg)
    seconds = _ids(rows.filter(decision=Decision.FIRST).exclude(first_by=by))
    undecided = rows.filter(decision__in=(Decision.OPEN, Decision.WITHHELD))
    firsts = _ids(undecided.filter(needs_second=True))
    alone = _ids(undecided.filter(needs_second=False))
    if not (seconds or firsts or alone):
        raise UnableToDecide(_nothing_to_approve(left_to_another, left_to_settle))
    named = group.value if group else ""
    if firsts or alone:
        verb = ImportAct.Verb.APPROVED
        record(
            formulary_import=current,
            verb=verb,
            by=by,
            at=at,
            group=named,
            differences=[*firsts, *alone],
            reason=reason,
        )
    if seconds:
        verb = ImportAct.Verb.APPROVED_SECOND
        record(formulary_import=current, verb=verb, by=by, at=at, group=named, differences=seconds, reason=reason)
    is_taken_back = undecided.filter(decision=Decision.WITHHELD).exists()
    _set(seconds, Decision.APPROVED)
    _set(alone, Decision.APPROVED, first_by=by)
    _set(firsts, Decision.FIRST, first_by=by)
    _settle_state(current, at)
    if is_taken_back:
        _forget_count(current)
    return Decided(
        approved=len(seconds) + len(alone),
        first=len(firsts),
        left_to_another=left_to_another,
        left_to_settle=left_to_settle,
        is_to_be_counted=is_taken_back,
    )


@transaction.atomic
def withhold(
    *,
    formulary_import: FormularyImport,
    by: User,
    at: datetime,
    reason: str,
    differences: Collection[int] = (),
    group: Group | None = None,
) -> Decided:
    """Keep rows, or all undecided rows of a group, out of the release, for a reason.

    A row that is approved can still be withheld by itself. Raises `UnableToDecide` where the import is not open,
    without a reason, or where there is nothing to withhold.
    """
    current = _open_import(formulary_import, by)
    if not reason.strip():
        msg = "Say why it is withheld."
        raise UnableToDecide(msg)
    rows = _rows(current, differences, group).exclude(decision=Decision.WITHHELD)
    if group:
        rows = rows.exclude(decision=Decision.APPROVED)
    ids = _ids(rows)
    if not ids:
        msg = "Nothing here is left to withhold."
        raise UnableToDecide(msg)
    record(
        formulary_import=current,
        verb=ImportAct.Verb.WITHHELD,
        by=by,
        at=at,
        group=group.value if group else "",
        differences=ids,
        reason=reason,
    )
    _set(ids, Decision.WITHHELD)
    _settle_state(current, at)
    _forget_count(current)
    return Decided(withheld=len(ids), is_to_be_counted=True)


def _open_import(formulary_import: FormularyImport, by: User) -> FormularyImport:
    ask_permission(by)
    current = locked(formulary_import)
    if current.state not in WAITING_FOR_PEOPLE:
        msg = f"{current} is {current.get_state_display().lower()}: nothing is decided on it."
        raise UnableToDecide(msg)
    return current


def _rows(current: FormularyImport, differences: Collection[int], group: Group | None) -> QuerySet[ImportDifference]:
    rows = ImportDifference.objects.filter(formulary_import=current, round=current.round)
    if group:
        return rows.filter(group=group)
    named = rows.filter(pk__in=differences)
    if named.count() != len(set(differences)) or not differences:
        msg = "The rows have changed since the page was shown: the file was compared again."
        raise UnableToDecide(msg)
    return named


def _ids(rows: QuerySet[ImportDifference]) -> list[int]:
    return list(rows.values_list("pk", flat=True))


def _set(ids: Iterable[int], decision: Decision, *, first_by: User | None = None) -> None:
    rows = ImportDifference.objects.filter(pk__in=ids)
    if decision == Decision.APPROVED and first_by is None:
        # The second person: who was first stays.
        rows.update(decision=decision)
    else:
        rows.update(decision=decision, first_by=first_by)


def _settle_state(current: FormularyImport, at: datetime) -> None:
    state = state_of(current)
    if state != current.state:
        current.state, current.state_at = state, at
        current.save(update_fields=["state", "state_at"])


def _forget_count(current: FormularyImport) -> None:
    """What was counted was of other rows; the sweep has it counted where nobody else does."""
    current.affected, current.nudged_at = None, None
    current.save(update_fields=["affected", "nudged_at"])


def _nothing_to_approve(left_to_another: int, left_to_settle: int) -> str:
    if left_to_another:
        return "You approved these rows first; the second approver must be another person."
    if left_to_settle:
        return "A conflict hangs on every row that is left: decide on each, or on the group with its conflicts."
    return "Nothing here is left to approve."
