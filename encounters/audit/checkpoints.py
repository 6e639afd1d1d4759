"""Signed heads of the streams, written outside the database: they show what a cut tail leaves no trace of.

A checkpoint is a file of JSON that names the heads that moved since the one before, and that one's signature: none can
be taken out of the row unseen but the last, and that the trail itself names.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from encounters.audit import chain
from encounters.audit.recording import record
from encounters.audit.tags import Tag
from encounters.models import AuditSeal

SUBJECT = b"checkpoint"
_LOCK = 0


class UnableToTrustCheckpoints(Exception):
    """The files of the checkpoints are not what was written: one is changed, or missing."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last place of a stream and its link."""

    stream: int
    sequence: int
    link: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One file: the heads that moved since the checkpoint before, and how many events there were in all."""

    number: int
    at: str
    events: int
    heads: tuple[Head, ...]
    before: str
    proof: str


def folder() -> Path:
    """Where the files lie."""
    return Path(settings.CHECKPOINT_DIR)


def read_all() -> list[Checkpoint]:
    """Every checkpoint in order. Raises UnableToTrustCheckpoints."""
    secrets, before = chain.keys(), ""
    found = []
    for number, path in enumerate(sorted(folder().glob("checkpoint-*.json")), start=1):
        checkpoint = _read(path)
        if checkpoint.number != number or checkpoint.before != before:
            raise UnableToTrustCheckpoints(f"checkpoint {number} is missing: {path.name} does not follow")
        told = _told(checkpoint)
        # Behind one that was signed with a later key, none is taken that was signed with an earlier one.
        while secrets and not hmac.compare_digest(_signed(secrets[0], told), checkpoint.proof):
            secrets = secrets[1:]
        if not secrets:
            raise UnableToTrustCheckpoints(f"{path.name} was not signed with this key, or was changed")
        before = checkpoint.proof
        found.append(checkpoint)
    return found


def write(*, at: datetime) -> Checkpoint | None:
    """A checkpoint of the heads that moved since the last one; None where none has. Raises UnableToTrustCheckpoints.

    That it was written stands in the trail, with its signature.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One at a time, whoever else wants to write one.
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [chain.LOCK_SPACE + 1, _LOCK])
        earlier = read_all()
        known = {head.stream: head.sequence for each in earlier for head in each.heads}
        current = _heads()
        moved = tuple(head for head in current if known.get(head.stream) != head.sequence)
        if not moved or (earlier and _is_told_of_checkpoint(moved, known.get(chain.SITE, 0))):
            return None
        checkpoint = _made(earlier, moved, at=at, events=_events())
        _store(checkpoint)
        record(
            tag=Tag.CHECKPOINT_WRITTEN,
            at=at,
            object_repr=f"checkpoint {checkpoint.number}",
            after={"number": checkpoint.number, "heads": len(moved), "proof": checkpoint.proof},
        )
    return checkpoint


def _is_told_of_checkpoint(moved: Sequence[Head], known: int) -> bool:
    """Whether nothing is new but the event that tells of the last checkpoint, which is no reason for a next."""
    if [(head.stream, head.sequence) for head in moved] != [(chain.SITE, known + 1)]:
        return False
    newest = AuditSeal.objects.select_related("event").get(stream=chain.SITE, sequence=known + 1)
    return newest.event.tag == Tag.CHECKPOINT_WRITTEN


def _heads() -> list[Head]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (stream) stream, sequence, link FROM encounters_auditseal "
            "ORDER BY stream, sequence DESC"
        )
        return [Head(stream, sequence, bytes(link)) for stream, sequence, link in cursor.fetchall()]


def _events() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM encounters_auditseal")
        return int(cursor.fetchone()[0])


def _made(earlier: Sequence[Checkpoint], moved: tuple[Head, ...], *, at: datetime, events: int) -> Checkpoint:
    before = earlier[-1].proof if earlier else ""
    unsigned = Checkpoint(len(earlier) + 1, at.isoformat(), events, moved, before, "")
    proof = _signed(chain.key(), _told(unsigned))
    return Checkpoint(unsigned.number, unsigned.at, events, moved, before, proof)


def _told(checkpoint: Checkpoint) -> dict[str, object]:
    return {
        "number": checkpoint.number,
        "at": checkpoint.at,
        "events": checkpoint.events,
        "before": checkpoint.before,
        "heads": [[head.stream, head.sequence, head.link.hex()] for head in checkpoint.heads],
    }


def _signed(secret: bytes, told: Mapping[str, object]) -> str:
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return chain.proof_of(secret, SUBJECT, text.encode()).hex()


def _store(checkpoint: Checkpoint) -> None:
    """The file is there whole or not at all, and no earlier one is written over."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder() / f"checkpoint-{checkpoint.number:08}.json"
    text = json.dumps(_told(checkpoint) | {"proof": checkpoint.proof}, sort_keys=True)
    making = path.with_suffix(".making")
    making.write_text(text + "\n", encoding="utf-8")
    # A link does not replace what is there, as a renaming would.
    path.hardlink_to(making)
    making.unlink()


def _read(path: Path) -> Checkpoint:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        heads = tuple(Head(stream, sequence, bytes.fromhex(link)) for stream, sequence, link in said["heads"])
        return Checkpoint(said["number"], said["at"], said["events"], heads, said["before"], said["proof"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnableToTrustCheckpoints(f"{path.name} cannot be read: {error}") from error
