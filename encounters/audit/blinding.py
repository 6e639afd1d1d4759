"""Who is to review an encounter blind may not read its lines before theirs are locked: refused, and recorded."""

from datetime import datetime
from typing import TypeVar

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Model, QuerySet

from encounters.audit.recording import record
from encounters.audit.tags import Tag
from encounters.models import Encounter, SampleAudit

AUDIT = "encounters.audit_reviews"
Row = TypeVar("Row", bound=Model)


class LinesAreCovered(PermissionDenied):
    """The reader audits this encounter blind and has not locked their own lines."""

    def __init__(self) -> None:
        """Says what to do."""
        super().__init__("You audit this encounter blind: lock your own lines first, then everything is shown.")


def covered(*, user: User) -> QuerySet[SampleAudit]:
    """The user's audits that are not locked."""
    return SampleAudit.objects.filter(auditor=user, lock__isnull=True)


def uncovered(rows: QuerySet[Row], *, user: User, encounter: str = "encounter") -> QuerySet[Row]:
    """Those rows of a list that do not give an answer away; `encounter` is the path to a row's encounter."""
    if not user.has_perm(AUDIT):
        return rows
    return rows.exclude(**{f"{encounter}__in": covered(user=user).values("item__encounter")})


def refuse_covered(*, encounter_id: int, user: User) -> None:
    """Raise LinesAreCovered where the user is to review the encounter blind; the try stands in the trail."""
    if not user.has_perm(AUDIT):
        return
    audit = covered(user=user).filter(item__encounter=encounter_id).select_related("item").first()
    if audit is None:
        return
    record(
        tag=Tag.COVERED_READ_REFUSED,
        at=_now(),
        actor=user,
        encounter=Encounter.objects.get(pk=encounter_id),
        after={"sample": audit.item.sample_id, "item": audit.item.position},
    )
    raise LinesAreCovered


def _now() -> datetime:
    """The database's clock: a read brings no time of its own along."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return datetime.fromisoformat(str(cursor.fetchone()[0]))
