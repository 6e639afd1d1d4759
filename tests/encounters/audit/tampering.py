"""What somebody does to the trail who owns the database and has no key: the guards are lifted, rows rewritten."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from encounters import audit
from encounters.audit.tags import Tag
from encounters.models import AuditEvent, Encounter
from tests.factories.encounters import MORNING

TABLES = ("encounters_auditevent", "encounters_auditseal")


def chained() -> None:
    """What is recorded takes its place now, as at a commit."""
    wrapper: Any = connection
    wrapper.do_waiting()


def write(number: int, encounter: Encounter | None = None) -> list[AuditEvent]:
    """So many events, each chained as by a transaction of its own."""
    found = []
    for index in range(number):
        found.append(
            audit.record(tag=Tag.LINE_ACCEPTED, at=MORNING, encounter=encounter, after={"line": index}, reason="ü\n")
        )
        chained()
    return found


def run(statement: str, *parameters: object) -> None:
    """The statement, past the guards."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with _unguarded(cursor):
            cursor.execute(statement, parameters)


def run_past(table: str, statement: str) -> None:
    """The statement, past the guard of one more table."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER guard")
        cursor.execute(statement)


def plainly(statement: str) -> None:
    """The statement, as anybody would send it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def _unguarded(cursor: Any) -> Iterator[None]:
    for table in TABLES:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER guard")
    yield
    for table in TABLES:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER guard")


def delete(stream: int, first: int, last: int, *, is_renumbered: bool) -> None:
    """Events are gone with their places; those behind may move up."""
    run(
        "WITH gone AS (DELETE FROM encounters_auditseal WHERE stream = %s AND sequence BETWEEN %s AND %s "
        "RETURNING event_id) SELECT count(*) FROM gone",
        stream,
        first,
        last,
    )
    run(
        "DELETE FROM encounters_auditevent e "
        "WHERE NOT EXISTS (SELECT FROM encounters_auditseal s WHERE s.event_id = e.id)"
    )
    if is_renumbered:
        shift(stream, last + 1, first - last - 1)


def shift(stream: int, first: int, by: int) -> None:
    """Places from `first` on get other numbers."""
    far = 1_000_000
    run(
        "UPDATE encounters_auditseal SET sequence = sequence + %s WHERE stream = %s AND sequence >= %s",
        far,
        stream,
        first,
    )
    run(
        "UPDATE encounters_auditseal SET sequence = sequence - %s + %s WHERE stream = %s AND sequence >= %s",
        far,
        by,
        stream,
        far,
    )


def swap(stream: int, one: int, other: int) -> None:
    """Two places change their numbers."""
    far = 2_000_000
    statement = "UPDATE encounters_auditseal SET sequence = %s WHERE stream = %s AND sequence = %s"
    run(statement, far, stream, one)
    run(statement, one, stream, other)
    run(statement, other, stream, far)


def forge(stream: int, sequence: int) -> int:
    """An event that the application never wrote, with a place that looks like one; its id."""
    event = AuditEvent(at=MORNING, tag=Tag.LINE_ACCEPTED, actor_name="Ana", encounter_id=stream or None)
    event.save()
    run(
        "INSERT INTO encounters_auditseal (event_id, stream, sequence, content, link) VALUES (%s, %s, %s, %s, %s)",
        event.pk,
        stream,
        sequence,
        b"\1" * 32,
        b"\2" * 32,
    )
    return int(event.pk)
