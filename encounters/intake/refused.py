"""Refused records: kept with their place and reason, and settled by a person or by the record coming right."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from encounters import audit
from encounters.intake.permission import require_permission
from encounters.intake.records import RefusedRecord
from encounters.models import Encounter, IntakeBatch, IntakeRefusal
from encounters.models.encounter import CodingState
from encounters.sites import seen_by

# Columns of IntakeRefusal; what is longer is cut, since a refusal must never fail to be kept.
_LONGEST_RECORD = 20_000
_LAST_LINE = 2_147_483_647


class UnableToSettleRefusal(Exception):
    """The refusal is settled already, or no reason was given."""


def keep(
    refused: Iterable[RefusedRecord],
    *,
    batch: IntakeBatch,
    encounters: Mapping[str, Encounter],
    at: datetime,
) -> list[IntakeRefusal]:
    """Store refused records beside the encounters they belong to, where those are known.

    A record that was refused before for the same reason holds its encounter back only once: the repetition is stored
    as settled.
    """
    refused = list(refused)
    known = set(
        IntakeRefusal.objects.filter(encounter__in=[each.pk for each in encounters.values()]).values_list(
            "encounter_id", "column", "reason", "record"
        )
    )
    rows = []
    for each in refused:
        encounter = encounters.get(each.encounter_id)
        row = IntakeRefusal(
            batch=batch,
            encounter=encounter,
            line=min(each.line, _LAST_LINE) if each.line else None,
            column=_kept(each.column)[:80],
            reason=_kept(each.reason),
            record=_kept(each.record)[:_LONGEST_RECORD],
        )
        if encounter and (encounter.pk, row.column, row.reason, row.record) in known:
            row.settled_at = at
        rows.append(row)
    return IntakeRefusal.objects.bulk_create(rows, batch_size=1000)


def settle_those_that_came_right(
    *, encounter: Encounter, administration_ids: Sequence[str], at: datetime, source: str, only_of_file: str = ""
) -> int:
    """Settle what was refused of these administrations: they have been taken in now. Returns how many.

    `only_of_file`: SHA-256 of the file whose refusals alone are settled. An old file that comes once more does not put
    right what was refused of a newer one.
    """
    wanted = set(administration_ids)
    settled = 0
    refusals = encounter.refusals.filter(settled_at__isnull=True)
    for refusal in refusals.filter(batch__sha256=only_of_file) if only_of_file else refusals:
        if _is_put_right(refusal, wanted):
            refusal.settled_at = at
            refusal.save(update_fields=["settled_at"])
            settled += 1
            audit.record(
                tag=audit.Tag.REFUSAL_SETTLED,
                at=at,
                actor_name=source,
                encounter=encounter,
                object_repr=_named(refusal),
                reason="The record was sent again and could be taken in.",
            )
    return settled


@transaction.atomic
def settle_refusal(*, refusal: IntakeRefusal, user: User, reason: str, at: datetime) -> None:
    """A person has seen the refused record and says why the encounter may go on without it."""
    require_permission(user)
    if not reason.strip():
        msg = "Say why the encounter may go on without this record."
        raise UnableToSettleRefusal(msg)
    theirs = seen_by(user, "encounter__location") | Q(batch__actor=user.pk)
    if not IntakeRefusal.objects.filter(theirs, pk=refusal.pk).exists():
        msg = "This record is of a site that you do not work for."
        raise PermissionDenied(msg)
    changed = IntakeRefusal.objects.filter(pk=refusal.pk, settled_at__isnull=True).update(settled_at=at)
    if not changed:
        msg = "The refused record is settled already."
        raise UnableToSettleRefusal(msg)
    audit.record(
        tag=audit.Tag.REFUSAL_SETTLED,
        at=at,
        actor=user,
        encounter=refusal.encounter,
        object_repr=_named(refusal),
        before={"reason": refusal.reason, "record": refusal.record},
        reason=reason.strip(),
    )
    if refusal.encounter_id:
        look_again([refusal.encounter_id])


def look_again(encounter_ids: Collection[int]) -> None:
    """The encounters wait to be coded once more, since the state of a review hangs on open refusals too."""
    Encounter.objects.filter(pk__in=encounter_ids, coding_state=CodingState.CODED).update(
        coding_state=CodingState.PENDING, nudged_at=None
    )


def _is_put_right(refusal: IntakeRefusal, administration_ids: Collection[str]) -> bool:
    """Whether the record is one of these administrations, or an encounter that was refused as a whole."""
    try:
        record = json.loads(refusal.record)
    except ValueError:
        return False
    if not isinstance(record, dict):
        return False
    return "administrations" in record or str(record.get("administration_id", "")).strip() in administration_ids


def _named(refusal: IntakeRefusal) -> str:
    return f"line {refusal.line} {refusal.column}".strip()[:200]


def _kept(text: str) -> str:
    return text.replace("\0", "\\u0000").encode(errors="backslashreplace").decode()
