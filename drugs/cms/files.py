"""Opening a file: what it is, for when, and its rows, read as they are asked for."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from drugs.cms import addendum, asp, hcpcs, ndc, periods
from drugs.cms.cells import text_of
from drugs.cms.errors import UnableToReadFile
from drugs.cms.kinds import FileKind
from drugs.cms.log import Log
from drugs.cms.quarters import Quarter
from drugs.cms.recognition import Recognised, below, recognise
from drugs.cms.records import Record
from drugs.cms.rows import Problem, Row
from drugs.cms.streams import Inner, outermost
from drugs.cms.wrappers import is_workbook, unwrapped

__all__ = ["CmsFile", "FileKind", "Problem", "Quarter", "Row", "UnableToReadFile", "open_file"]

LAST_LETTER = {
    FileKind.HCPCS: "V",
    FileKind.ASP_PRICING: "Q",
    FileKind.ASP_CROSSWALK: "Q",
    FileKind.ADDENDUM_B: "V",
}
"""Every such file goes on to codes with this letter; one that does not was cut between two rows."""
LAST_LABELER = "9"
"""The same of FDA's files, by the first digit of the labeler."""
TITLE_LENGTH = 300
READERS: Mapping[FileKind, Callable[..., Iterator[Row]]] = {
    FileKind.ASP_PRICING: asp.prices,
    FileKind.ASP_CROSSWALK: asp.crosswalk,
    FileKind.NOC_PRICING: asp.noc_prices,
    FileKind.NOC_CROSSWALK: asp.noc_crosswalk,
    FileKind.ADDENDUM_B: addendum.statuses,
    FileKind.NDC_PRODUCT: ndc.products,
    FileKind.NDC_PACKAGE: ndc.packages,
}
_MONTH_OF_ROW = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass
class CmsFile:
    """A file whose kind is known, and whose rows can be read once.

    `rows` raises `UnableToReadFile` as late as the fault stands in the file, so nothing may be kept until it is read
    to its end. `problems` and `dropped` fill while it is read.
    """

    name: str
    """The file's, and after a stroke that of the member it is in a zip."""
    kind: FileKind
    sha256: str
    """Of the bytes as they were handed over, wrappers included."""
    title: str
    """What the file says of itself above its columns, empty where it says nothing."""
    quarter: Quarter | None
    """The quarter it is for, by its title, by its name where it has none; None where neither says."""
    rows: Iterator[Row]
    log: Log

    @property
    def problems(self) -> list[Problem]:
        """Places that could not be taken: the rows with them are not among `rows`, or have None there."""
        return self.log.problems

    @property
    def dropped(self) -> Counter[str]:
        """Rows left out on purpose, counted by reason: CPT code, CDT code, CPT modifier, note, repeated row."""
        return self.log.dropped

    @property
    def read(self) -> int:
        """The line, or a sheet's row, that the reading has come to, for progress."""
        return self.log.read


def open_file(
    source: Path | BinaryIO,
    *,
    name: str = "",
    kind: FileKind | None = None,
    quarter: Quarter | None = None,
    is_excerpt: bool = False,
) -> CmsFile:
    """Return what `source` is and its rows; a `.gz`, `.xz` or `.zip` around it is taken off.

    `name` is the name that the publisher or the person gave it (of a path, its own). A seekable binary file does as
    well as a path and is not closed. With `kind` or `quarter` a file that is another one is refused. Of an
    excerpt it is not asked that it begins and ends where such a file does.
    `UnableToReadFile` for whatever is not one of the kinds, here or while the rows are read.
    """
    outer = outermost(source, name=name)
    recognised, inner = _only(list(unwrapped(outer)), kind=kind, name=outer.inner.name)
    if kind and recognised.kind != kind:
        why = f"it is a file of {recognised.kind.label}, and one of {kind.label} was expected"
        raise UnableToReadFile(inner.name, why)
    log = Log(recognised.grid.name, recognised.grid.where)
    return CmsFile(
        name=inner.name,
        kind=recognised.kind,
        sha256=outer.sha256,
        title=" ".join(filter(None, recognised.above))[:TITLE_LENGTH],
        quarter=_quarter(recognised, name=f"{outer.inner.name} {inner.name}", declared=quarter),
        rows=_whole(recognised, log=log, is_excerpt=is_excerpt),
        log=log,
    )


