"""Gzip, xz and zip taken off within bounds, so that no bomb goes off here."""

import gzip
import io
import lzma
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO

from drugs.cms.errors import UnableToReadFile
from drugs.cms.streams import DAMAGE, LARGEST, Inner, Opened, Outer, megabytes

RATIO = 200
"""Bytes that one packed byte may become. Of real files, the crosswalks with 242 empty columns come to 20."""
SMALLEST_BOUND = 16 * 2**20
"""A small file may unfold to this much whatever the ratio."""
LARGEST_DIRECTORY = 2**20
"""Bytes of a zip's list of members, about 20,000 names."""
DEEPEST = 2
"""A gzip in a zip is a download; more than two wrappers are a trap."""

GZIP, XZ, ZIP = b"\x1f\x8b", b"\xfd7zXZ\x00", b"PK\x03\x04"
DIRECTORY_END, ZIP64 = b"PK\x05\x06", b"PK\x06\x06"
SIZE_OF_DIRECTORY = slice(12, 16)
"""Where the end of a zip says how long its list of members is."""


def unwrapped(outer: Outer) -> Iterator[Inner]:
    """Yield the files that are inside: itself, or what its wrappers hold, in their order."""
    bound = min(LARGEST, max(SMALLEST_BOUND, outer.size * RATIO))
    return _unwrapped(outer.inner, bound=bound, depth=0)


def is_workbook(inner: Inner) -> bool:
    """Whether it is an Excel workbook, which is a zip of another kind."""
    if not inner.head(len(ZIP)).startswith(ZIP):
        return False
    with archive_of(inner) as archive:
        return "[Content_Types].xml" in archive.namelist()


@contextmanager
def archive_of(inner: Inner) -> Iterator[zipfile.ZipFile]:
    """A zip to read members of; `UnableToReadFile` where it is damaged or lists too many."""
    streams = _archive(inner)
    try:
        yield streams[0]
    except DAMAGE as error:
        raise UnableToReadFile(inner.name, f"it was cut or is damaged ({error})") from error
    finally:
        for stream in streams:
            stream.close()


def check_unfolding(inner: Inner, archive: zipfile.ZipFile, *, bound: int) -> None:
    """`UnableToReadFile` where the members together say that they unfold to more than `bound` bytes.

    A member that gives more than it says is cut there by the standard library, and its checksum is wrong.
    """
    unfolded = sum(part.file_size for part in archive.infolist())
    if unfolded > bound:
        why = f"it unfolds to {megabytes(unfolded)}, more than {megabytes(bound)}, which no file of CMS or FDA does"
        raise UnableToReadFile(inner.name, why)


def _unwrapped(inner: Inner, *, bound: int, depth: int) -> Iterator[Inner]:
    head = inner.head(len(XZ))
    is_packed = head.startswith((GZIP, XZ)) or (head.startswith(ZIP) and not is_workbook(inner))
    if not is_packed:
        yield inner
        return
    if depth == DEEPEST:
        raise UnableToReadFile(inner.name, f"there are more than {DEEPEST} wrappers around each other")
    held = [_unpacked(inner, head, bound=bound)] if not head.startswith(ZIP) else _members(inner, bound=bound)
    for member in held:
        yield from _unwrapped(member, bound=bound, depth=depth + 1)


def _unpacked(inner: Inner, head: bytes, *, bound: int) -> Inner:
    def opened() -> Opened:
        packed = inner.open()
        is_gzip = head.startswith(GZIP)
        return (gzip.GzipFile(fileobj=packed) if is_gzip else lzma.LZMAFile(packed)), packed

    return Inner(inner.name.removesuffix(".gz").removesuffix(".xz"), opened, bound)


def _members(inner: Inner, *, bound: int) -> list[Inner]:
    with archive_of(inner) as archive:
        check_unfolding(inner, archive, bound=bound)
        names = [part.filename for part in archive.infolist() if not part.is_dir()]
    return [_member(inner, name, bound=bound) for name in names if "__MACOSX" not in name]


def _member(inner: Inner, name: str, *, bound: int) -> Inner:
    def opened() -> Opened:
        archive, *streams = _archive(inner)
        try:
            return archive.open(name), archive, *streams
        except BaseException:
            for stream in (archive, *streams):
                stream.close()
            raise

    return Inner(f"{inner.name}/{PurePosixPath(name).name}", opened, bound)


def _archive(inner: Inner) -> Opened:
    streams = inner.seekable()
    try:
        _check_directory(inner, streams[0])
        return zipfile.ZipFile(streams[0]), *streams
    except BaseException as error:
        for each in streams:
            each.close()
        if isinstance(error, DAMAGE):
            raise UnableToReadFile(inner.name, f"the zip was cut or is damaged ({error})") from error
        raise


def _check_directory(inner: Inner, stream: BinaryIO) -> None:
    stream.seek(max(0, stream.seek(0, io.SEEK_END) - LARGEST_DIRECTORY))
    tail = stream.read()
    end = tail.rfind(DIRECTORY_END)
    listed = int.from_bytes(tail[end:][SIZE_OF_DIRECTORY], "little")
    if end < 0 or ZIP64 in tail[max(0, end - 100) : end] or listed > LARGEST_DIRECTORY:
        raise UnableToReadFile(inner.name, "the zip was cut, or lists more than any of CMS or FDA")
