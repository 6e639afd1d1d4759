"""The trail is read and every event and every place proven; what was tampered with is found and located."""

import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from encounters.audit import chain, checkpoints
from encounters.audit.findings import Kind, Tampering, Verification
from encounters.audit.following import Follower
from encounters.audit.recording import record
from encounters.audit.tags import Tag
from encounters.models import AuditEvent, AuditPurge

MOST_FINDINGS = 200
"""Beyond these nothing is learnt from further places: the key is another one, or everything was rewritten."""
FINDINGS_RECORDED = 20
PURGE = b"purge"

_PLACES = (
    "SELECT s.stream, s.sequence, s.event_id, s.content, s.link, "  # noqa: S608 (constants)
    f"CASE WHEN e.id IS NOT NULL THEN {chain.CANONICAL} END "
    "FROM encounters_auditseal s LEFT JOIN encounters_auditevent e ON e.id = s.event_id {} "
    "ORDER BY s.stream, s.sequence"
)
Row = tuple[int, int, int, bytes, bytes, str | None]
Anchors = Mapping[int, tuple[int, bytes]]


@transaction.atomic
def verify() -> Verification:
    """The whole trail, read in one pass and never held in memory, against every checkpoint."""
    chain.settle()
    secrets = chain.keys()
    anchors, findings = _anchors(secrets)
    promised, files, wrong = _promised()
    findings += wrong
    events, streams = 0, 0
    with connection.cursor() as cursor:
        # The order comes from a sort of everything: not in bits, on disk.
        cursor.execute("SET LOCAL work_mem = '128MB'")
    follower: Follower | None = None
    stream = last_seen = -1
    due: list[checkpoints.Head] = []
    for row_stream, sequence, event_id, content, link, canonical in _rows():
        if row_stream != stream:
            if follower is not None:
                findings += _closed(follower, stream, due, last_seen)
            stream = row_stream
            streams += 1
            after, before = anchors.get(stream, (0, chain.BEGINNING))
            follower = Follower(secrets, stream, after=after, link=before)
            due = [head for head in promised.pop(stream, ()) if head.sequence > after]
            last_seen = after
        assert follower is not None  # noqa: S101 (made with the first row of a stream)
        follower.feed(sequence, event_id, content, link, canonical)
        events += 1
        if due and link == due[0].link:
            last_seen = due.pop(0).sequence
        if len(findings) + len(follower.findings) >= MOST_FINDINGS:
            break
    if follower is not None:
        findings += _closed(follower, stream, due, last_seen)
    if len(findings) < MOST_FINDINGS:
        findings += _lost(promised, anchors)
        findings += _unchained()
    return Verification(events=events, streams=streams, checkpoints=files, findings=tuple(findings))


def verify_and_record(*, at: datetime) -> Verification:
    """The whole trail, and that it was verified stands in it."""
    found = verify()
    record(
        tag=Tag.TRAIL_VERIFIED,
        at=at,
        after={
            "events": found.events,
            "streams": found.streams,
            "checkpoints": found.checkpoints,
            "findings": [str(each) for each in found.findings[:FINDINGS_RECORDED]],
        },
    )
    return found


@transaction.atomic
def verify_stream(*, stream: int) -> Verification:
    """One stream, as `verify` does it, but without the checkpoints."""
    chain.settle()
    secrets = chain.keys()
    anchors, findings = _anchors(secrets, stream=stream)
    after, before = anchors.get(stream, (0, chain.BEGINNING))
    follower = Follower(secrets, stream, after=after, link=before)
    with connection.cursor() as cursor:
        cursor.execute(_PLACES.format("WHERE s.stream = %s"), [stream])
        rows = cursor.fetchall()
    for _, sequence, event_id, content, link, canonical in rows:
        follower.feed(sequence, event_id, bytes(content), bytes(link), canonical)
    follower.finish()
    findings += follower.findings + _unchained(stream=stream)
    return Verification(events=len(rows), streams=1, checkpoints=0, findings=tuple(findings))


def _rows() -> Iterator[Row]:
    """Every place in order, streamed from the server."""
    raw: Any = connection.connection.cursor()
    with raw, raw.copy(f"COPY ({_PLACES.format('')}) TO STDOUT (FORMAT BINARY)") as copy:
        copy.set_types(["int8", "int8", "int8", "bytea", "bytea", "text"])
        yield from copy.rows()


