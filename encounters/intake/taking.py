"""Taking in: encounters of a file or message become charts, each whole or not at all."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePath
from typing import BinaryIO

from django.contrib.auth.models import User
from django.db import transaction

from encounters import audit
from encounters.intake.chunk import Outcome, Taking
from encounters.intake.files import (
    FileFormat,
    UnableToReadFile,
    digest,
    inspect,
)
from encounters.intake.json_files import read_json
from encounters.intake.permission import require_permission
from encounters.intake.records import (
    Directory,
    KnownLocation,
    ReadEncounter,
    RefusedRecord,
)
from encounters.intake.tables import read_table
from encounters.models import (
    IntakeBatch,
    Location,
    Payer,
)

# So many encounters are stored in one transaction: few enough for short locks, enough to write rows in bulk.
CHUNK = 200

Progress = Callable[[IntakeBatch, Mapping[int, Outcome]], None]
"""Called after each commit with the batch so far and what became of the encounters just stored, by primary key."""


class UnableToTakeIn(Exception):
    """What was asked for cannot be taken in at all, such as a source without a name."""


def directory() -> Directory:
    """The locations and payers that records may name today."""
    return Directory(
        locations={
            each.code: KnownLocation(each.code, each.setting, each.place_of_service, each.time_zone)
            for each in Location.objects.all()
        },
        payers=frozenset(Payer.objects.values_list("code", flat=True)),
    )


def take_in_file(
    *,
    file: BinaryIO,
    file_name: str,
    source: str,
    actor: User | None,
    at: datetime,
    named_format: FileFormat | None = None,
    progress: Progress | None = None,
) -> IntakeBatch:
    """Take in a CSV, JSON or XLSX file; what cannot be read of it is among the refusals of the batch returned.

    `actor` None is the operator at the machine. Raises PermissionDenied, and UnableToTakeIn without a source.
    """
    require_permission(actor)
    name = PurePath(file_name.replace("\0", "")).name[-200:]
    try:
        facts = inspect(file, named_format=named_format)
    except UnableToReadFile as error:
        batch = open_batch(source=source, file_name=name, sha256=digest(file), actor=actor, at=at)
        return take_in(records=_nothing_but(error), batch=batch, actor=actor, at=at)
    batch = open_batch(source=source, file_name=name, sha256=facts.sha256, actor=actor, at=at)
    reader = read_json if facts.format == FileFormat.JSON else read_table
    records = reader(file, facts, directory=directory())
    return take_in(records=records, batch=batch, actor=actor, at=at, progress=progress)


def open_batch(*, source: str, file_name: str, sha256: str, actor: User | None, at: datetime) -> IntakeBatch:
    """A batch that has not begun. Raises UnableToTakeIn for a source without a usable name."""
    source = source.strip()
    if not 1 <= len(source) <= 60 or not source.isprintable():  # noqa: PLR2004  # the width of the column
        msg = "Name the sending system in 1 to 60 printable characters: it tells its encounters from those of others."
        raise UnableToTakeIn(msg)
    return IntakeBatch.objects.create(source=source, file_name=file_name, sha256=sha256, received_at=at, actor=actor)


def take_in(
    *,
    records: Iterable[ReadEncounter],
    batch: IntakeBatch,
    actor: User | None,
    at: datetime,
    progress: Progress | None = None,
) -> IntakeBatch:
    """Store what was read, encounter by encounter; each is whole or not there, also when this is killed on the way.

    Taking in the same again changes nothing. New encounters wait to be coded (`coding_state`), changed ones again.
    """
    require_permission(actor)
    is_replay = (
        IntakeBatch.objects.filter(source=batch.source, sha256=batch.sha256, finished_at__isnull=False)
        .exclude(pk=batch.pk)
        .exists()
    )
    for chunk in _chunks(_until_unreadable(records)):
        with transaction.atomic():
            taking = Taking(batch, actor, at, is_replay=is_replay)
            taking.take(chunk)
            batch.save()
        if progress:
            progress(batch, taking.outcomes)
    batch.finished_at = at
    with transaction.atomic():
        batch.save(update_fields=["finished_at"])
        audit.record(
            tag=audit.Tag.BATCH_TAKEN_IN,
            at=at,
            actor=actor,
            actor_name="" if actor else batch.source,
            object_repr=str(batch)[:200],
            after={
                "encounters_new": batch.encounters_new,
                "encounters_changed": batch.encounters_changed,
                "encounters_unchanged": batch.encounters_unchanged,
                "refused": batch.refused,
                "sha256": batch.sha256,
            },
        )
    return batch


def _nothing_but(error: UnableToReadFile) -> Iterator[ReadEncounter]:
    yield ReadEncounter(None, (RefusedRecord(str(error), error.line, error.column),), 0)


def _until_unreadable(records: Iterable[ReadEncounter]) -> Iterator[ReadEncounter]:
    """The records up to the place where the file cannot be read further; that place is a refusal of its own."""
    try:
        yield from records
    except UnableToReadFile as error:
        yield from _nothing_but(error)


def _chunks(records: Iterable[ReadEncounter]) -> Iterator[list[ReadEncounter]]:
    """Chunks in which no encounter stands twice, so that a second sending meets the first one stored."""
    chunk: list[ReadEncounter] = []
    ids: set[str] = set()
    for read in records:
        encounter_id = read.encounter.external_id if read.encounter else None
        if len(chunk) >= CHUNK or encounter_id in ids:
            yield chunk
            chunk, ids = [], set()
        chunk.append(read)
        if encounter_id is not None:
            ids.add(encounter_id)
    if chunk:
        yield chunk
