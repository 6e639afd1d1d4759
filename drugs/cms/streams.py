"""Bytes that are read within bounds, as often as needed, and closed with all that they were opened from."""

import hashlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from drugs.cms.errors import UnableToReadFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LARGEST = 256 * 2**20
"""Bytes of a file, packed or not. The largest that are published, the FDA's products, have 43 million."""
LARGEST_IN_MEMORY = 64 * 2**20
"""Bytes of a workbook or zip inside another wrapper, which can't be sought in where it lies."""
BLOCK = 2**16
DAMAGE = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError, RuntimeError, ValueError)
"""What the standard library raises for a packed file that is cut, damaged, encrypted or oddly packed."""

Opened = tuple[Any, ...]
"""The binary stream to read, and what it was opened from: they are closed together. Their types have no common base."""


def megabytes(count: int) -> str:
    """Return a number of bytes as a person reads it."""
    return f"{count / 2**20:.0f} MB"


class Bounded(io.RawIOBase):
    """A stream that gives no more than `bound` bytes and says damage in our words."""

    def __init__(self, streams: Opened, *, name: str, bound: int) -> None:
        super().__init__()
        self._streams, self._name, self._bound, self._given = streams, name, bound, 0

    def readable(self) -> bool:
        """It can be read, and nothing else."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer`; `UnableToReadFile` past the bound or where the packing is damaged."""
        view = memoryview(buffer)
        try:
            block = self._streams[0].read(len(view))
        except DAMAGE as error:
            where = f"{self._name}, after byte {self._given}"
            raise UnableToReadFile(where, f"it was cut or is damaged ({error or type(error).__name__})") from error
        self._given += len(block)
        if self._given > self._bound:
            raise UnableToReadFile(
                f"{self._name}, after byte {self._bound}",
                f"it unfolds to more than {megabytes(self._bound)}, which no file of CMS or FDA does",
            )
        view[: len(block)] = block
        return len(block)

    def close(self) -> None:
        """Close it and all that it was opened from."""
        if not self.closed:
            for stream in self._streams:
                stream.close()
        super().close()


@dataclass(frozen=True)
class Inner:
    """The bytes of one file, opened anew each time, and the most that they may come to."""

    name: str
    opened: Callable[[], Opened]
    bound: int

    def open(self) -> io.BufferedReader:
        """Return its bytes from the first on; the caller closes it."""
        try:
            streams = self.opened()
        except DAMAGE as error:
            raise UnableToReadFile(self.name, f"it cannot be opened ({error})") from error
        return io.BufferedReader(Bounded(streams, name=self.name, bound=self.bound), BLOCK)

    def head(self, size: int = BLOCK) -> bytes:
        """Return its first bytes."""
        with self.open() as stream:
            return stream.read(size)

    def seekable(self) -> Opened:
        """Return its bytes to be sought in: as they lie, or from memory where a wrapper is around them."""
        streams = self.opened()
        if len(streams) == 1:
            return streams
        for stream in streams:
            stream.close()
        with Inner(self.name, self.opened, min(self.bound, LARGEST_IN_MEMORY)).open() as bounded:
            return (io.BytesIO(bounded.read()),)


@dataclass(frozen=True)
class Outer:
    """What was handed over, before anything is taken off it."""

    inner: Inner
    size: int
    sha256: str


def outermost(source: Path | BinaryIO, *, name: str) -> Outer:
    """Return the bytes as they were handed over, with their checksum; `UnableToReadFile` for too many or none."""
    given = name or str(source if isinstance(source, Path) else getattr(source, "name", "") or "file")
    inner = Inner(PurePosixPath(given.replace("\\", "/")).name, _opener(source), LARGEST)
    digest, size = hashlib.sha256(), 0
    with inner.open() as stream:
        while block := stream.read(BLOCK):
            if not size and not any(block):
                raise UnableToReadFile(f"{inner.name}, byte 1", "it is made of zeros")
            size += len(block)
            digest.update(block)
    if not size:
        raise UnableToReadFile(inner.name, "it is empty")
    return Outer(inner, size, digest.hexdigest())


def _opener(source: Path | BinaryIO) -> Callable[[], Opened]:
    if isinstance(source, Path):
        return lambda: (source.open("rb"),)
    return lambda: (Borrowed(source),)


class Borrowed(io.RawIOBase):
    """A stream that was handed over: read and sought in, never closed."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream, self._at = stream, 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be sought in."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte, counted as files count."""
        if whence == io.SEEK_CUR:
            offset, whence = self._at + offset, io.SEEK_SET
        self._at = self._stream.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        """Where it stands."""
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer` from where this stream stands, wherever others have read meanwhile."""
        view = memoryview(buffer)
        self._stream.seek(self._at)
        block = self._stream.read(len(view))
        self._at += len(block)
        view[: len(block)] = block
        return len(block)
