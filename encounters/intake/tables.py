"""Tables: CSV in the dialects that exports come in, and XLSX. One row an administration, its encounter beside it."""

import csv
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import BinaryIO

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from encounters.intake import columns
from encounters.intake.assembly import Row, encounter_of_rows
from encounters.intake.fields import nearest
from encounters.intake.files import FileFacts, FileFormat, UnableToReadFile, record_json, text_of
from encounters.intake.records import Directory, ReadEncounter, RefusedRecord

_DELIMITERS = (",", ";", "\t", "|")
# A cell beyond this is an unclosed quotation mark, not a value.
_LONGEST_CELL = 100_000
# What openpyxl lets through of a damaged or encrypted archive and of its XML; a ParseError is a SyntaxError.
_BROKEN_WORKBOOK = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as read, or what kept it from being read."""

    line: int
    cells: list[str]
    problem: str = ""


def read_table(file: BinaryIO, facts: FileFacts, *, directory: Directory) -> Iterator[ReadEncounter]:
    """The encounters of a table in the order in which they are complete.

    The file is read twice: once to count the rows of each encounter, so that an encounter is handed on when its last
    row has been read, wherever in the file its rows stand. Only encounters that are still open are held in memory.
    Raises UnableToReadFile for a header that cannot be used.
    """
    with _rows(file, facts) as rows:
        header = _header(next(rows, None))
        place = {name: header.index(name) for name in header if name}
        key = place["encounter_id"]
        left = Counter(row.cells[key].strip() for row in rows if _is_whole(row, header))
    with _rows(file, facts) as rows:
        next(rows)
        open_rows: dict[str, list[Row]] = {}
        for row in rows:
            if reason := row.problem or _wrong_length(row, header):
                yield ReadEncounter(None, (_refused_row(row, reason),), records=1)
                continue
            encounter_id = row.cells[key].strip()
            if not encounter_id:
                yield ReadEncounter(None, (_refused_row(row, "encounter_id is missing.", "encounter_id"),), records=1)
                continue
            cells = {name: row.cells[index] for name, index in place.items() if row.cells[index]}
            open_rows.setdefault(encounter_id, []).append(Row(row.line, cells))
            left[encounter_id] -= 1
            if not left[encounter_id]:
                yield encounter_of_rows(open_rows.pop(encounter_id), directory=directory)


def _is_whole(row: RawRow, header: list[str]) -> bool:
    return not row.problem and len(row.cells) == len(header)


def _wrong_length(row: RawRow, header: list[str]) -> str:
    if len(row.cells) == len(header):
        return ""
    return (
        f"The row has {len(row.cells)} cells, the header has {len(header)}. "
        "Put a text that holds the delimiter in quotation marks."
    )


def _refused_row(row: RawRow, reason: str, column: str = "") -> RefusedRecord:
    return RefusedRecord(reason, row.line, column, record_json(row.cells))


def _header(row: RawRow | None) -> list[str]:
    """The columns by their known names; raises UnableToReadFile where names are missing, unknown or doubled."""
    if row is None or row.problem:
        msg = (row.problem if row else "") or "The file has no header."
        raise UnableToReadFile(f"{msg} Nothing was taken in.", line=1)
    names = [name.strip().lower().replace(" ", "_") for name in row.cells]
    while names and not names[-1]:
        names.pop()
    problems = []
    for name in names:
        if name not in columns.TABLE and not name.startswith("x_"):
            near = nearest(name, columns.TABLE)
            problems.append(f"“{name[:40]}” is not a known column" + (f" (is {near} meant?)" if near else ""))
    problems += [f"{name} stands twice" for name, count in Counter(names).items() if name and count > 1]
    problems += [f"{name} is missing" for name in columns.TABLE_REQUIRED if name not in names]
    if problems:
        shown = "; ".join(problems[:8]) + (f"; and {len(problems) - 8} more" if len(problems) > 8 else "")  # noqa: PLR2004
        msg = f"The header cannot be used: {shown}. Take the template, or let columns that are yours begin with x_. "
        raise UnableToReadFile(msg + "Nothing was taken in.", line=row.line)
    return names


@contextmanager
def _rows(file: BinaryIO, facts: FileFacts) -> Iterator[Iterator[RawRow]]:
    if facts.format == FileFormat.XLSX:
        yield _workbook_rows(file)
        return
    text = text_of(file, facts.encoding)
    try:
        yield _csv_rows(text)
    finally:
        text.detach()


def _csv_rows(text: Iterator[str]) -> Iterator[RawRow]:
    first = next(text, "")
    dialect = max(_DELIMITERS, key=lambda mark: len(set(_words(first, mark)) & set(columns.TABLE)))
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(chain([first], text), delimiter=dialect, strict=True)
    width = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield RawRow(line, [], _csv_problem(str(error), line))
            continue
        if any(cell.strip() for cell in cells):
            width = width or len(cells) - next(i for i, cell in enumerate(reversed(cells)) if cell.strip())
            # Spreadsheets leave delimiters behind the last column of a row.
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            yield RawRow(line, cells)


def _csv_problem(error: str, line: int) -> str:
    if "unexpected end" in error or "field larger" in error:
        return f"A quotation mark opened in line {line} is never closed: the rows from there on could not be read."
    return "A quotation mark stands in the middle of a cell. Double it, or put the whole cell in quotation marks."


def _words(line: str, mark: str) -> list[str]:
    return [word.strip(' "\r\n').lower().replace(" ", "_") for word in line.split(mark)]


def _workbook_rows(file: BinaryIO) -> Iterator[RawRow]:
    file.seek(0)
    try:
        workbook = load_workbook(file, read_only=True, data_only=True)
        sheet = workbook.worksheets[0]
        width = 0
        for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = [_cell_text(value) for value in values]
            if not any(cells):
                continue
            while cells and not cells[-1]:
                cells.pop()
            width = width or len(cells)
            yield RawRow(line, cells + [""] * (width - len(cells)))
    except _BROKEN_WORKBOOK as error:
        msg = f"The workbook cannot be opened ({type(error).__name__}). Save it again as .xlsx or .csv."
        raise UnableToReadFile(msg) from error


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes") if value.time() != datetime.min.time() else _midnight(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip()


def _midnight(value: datetime) -> str:
    # A workbook knows no difference between a date and midnight of that date.
    return value.date().isoformat()
