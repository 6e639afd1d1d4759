"""The blind review of one item: the chart without any line, the auditor's own lines, locked, then everything shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from encounters import audit, coding
from encounters.audit import Tag
from encounters.models import AuditedLine, Encounter, SampleAudit, SampleItem, SampleLock
from encounters.sampling.permission import require
from rules.facts import EncounterFacts

MOST_LINES = 200


class UnableToLock(Exception):
    """The lines cannot be locked; the message says why."""


@dataclass(frozen=True, slots=True)
class CodedByAuditor:
    """A line as the auditor codes it; `date_of_service` None is the encounter's own."""

    code: str
    units: int
    modifiers: tuple[str, ...] = ()
    date_of_service: date | None = None
    drugs: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class BlindItem:
    """What an auditor sees before locking: the chart as the audited run was told it. No line, finding or reason."""

    audit: SampleAudit
    item: SampleItem
    encounter: Encounter
    facts: EncounterFacts


def audit_of(*, sample_id: int, position: int, user: User) -> SampleAudit:
    """The user's own audit of an item. Raises PermissionDenied, also where the item is not theirs to review."""
    require(user)
    found = _audits().filter(item__sample=sample_id, item__position=position, auditor=user).first()
    if found is None:
        message = "This encounter of the sample is not yours to review."
        raise PermissionDenied(message)
    return found


def next_of(*, sample_id: int, user: User, behind: int = 0) -> SampleAudit | None:
    """The user's next audit that is not locked, in the order of the draw, beginning again after the last."""
    require(user)
    open_ones = _audits().filter(item__sample=sample_id, auditor=user, lock__isnull=True).order_by("item__position")
    return open_ones.filter(item__position__gt=behind).first() or open_ones.first()


def blind(*, found: SampleAudit, user: User, at: datetime) -> BlindItem:
    """The chart behind an audit of the user's, without lines; the look is recorded. Raises PermissionDenied."""
    _refuse_stranger(found, user)
    item = found.item
    audit.record(
        tag=Tag.ITEM_VIEWED,
        at=at,
        actor=user,
        encounter=item.encounter,
        after={"sample": item.sample_id, "item": item.position, "locked": found.is_locked},
    )
    return BlindItem(audit=found, item=item, encounter=item.encounter, facts=coding.facts_of(item.run))


@transaction.atomic
def lock(*, found: SampleAudit, lines: Sequence[CodedByAuditor], user: User, at: datetime) -> SampleLock:
    """The auditor's lines stand for good, and the encounter is uncovered for them. None at all says: nothing to bill.

    Raises UnableToLock, PermissionDenied.
    """
    _refuse_stranger(found, user)
    if len(lines) > MOST_LINES:
        message = f"More than {MOST_LINES} lines."
        raise UnableToLock(message)
    try:
        with transaction.atomic():
            locked = SampleLock.objects.create(audit=found, at=at)
    except IntegrityError as error:
        message = "These lines are locked already."
        raise UnableToLock(message) from error
    item = found.item
    rows = AuditedLine.objects.bulk_create(
        AuditedLine(
            lock=locked,
            position=position,
            code=line.code,
            units=line.units,
            modifiers=sorted(line.modifiers),
            date_of_service=line.date_of_service or item.encounter.date_of_service,
            drugs=line.drugs,
            words=line.words,
        )
        for position, line in enumerate(lines, start=1)
    )
    audit.record(
        tag=Tag.ITEM_LOCKED,
        at=at,
        actor=user,
        encounter=item.encounter,
        after={
            "sample": item.sample_id,
            "item": item.position,
            "lines": [[row.code, row.units, list(row.modifiers)] for row in rows],
        },
    )
    return locked


def _audits() -> Any:
    return SampleAudit.objects.select_related(
        "item__sample", "item__encounter__patient", "item__encounter__location", "item__run", "lock", "auditor"
    )


def _refuse_stranger(found: SampleAudit, user: User) -> None:
    require(user)
    if found.auditor_id != user.pk:
        message = "This review is somebody else's."
        raise PermissionDenied(message)
