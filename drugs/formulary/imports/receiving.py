"""Taking a file in, whole, before anything of it is read; and giving it up."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import PurePath
from tempfile import TemporaryFile
from typing import IO, BinaryIO

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from drugs.cms.files import FileKind, Quarter
from drugs.formulary.imports.permission import UnableToWorkOnImport, ask_permission, locked, record
from drugs.models import FormularyImport, ImportAct, ImportFileChunk, ImportState
from drugs.models.imports import OVER, WAITING_FOR_PEOPLE

CHUNK = 1024 * 1024
LARGEST = 64 * 1024 * 1024
"""Bytes; the largest of the publishers' files has a third of it."""
NOT_KEPT = {
    FileKind.NOC_PRICING: "The formulary keeps prices of codes, and a NOC pricing file has none.",
    FileKind.NDC_PRODUCT: "The formulary keeps packages. Send the FDA's package file.",
}
"""Kinds that can be read and have no place in the formulary."""


class UnableToReceive(UnableToWorkOnImport):
    """The file cannot be taken in; the message says why. Nothing of it is kept."""

    def __init__(self, message: str, *, known: FormularyImport | None = None) -> None:
        """Say why; `known` is the import that the same file has already."""
        super().__init__(message)
        self.known = known


@transaction.atomic
def receive_file(
    *, file: BinaryIO, file_name: str, kind: FileKind, quarter: Quarter, by: User, at: datetime
) -> FormularyImport:
    """Return the import of `file`, whose bytes are kept; whoever calls tells a worker on commit.

    Raises `UnableToReceive` for an empty or too large file, for one that is already on its way or published, and for
    a kind that the formulary keeps nothing of.
    """
    ask_permission(by)
    if kind in NOT_KEPT:
        raise UnableToReceive(NOT_KEPT[kind])
    sha256, size = _measured(file)
    if known := FormularyImport.objects.filter(sha256=sha256).exclude(state__in=OVER).first():
        msg = f"This file was sent before: {known}, {known.get_state_display().lower()}, import {known.pk}."
        raise UnableToReceive(msg, known=known)
    formulary_import = FormularyImport(
        kind=kind,
        effective_from=quarter.since,
        effective_until=quarter.until,
        file_name=PurePath(file_name.replace("\\", "/")).name[:255] or "file",
        sha256=sha256,
        size=size,
        requested_by=by,
        requested_by_name=by.get_username(),
        requested_at=at,
        state_at=at,
    )
    try:
        with transaction.atomic():
            formulary_import.save(force_insert=True)
    except IntegrityError as error:
        msg = "This file is being sent by somebody else at the same moment."
        raise UnableToReceive(msg) from error
    file.seek(0)
    for number, content in enumerate(iter(lambda: file.read(CHUNK), b"")):
        ImportFileChunk.objects.create(formulary_import=formulary_import, number=number, content=content)
    record(formulary_import=formulary_import, verb=ImportAct.Verb.RECEIVED, by=by, at=at)
    return formulary_import


@transaction.atomic
def abandon(*, formulary_import: FormularyImport, by: User, at: datetime, reason: str) -> FormularyImport:
    """Give an import up that is not published; what was found and decided stays readable."""
    ask_permission(by)
    if FormularyImport.objects.filter(pk=formulary_import.pk, state=ImportState.READING).exists():
        msg = "It is being read; it can be given up once that is done."
        raise UnableToWorkOnImport(msg)
    current = locked(formulary_import)
    if current.state not in (ImportState.RECEIVED, *WAITING_FOR_PEOPLE):
        msg = f"{current} is {current.get_state_display().lower()}."
        raise UnableToWorkOnImport(msg)
    if not reason.strip():
        msg = "Say why it is given up."
        raise UnableToWorkOnImport(msg)
    record(formulary_import=current, verb=ImportAct.Verb.ABANDONED, by=by, at=at, reason=reason)
    current.state, current.state_at = ImportState.ABANDONED, at
    current.save(update_fields=["state", "state_at"])
    return current


@contextmanager
def kept_file(formulary_import: FormularyImport) -> Iterator[IO[bytes]]:
    """The bytes as they were sent, in a temporary file, one chunk in memory at a time."""
    with TemporaryFile() as file:
        chunks = ImportFileChunk.objects.filter(formulary_import=formulary_import).order_by("number")
        for number in chunks.values_list("number", flat=True):
            file.write(chunks.get(number=number).content)
        file.seek(0)
        yield file


def _measured(file: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while block := file.read(CHUNK):
        digest.update(block)
        size += len(block)
        if size > LARGEST:
            msg = f"The file has more than {LARGEST // CHUNK} MB, which none of the publishers' files has."
            raise UnableToReceive(msg)
    if not size:
        msg = "The file is empty."
        raise UnableToReceive(msg)
    return digest.hexdigest(), size
