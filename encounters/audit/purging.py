"""Events older than the law asks for may go: the owner of the database purges them, and a signed summary stays."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from encounters.audit import chain, verification
from encounters.audit.recording import record
from encounters.audit.tags import Tag
from encounters.models import AuditEvent, AuditPurge

TABLES = ("encounters_auditseal", "encounters_auditevent")


class UnableToPurge(Exception):
    """The day is within the years that are kept, no reason is given, or the trail does not hold."""


def earliest_kept(*, on: date) -> date:
    """The first day whose events must be kept on that day: so many whole years back."""
    year = on.year - int(settings.AUDIT_KEEP_YEARS)
    # Of 29 February the day after, where the year has none: a day more is kept, not one less.
    return date(year, 2, 28) if (on.month, on.day) == (2, 29) else on.replace(year=year)


@transaction.atomic
def purge(*, before: date, reason: str, by: str, at: datetime) -> AuditEvent | None:
    """The events from before that day are gone from the beginning of each stream; the event that says so, if any went.

    Needs the owner of the tables: the role that the application runs as can lift no guard. Raises UnableToPurge.
    """
    clock = ZoneInfo(settings.TIME_ZONE)
    kept = earliest_kept(on=at.astimezone(clock).date())
    if before > kept:
        message = f"Events from {kept} on must be kept ({settings.AUDIT_KEEP_YEARS} years)."
        raise UnableToPurge(message)
    if not reason.strip():
        message = "A purge needs a reason."
        raise UnableToPurge(message)
    if not verification.verify().is_sound:
        message = "The trail does not hold: see verify_audit. What may have been tampered with is not purged."
        raise UnableToPurge(message)
    with connection.cursor() as cursor:
        ends = _ends(datetime.combine(before, time(), clock))
        if not ends:
            return None
        number = sum(last - first + 1 for _, first, last, _ in ends)
        told = record(
            tag=Tag.EVENTS_PURGED,
            at=at,
            actor_name=by,
            reason=reason,
            after={"before": before, "events": number, "streams": len(ends)},
        )
        _summarise(told, ends)
        _delete(cursor, ends)
    return told


End = tuple[int, int, int, bytes]


def _ends(until: datetime) -> list[End]:
    """Stream, first and last place to go, and the last one's link: the beginning of each that is old throughout."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH young AS (
                SELECT s.stream, min(s.sequence) AS sequence FROM encounters_auditseal s
                JOIN encounters_auditevent e ON e.id = s.event_id
                WHERE e.at >= %s OR EXISTS (SELECT FROM encounters_auditpurge p WHERE p.event_id = e.id)
                GROUP BY s.stream
            )
            SELECT DISTINCT ON (s.stream) s.stream, min(s.sequence) OVER (PARTITION BY s.stream), s.sequence, s.link
            FROM encounters_auditseal s LEFT JOIN young y ON y.stream = s.stream
            WHERE y.sequence IS NULL OR s.sequence < y.sequence
            ORDER BY s.stream, s.sequence DESC
            """,
            [until],
        )
        return [(stream, first, last, bytes(link)) for stream, first, last, link in cursor.fetchall()]


def _summarise(told: AuditEvent, ends: list[End]) -> None:
    secret = chain.key()
    rows = []
    for stream, first, last, link in ends:
        row = AuditPurge(stream=stream, first_sequence=first, last_sequence=last, link=link, event=told)
        row.proof = verification.proof_of(secret, row)
        rows.append(row)
    AuditPurge.objects.bulk_create(rows)


def _delete(cursor: object, ends: list[End]) -> None:
    """Past the guards, which stand again before the transaction ends."""
    run = cursor.execute  # type: ignore[attr-defined]
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for table in TABLES:
        run(f"ALTER TABLE {table} DISABLE TRIGGER guard")
    run("CREATE TEMPORARY TABLE going (event_id bigint PRIMARY KEY) ON COMMIT DROP")
    run(
        "INSERT INTO going SELECT s.event_id FROM encounters_auditseal s "
        "JOIN unnest(%s::bigint[], %s::bigint[]) AS e(stream, last) ON s.stream = e.stream AND s.sequence <= e.last",
        [[stream for stream, _, _, _ in ends], [last for _, _, last, _ in ends]],
    )
    run("DELETE FROM encounters_auditseal USING going WHERE encounters_auditseal.event_id = going.event_id")
    run("DELETE FROM encounters_auditevent USING going WHERE encounters_auditevent.id = going.event_id")
    run("DROP TABLE going")
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for table in TABLES:
        run(f"ALTER TABLE {table} ENABLE TRIGGER guard")