def _only(inners: list[Inner], *, kind: FileKind | None, name: str) -> tuple[Recognised, Inner]:
    """Return the one file that can be read. Of a zip with one table twice the text is taken before the workbook."""
    known: list[tuple[Recognised, Inner]] = []
    refusals: list[UnableToReadFile] = []
    for inner in inners:
        try:
            known.append((recognise(inner), inner))
        except UnableToReadFile as error:
            refusals.append(error)
    wanted = [pair for pair in known if kind in {None, pair[0].kind}] or known
    if len({recognised.kind for recognised, _ in wanted}) > 1:
        said = ", ".join(sorted({recognised.kind.label for recognised, _ in wanted}))
        raise UnableToReadFile(name, f"it holds several files ({said}): say which is meant")
    if not wanted:
        raise (
            refusals[0]
            if len(refusals) == 1
            else UnableToReadFile(name, "; ".join(map(str, refusals[:3])) or "there is no file in it")
        )
    texts = [pair for pair in wanted if not is_workbook(pair[1])] or wanted
    if len(texts) > 1:
        said = ", ".join(inner.name.rpartition("/")[2] for _, inner in texts)
        raise UnableToReadFile(name, f"it holds {len(texts)} files of one kind ({said}): hand over one of them")
    return texts[0]


def _quarter(recognised: Recognised, *, name: str, declared: Quarter | None) -> Quarter | None:
    """Return the file's quarter; `UnableToReadFile` where title, name and what was declared do not agree."""
    where = f"{recognised.grid.name}, above the columns"
    by_name = periods.by_name(name)
    said = periods.by_title(recognised.above, where=where) or _quarter_of_rows(recognised)
    if said and by_name and said != by_name:
        raise UnableToReadFile(where, f"the file is for {said}, and its name says {by_name}")
    quarter = said or by_name
    if declared and quarter and quarter != declared:
        raise UnableToReadFile(where, f"the file is for {quarter}, and {declared} was expected")
    return quarter or declared


def _quarter_of_rows(recognised: Recognised) -> Quarter | None:
    """Return the quarter that the first row's source column names, as converted files have it."""
    if "source" not in recognised.places:
        return None
    for _, cells in itertools.islice(below(recognised), 1):
        found = _MONTH_OF_ROW.fullmatch(text_of(cells[recognised.places["source"]]))
        return Quarter(int(found[1]), (int(found[2]) + 2) // 3) if found else None
    return None


def _whole(recognised: Recognised, *, log: Log, is_excerpt: bool) -> Iterator[Row]:
    """Yield the rows, and `UnableToReadFile` after the last where the file cannot have ended there."""
    furthest, count = "", 0
    for row in _rows(recognised, log=log, is_excerpt=is_excerpt):
        count += 1
        furthest = max(furthest, _sorted_by(row))
        yield row
    if not count and not log.dropped:
        raise UnableToReadFile(log.name, "there is no row below its columns")
    is_fda = recognised.kind in {FileKind.NDC_PRODUCT, FileKind.NDC_PACKAGE}
    end = LAST_LABELER if is_fda else LAST_LETTER.get(recognised.kind, "")
    if furthest[: len(end)] < end and not is_excerpt:
        why = f"the last code is {furthest or 'missing'}, and such a file goes on to those with {end}: it was cut"
        raise log.refusal(log.read, "", why)


def _rows(recognised: Recognised, *, log: Log, is_excerpt: bool) -> Iterator[Row]:
    if recognised.fixed:
        return hcpcs.fixed_width(_counted_lines(recognised, log=log), log=log, is_excerpt=is_excerpt)
    if recognised.is_resliced:
        rows = ((line, cells) for line, cells in below(recognised) if _counted(line, log=log))
        return hcpcs.resliced(rows, log=log, is_excerpt=is_excerpt)
    records = _records(recognised, log=log)
    if recognised.kind == FileKind.HCPCS:
        return hcpcs.table(records, log=log, is_excerpt=is_excerpt)
    return READERS[recognised.kind](records, log=log)


def _counted_lines(recognised: Recognised, *, log: Log) -> Iterator[tuple[int, str]]:
    assert recognised.fixed  # noqa: S101 - asked by the caller
    for line, text in enumerate(recognised.fixed.lines(), start=1):
        log.read = line
        yield line, text
    if not recognised.fixed.is_ended:
        raise log.refusal(log.read, "", "the last line has no end: the file was cut")


def _records(recognised: Recognised, *, log: Log) -> Iterator[Record]:
    for line, cells in below(recognised):
        log.read = line
        yield Record(line, cells, kind=recognised.kind, places=recognised.places, log=log)


def _counted(line: int, *, log: Log) -> bool:
    log.read = line
    return True


def _sorted_by(row: Row) -> str:
    """Return what the rows of a file are sorted by, of which the greatest is its end; nothing of a modifier."""
    code = getattr(row, "code", "") or getattr(row, "product_ndc", "")
    return "" if getattr(row, "is_modifier", False) else str(code)