def _closed(follower: Follower, stream: int, due: list[checkpoints.Head], seen: int) -> list[Tampering]:
    """What is wrong with a stream that has been read to its end; `due` are checkpointed places that were not met."""
    follower.finish()
    if due and not follower.findings:
        last = due[-1].sequence
        words = (
            "checkpointed, and no longer there"
            if follower.last < last
            else "other events than the checkpoint says: cut off, and written on"
        )
        first = follower.last + 1 if follower.last < last else seen + 1
        cut = Tampering(kind=Kind.CUT, stream=stream, first=first, last=last, words=words)
        return [*follower.findings, cut]
    if due and follower.last + follower.moved < due[-1].sequence:
        first, last = follower.last + follower.moved + 1, due[-1].sequence
        words = "checkpointed, and no longer there"
        return [*follower.findings, Tampering(kind=Kind.CUT, stream=stream, first=first, last=last, words=words)]
    return follower.findings


def _promised() -> tuple[dict[int, list[checkpoints.Head]], int, list[Tampering]]:
    """The heads of every checkpoint by stream, how many checkpoints there are, and what is wrong with them."""
    heads: dict[int, list[checkpoints.Head]] = defaultdict(list)
    try:
        files = checkpoints.read_all()
    except checkpoints.UnableToTrustCheckpoints as error:
        return {}, 0, [Tampering(kind=Kind.UNPROVEN, stream=chain.SITE, words=str(error))]
    for each in files:
        for head in each.heads:
            heads[head.stream].append(head)
    told = AuditEvent.objects.filter(tag="audit:checkpoint:written").order_by("-pk").values_list("after", flat=True)
    newest = told.first()
    findings = []
    if newest and newest["number"] > len(files):
        words = f"checkpoint {newest['number']} was written, and its file is not there"
        findings.append(Tampering(kind=Kind.UNPROVEN, stream=chain.SITE, words=words))
    return dict(heads), len(files), findings


def _lost(promised: Mapping[int, list[checkpoints.Head]], anchors: Anchors) -> Iterable[Tampering]:
    """Streams of which nothing is left."""
    for stream, heads in sorted(promised.items()):
        after, _ = anchors.get(stream, (0, b""))
        last = heads[-1].sequence
        if last > after:
            words = "checkpointed, and nothing of the stream is left"
            yield Tampering(kind=Kind.CUT, stream=stream, first=after + 1, last=last, words=words)


def _unchained(stream: int | None = None) -> list[Tampering]:
    """Events that have no place: written past the application."""
    found = AuditEvent.objects.filter(seal__isnull=True).order_by("pk")
    if stream is not None:
        found = found.filter(encounter__isnull=True) if stream == chain.SITE else found.filter(encounter_id=stream)
    return [
        Tampering(
            kind=Kind.INSERTED,
            stream=encounter_id or chain.SITE,
            event_id=pk,
            words="it stands outside the chain",
        )
        for pk, encounter_id in found.values_list("pk", "encounter_id")[:MOST_FINDINGS]
    ]


def _anchors(
    secrets: Sequence[bytes], stream: int | None = None
) -> tuple[dict[int, tuple[int, bytes]], list[Tampering]]:
    """Where each purged stream goes on: last purged place and its link; and the summaries that prove nothing."""
    rows = AuditPurge.objects.order_by("stream", "last_sequence")
    if stream is not None:
        rows = rows.filter(stream=stream)
    anchors: dict[int, tuple[int, bytes]] = {}
    findings = []
    for row in rows.iterator():
        known, _ = anchors.get(row.stream, (0, b""))
        if row.first_sequence == known + 1 and any(
            hmac.compare_digest(proof_of(secret, row), bytes(row.proof)) for secret in secrets
        ):
            anchors[row.stream] = (row.last_sequence, bytes(row.link))
            continue
        words = "the summary of a purge is not what was signed"
        findings.append(
            Tampering(
                kind=Kind.UNPROVEN,
                stream=row.stream,
                first=row.first_sequence,
                last=row.last_sequence,
                words=words,
            )
        )
    return anchors, findings


def proof_of(secret: bytes, purge: AuditPurge) -> bytes:
    """The signature that the summary of a purge must have."""
    told = f"{purge.stream}\n{purge.first_sequence}\n{purge.last_sequence}\n{purge.event_id}\n".encode()
    return chain.proof_of(secret, PURGE, told + bytes(purge.link))
