"""Rows of cells with the lines they begin on, out of comma- or tab-separated text or a workbook."""

import csv
import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import openpyxl

from drugs.cms.errors import UnableToReadFile
from drugs.cms.streams import LARGEST_IN_MEMORY, Inner
from drugs.cms.texts import Text
from drugs.cms.wrappers import archive_of, check_unfolding

MOST_COLUMNS = 1000
"""Real crosswalks have up to 252, 242 of them nameless and empty."""
MOST_ROWS = 1_048_576
"""Of a workbook's sheet, by its format."""
ROWS_AT_A_TIME = 500


class _AsFdaWrites(csv.excel_tab):
    """Separated by tabs, with quotation marks that mean nothing."""

    quoting = csv.QUOTE_NONE


Cells = Sequence[str]
Numbered = tuple[int, Cells]


@dataclass(frozen=True)
class Grid:
    """A table that can be read from its first row as often as needed."""

    name: str
    where: str
    """What a row's number counts: `line` or `row`."""
    rows: Callable[[], Iterator[Numbered]]
    is_ended: bool


def of_text(text: Text, *, delimiter: str) -> Grid:
    """Return the rows of delimited text; a tab-separated file has no quoting, as FDA writes it."""

    def rows() -> Iterator[Numbered]:
        reader = csv.reader(text.lines(), "excel" if delimiter == "," else _AsFdaWrites)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise UnableToReadFile(f"{text.inner.name}, line {line}", f"the row does not end ({error})") from error
            if len(cells) > MOST_COLUMNS:
                raise UnableToReadFile(f"{text.inner.name}, line {line}", f"the row has {len(cells)} columns")
            yield line, cells

    return Grid(text.inner.name, "line", rows, text.is_ended)


def of_workbook(inner: Inner) -> Iterator[Grid]:
    """Yield the sheets of a workbook; `UnableToReadFile` where it is damaged or unfolds to too much."""
    with archive_of(inner) as archive:
        check_unfolding(inner, archive, bound=min(inner.bound, LARGEST_IN_MEMORY))
    for number, title in enumerate(_titles(inner)):
        yield Grid(f"{inner.name}, sheet {title}", "row", _sheet(inner, number), is_ended=True)


def _titles(inner: Inner) -> list[str]:
    with _workbook(inner) as book:
        return [sheet.title for sheet in book.worksheets]


def _sheet(inner: Inner, number: int) -> Callable[[], Iterator[Numbered]]:
    def rows() -> Iterator[Numbered]:
        with _workbook(inner) as book:
            sheet = book.worksheets[number]
            # What a sheet says of its size is not believed.
            sheet.reset_dimensions()
            values = sheet.iter_rows(values_only=True)
            for first in itertools.count(1, ROWS_AT_A_TIME):
                with _spoken_plainly(inner.name, f"after row {first - 1}"):
                    block = list(itertools.islice(values, ROWS_AT_A_TIME))
                if not block:
                    return
                for row, cells in enumerate(block, start=first):
                    if row > MOST_ROWS or len(cells) > MOST_COLUMNS:
                        why = f"the sheet goes on to row {row}, column {len(cells)}: no file of CMS does"
                        raise UnableToReadFile(f"{inner.name}, row {row}", why)
                    yield row, [_text(cell) for cell in cells]

    return rows


class _workbook:  # noqa: N801 - a context, used as a function
    """An open workbook, closed with the stream under it."""

    def __init__(self, inner: Inner) -> None:
        self._inner = inner

    def __enter__(self) -> openpyxl.Workbook:
        self._streams = self._inner.seekable()
        try:
            with _spoken_plainly(self._inner.name, "at its start"):
                self._book = openpyxl.load_workbook(self._streams[0], read_only=True, keep_links=False)
        except UnableToReadFile:
            self._close()
            raise
        return self._book

    def __exit__(self, *args: object) -> None:
        self._book.close()
        self._close()

    def _close(self) -> None:
        for stream in self._streams:
            stream.close()


class _spoken_plainly:  # noqa: N801 - a context, used as a function
    """What openpyxl raises over a damaged workbook becomes `UnableToReadFile`; its warnings are of print headers."""

    def __init__(self, name: str, where: str) -> None:
        self._name, self._where, self._warnings = name, where, warnings.catch_warnings()

    def __enter__(self) -> None:
        self._warnings.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._warnings.__exit__(None, None, None)
        if isinstance(error, Exception) and not isinstance(error, UnableToReadFile):
            why = f"the workbook is damaged ({error!r:.120})"
            raise UnableToReadFile(f"{self._name}, {self._where}", why) from error


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)):f}"
    if isinstance(cell, (datetime, date)):
        return f"{cell:%Y%m%d}"
    return str(cell)
