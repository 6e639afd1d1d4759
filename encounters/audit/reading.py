"""The trail as it is read by those who audit: by encounter, person, day and act; signed off; taken out as a file."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from drugs.cms.cells import inert
from encounters.audit import verification
from encounters.audit.blinding import AUDIT, refuse_covered, uncovered
from encounters.audit.findings import Verification
from encounters.audit.recording import record
from encounters.audit.tags import Tag
from encounters.models import AuditEvent, Encounter
from encounters.sites import is_bound, seen_by

MOST_EXPORTED = 100_000
COLUMNS = (
    *("id", "at", "tag", "actor", "encounter", "object", "before", "after", "reason", "request_id"),
    *("stream", "sequence", "content", "link"),
)


class UnableToSignOff(Exception):
    """There is nothing to sign off, or what is to be signed off does not hold."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events; what is None or empty is not asked for. Both days are included, on the site's clock."""

    encounter_id: int | None = None
    actor: str = ""
    first_day: date | None = None
    last_day: date | None = None
    subject: str = ""

    def words(self) -> dict[str, object]:
        """What was asked for, as it stands in the trail."""
        asked = {
            "encounter": self.encounter_id,
            "actor": self.actor,
            "from": self.first_day,
            "to": self.last_day,
            "subject": self.subject,
        }
        return {name: value for name, value in asked.items() if value not in (None, "")}


def events(*, wanted: Wanted, user: User) -> QuerySet[AuditEvent]:
    """The events wanted, newest first. Raises PermissionDenied for a user who may not audit.

    Those of an encounter include lists in which it was shown. Whoever works for some sites only reads what happened
    to encounters there.
    """
    require(user)
    if wanted.encounter_id is not None:
        refuse_covered(encounter_id=wanted.encounter_id, user=user)
    # What happened to an encounter names its lines.
    theirs = seen_by(user, "encounter__location") & Q(encounter__isnull=False)
    found = uncovered(AuditEvent.objects.filter(~Q(is_bound(user)) | theirs), user=user)
    if wanted.encounter_id is not None:
        shown = Q(tag=Tag.ENCOUNTERS_LISTED, after__encounters__contains=wanted.encounter_id)
        found = found.filter(Q(encounter_id=wanted.encounter_id) | shown)
    if wanted.actor:
        found = found.filter(Q(actor_name__iexact=wanted.actor) | Q(actor__username=wanted.actor))
    clock = ZoneInfo(settings.TIME_ZONE)
    if wanted.first_day:
        found = found.filter(at__gte=datetime.combine(wanted.first_day, time(), clock))
    if wanted.last_day:
        found = found.filter(at__lt=datetime.combine(wanted.last_day + timedelta(days=1), time(), clock))
    if wanted.subject:
        found = found.filter(tag__startswith=f"{wanted.subject}:")
    return found.select_related("seal").order_by("-pk")


def view(*, wanted: Wanted, user: User, at: datetime) -> QuerySet[AuditEvent]:
    """The events wanted; that they were looked at stands in the trail. Raises PermissionDenied."""
    found = events(wanted=wanted, user=user)
    record(tag=Tag.TRAIL_VIEWED, at=at, actor=user, encounter=_of(wanted), after=wanted.words())
    return found


def proof(*, encounter_id: int, user: User) -> Verification:
    """Whether every event of an encounter is as it was written. Raises PermissionDenied."""
    require(user)
    return verification.verify_stream(stream=encounter_id)


def last_verification(*, user: User) -> AuditEvent | None:
    """The last time the whole trail was verified. Raises PermissionDenied."""
    require(user)
    return AuditEvent.objects.filter(tag=Tag.TRAIL_VERIFIED).order_by("-pk").first()


def sign_off(*, wanted: Wanted, last_event: int, note: str, user: User, at: datetime) -> AuditEvent:
    """The auditor has read the events wanted, up to `last_event`. Raises UnableToSignOff, PermissionDenied.

    The events of one encounter are signed off only where all of them can be proven.
    """
    found = events(wanted=wanted, user=user).filter(pk__lte=last_event)
    number = found.count()
    if not number:
        message = "There are no events to sign off."
        raise UnableToSignOff(message)
    if wanted.encounter_id is not None and not proof(encounter_id=wanted.encounter_id, user=user).is_sound:
        message = "The chain of this encounter is broken: it cannot be signed off."
        raise UnableToSignOff(message)
    return record(
        tag=Tag.TRAIL_SIGNED_OFF,
        at=at,
        actor=user,
        encounter=_of(wanted),
        after=wanted.words() | {"events": number, "last_event": last_event},
        reason=note,
    )


def export(*, wanted: Wanted, user: User, at: datetime) -> Iterator[str]:
    """The events wanted as lines of CSV, each with its place and proofs; that they left stands in the trail first.

    Raises PermissionDenied.
    """
    number = events(wanted=wanted, user=user)[:MOST_EXPORTED].count()
    after = wanted.words() | {"events": number}
    told = record(tag=Tag.TRAIL_EXPORTED, at=at, actor=user, encounter=_of(wanted), after=after)
    return _lines(events(wanted=wanted, user=user).filter(pk__lt=told.pk)[:MOST_EXPORTED])


def require(user: User) -> None:
    """Raises PermissionDenied for a user who may not audit."""
    if not user.has_perm(AUDIT):
        message = "Reading the trail needs the permission “audit reviews”."
        raise PermissionDenied(message)


class _Line:
    """What a CSV writer writes into: it hands the line on."""

    def write(self, text: str) -> str:
        """The line itself."""
        return text


def _lines(found: QuerySet[AuditEvent]) -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for event in found.iterator(chunk_size=1000):
        seal = getattr(event, "seal", None)
        place = (seal.stream, seal.sequence, bytes(seal.content).hex(), bytes(seal.link).hex()) if seal else ("",) * 4
        values = (
            *(event.pk, event.at.isoformat(), event.tag, event.actor_name, event.encounter_id or "", event.object_repr),
            *(_json(event.before), _json(event.after), event.reason, event.request_id),
            *place,
        )
        yield writer.writerow([inert(value) for value in values])


def _json(value: object) -> str:
    return "" if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _of(wanted: Wanted) -> Encounter | None:
    """The encounter asked for, where there is one; none is made up for a number that nobody has."""
    return Encounter.objects.filter(pk=wanted.encounter_id).first() if wanted.encounter_id is not None else None
