"""Each event is authenticated, and each place in its stream is bound to the place before: HMAC-SHA-256 under AUDIT_KEY.

A stream is an encounter, and stream 0 is everything else: an encounter's events can be proven by themselves, and
people at work on different encounters do not wait for each other.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

SITE = 0
"""The stream of events of no encounter."""
BEGINNING = bytes(32)
"""What stands for the link before the first."""
LOCKS = 512
"""Streams share so many locks, so that a transaction over many encounters stays within the server's table of locks."""
LOCK_SPACE = 0x7A11

# The event as one text, the same on every reading: an array of JSON knows nothing from an empty text, and where one
# field ends. Times are in UTC with microseconds.
CANONICAL = """jsonb_build_array(
    e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.tag, e.actor_id, e.actor_name,
    e.encounter_id, e.object_repr, e.before, e.after, e.reason, e.request_id
)::text"""


# In one order, whoever asks: two that want the same streams wait for each other and never in a circle.
HOLD = f"""
    SELECT count(pg_advisory_xact_lock(%(space)s, wanted.number)::text) FROM (
        SELECT DISTINCT (coalesce(e.encounter_id, {SITE}) %% {LOCKS})::int AS number
        FROM encounters_auditevent e WHERE e.id = ANY(%(ids)s) ORDER BY 1
    ) AS wanted
"""  # noqa: S608 (constants)
# Each event with the last sequence and link of its stream, purged ones included.
READ = f"""
    WITH event AS (
        SELECT e.id, coalesce(e.encounter_id, {SITE}) AS stream, {CANONICAL} AS canonical
        FROM encounters_auditevent e WHERE e.id = ANY(%(ids)s)
    ), head AS (
        SELECT wanted.stream, last.sequence, last.link FROM (SELECT DISTINCT stream FROM event) AS wanted
        CROSS JOIN LATERAL (
            (SELECT sequence, link FROM encounters_auditseal s WHERE s.stream = wanted.stream
             ORDER BY sequence DESC LIMIT 1)
            UNION ALL
            (SELECT last_sequence, link FROM encounters_auditpurge p WHERE p.stream = wanted.stream
             ORDER BY last_sequence DESC LIMIT 1)
            ORDER BY sequence DESC LIMIT 1
        ) AS last
    )
    SELECT event.id, event.stream, event.canonical, head.sequence, head.link
    FROM event LEFT JOIN head USING (stream) ORDER BY event.id
"""  # noqa: S608 (constants)


def key() -> bytes:
    """The key that the trail is written with."""
    return str(settings.AUDIT_KEY).encode()


def keys() -> tuple[bytes, ...]:
    """Every key that it was ever written with, the oldest first, the one of now last."""
    return (*(str(one).encode() for one in reversed(settings.AUDIT_KEY_FALLBACKS)), key())


def content_of(secret: bytes, canonical: str) -> bytes:
    """What proves an event: nobody without the key can write or change one so that this fits."""
    return hmac.digest(secret, b"event\n" + canonical.encode(), "sha256")


def link_of(secret: bytes, stream: int, sequence: int, before: bytes, content: bytes) -> bytes:
    """What proves an event's place: behind the link `before`, as number `sequence` of its stream."""
    return hmac.digest(secret, b"link\n%d\n%d\n%b%b" % (stream, sequence, before, content), "sha256")


def proof_of(secret: bytes, subject: bytes, text: bytes) -> bytes:
    """The signature of a summary: a checkpoint, a purged range."""
    return hmac.digest(secret, b"%b\n%b" % (subject, text), "sha256")


def seal_at_commit(event_id: int) -> None:
    """The event is chained as the last thing of the transaction under way."""
    connection: Any = transaction.get_connection()
    connection.before_commit(seal, event_id)


def settle() -> None:
    """What the transaction under way has recorded takes its place now: it is no stranger to who reads on."""
    connection: Any = transaction.get_connection()
    connection.do_waiting()


def seal(connection: BaseDatabaseWrapper, event_ids: Sequence[int]) -> None:
    """The events stand at the end of their streams, in the order of their ids; each stream is held until the commit."""
    with connection.cursor() as cursor:
        # Two statements in one message: a statement sees what was committed before it began, so the second one sees
        # what whoever held the lock before has written.
        cursor.execute(f"{HOLD}; {READ}", {"space": LOCK_SPACE, "ids": list(event_ids)})
        cursor.nextset()
        found = cast("list[tuple[int, int, str, int | None, bytes | None]]", cursor.fetchall())
        events = [(event_id, stream, canonical) for event_id, stream, canonical, _, _ in found]
        heads = {stream: (number, bytes(link)) for _, stream, _, number, link in found if number and link is not None}
        rows = _places(events, heads)
        cursor.execute(
            "INSERT INTO encounters_auditseal (event_id, stream, sequence, content, link) "
            "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[], %s::bytea[])",
            [list(column) for column in zip(*rows, strict=True)] or [[]] * 5,
        )


def _places(
    events: Iterable[tuple[int, int, str]], heads: Mapping[int, tuple[int, bytes]]
) -> list[tuple[int, int, int, bytes, bytes]]:
    """Event, stream, sequence, content and link of each."""
    secret, ends = key(), dict(heads)
    rows = []
    for event_id, stream, canonical in events:
        sequence, before = ends.get(stream, (0, BEGINNING))
        content = content_of(secret, canonical)
        link = link_of(secret, stream, sequence + 1, before, content)
        ends[stream] = (sequence + 1, link)
        rows.append((event_id, stream, sequence + 1, content, link))
    return rows
