"""Opening a file: what it is, for when, and its rows, read as they are asked for."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from drugs.cms.errors import UnableToReadFile
from drugs.cms.kinds import FileKind
from drugs.cms.quarters import Quarter
from drugs.cms.rows import Problem, Row

__all__ = ["CmsFile", "FileKind", "Problem", "Quarter", "Row", "UnableToReadFile", "open_file"]


@dataclass
class CmsFile:
    """A file whose kind is known, and whose rows can be read once.

    `rows` raises `UnableToReadFile` as late as the fault stands in the file, so nothing may be kept until it is read
    to its end. `problems` and `dropped` fill while it is read.
    """

    name: str
    kind: FileKind
    sha256: str
    """Of the bytes as they were handed over, wrappers included."""
    title: str
    """What the file says of itself above its columns, empty where it says nothing."""
    quarter: Quarter | None
    """The quarter it is for, by its title, by its name where it has none; None where neither says."""
    rows: Iterator[Row]
    problems: list[Problem] = field(default_factory=list)
    """Places that could not be taken; the rows with them are not among `rows`, or have None there."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Rows left out on purpose, counted by reason (`CPT code`, `footer`, ...)."""
    read: int = 0
    """Lines read so far, for progress."""


def open_file(
    source: Path | BinaryIO, *, name: str = "", kind: FileKind | None = None, quarter: Quarter | None = None
) -> CmsFile:
    """Return what `source` is and its rows; a `.gz`, `.xz` or `.zip` around it is taken off.

    `name` is the name that the publisher or the person gave it (of a path, its own). A seekable binary file does as
    well as a path and is not closed. With `kind` or `quarter` a file that is another one is refused.
    `UnableToReadFile` for whatever is not one of the kinds, here or while the rows are read.
    """
    raise UnableToReadFile("", "no format is known yet")
