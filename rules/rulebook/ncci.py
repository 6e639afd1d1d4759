"""The published files of the National Correct Coding Initiative, read into the rulebook's own tables.

Known layouts: the procedure-to-procedure text and the MUE table as CMS publishes them, with their notices and header
lines, and the same content converted to plain CSV (also of add-on codes). Text in, rows out; descriptors and
rationales are left behind.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

from rules.errors import BadValue
from rules.rulebook.edits import ADDON_TYPES, ADJUDICATION, HEADERS, INDICATORS
from rules.rulebook.model import Rulebook
from rules.vocabulary import Role

Row: TypeAlias = tuple[str, ...]
Numbered: TypeAlias = tuple[int, list[str]]

_CODE = re.compile(r"[0-9A-Z]{5}")
_SERVICES = {"practitioner": "Practitioner", "hospital": "Outpatient Hospital"}
_FILE_NAMES = {"ccipra": "practitioner", "ccioph": "hospital"}
_DRUG_LETTERS = ("J", "Q")
_PTP_CELLS = 6
SERVICES_LIST = "ncci_services"


@dataclass(frozen=True, slots=True)
class Published:
    """What one published file holds: rows of one kind of table, each with the line it stands in."""

    kind: str
    rows: tuple[tuple[int, Row], ...]


@dataclass(slots=True)
class Tables:
    """The rows of all files of one quarter by kind of table, those that the product has no use for left out."""

    known: Callable[[str, str], bool]
    quarter_from: date
    rows: dict[str, dict[Row, Row]] = field(default_factory=dict)

    def add(self, published: Published, *, file: str) -> None:
        """Takes in one file. Raises BadValue for a row that contradicts an earlier one."""
        table = self.rows.setdefault(published.kind, {})
        for line, row in published.rows:
            key = row[:1] if published.kind == "mue" else row[:2]
            if not all(self.known(published.kind, code) for code in key) or self._is_over(published.kind, row):
                continue
            if table.setdefault(key, row) != row:
                message = f"{file}:{line}: {' and '.join(key)} stands in these files twice, with different values"
                raise BadValue(message)

    def text(self, kind: str) -> str:
        """The table as the rulebook's CSV, in order of its codes."""
        rows = [HEADERS[kind], *sorted(self.rows[kind].values())]
        return "".join(",".join(row) + "\n" for row in rows)

    def _is_over(self, kind: str, row: Row) -> bool:
        """Pairs that ended before the quarter, or that CMS has withdrawn, say nothing about it."""
        if kind != "ptp":
            return False
        indicator, deletion = row[2], row[4]
        return indicator == "9" or (deletion != "" and date.fromisoformat(deletion) < self.quarter_from)


def codes_dealt_with(rulebook: Rulebook) -> Callable[[str, str], bool]:
    """Whether a code of a kind of table concerns this product: its administration codes, and what stands beside them.

    For MUE the HCPCS Level II codes of drugs, J and Q, as well; of add-on codes whatever they are added to.
    """
    administrations = {entry.code for entry in rulebook.codes if entry.role not in (Role.DRUG, Role.DISCARDED)}
    beside = [entry.value for entry in rulebook.content.code_lists.get(SERVICES_LIST, ())]

    def known(kind: str, code: str) -> bool:
        if code in administrations or any(code in codes for codes in beside):
            return True
        return kind == "mue" and code.startswith(_DRUG_LETTERS)

    return known


def read_published(text: str, *, file: str, setting: str) -> Published:
    """The rows of a published file. Raises BadValue, naming file and line.

    `file` is its name; where name or content says another setting than `setting`, that is refused.
    """
    for prefix, of_name in _FILE_NAMES.items():
        if file.lower().startswith(prefix) and of_name != setting:
            message = f"{file}:1: by its name these are the {of_name} edits, not those of {setting}"
            raise BadValue(message)
    if "\t" in text[:4000]:
        return Published("ptp", tuple(_cms_ptp(text, file)))
    rows = _records(text, file)
    for line, cells in rows:
        reader = _reader_of(cells)
        if reader is not None:
            kind, read = reader
            return Published(kind, tuple(read(_body(rows, len(cells), file), cells, file, setting, line)))
    message = f"{file}:1: no header of a PTP, MUE or add-on file was found"
    raise BadValue(message)


Reader: TypeAlias = Callable[[Iterable[Numbered], list[str], str, str, int], Iterator[tuple[int, Row]]]


def _reader_of(cells: list[str]) -> tuple[str, Reader] | None:
    names = tuple(cell.strip().lower() for cell in cells)
    if names[:4] == ("column1", "column2", "deletion_date", "modifier_indicator"):
        return "ptp", _converted_ptp
    if names[:3] == ("hcpcs_code", "mue_units", "mue_mai"):
        return "mue", _converted_mue
    if names[:2] == ("hcpcs_code", "practitioner_mue"):
        return "mue", _both_settings_mue
    if names == ("primary_code", "add_on_code", "aoc_edit_type"):
        return "addon", _addons
    if "".join(names[:1]).split() == ["hcpcs/", "cpt", "code"] and len(names) > 1 and "mue values" in names[1]:
        return "mue", _cms_mue
    return None


def _records(text: str, file: str) -> Iterator[Numbered]:
    """The records of a CSV file, each with the line in which it ends; blank ones left out."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = f"{file}:{reader.line_num}: not readable as CSV: {error}"
            raise BadValue(message) from error
        if any(cell.strip() for cell in cells):
            yield reader.line_num, [cell.strip() for cell in cells]


def _body(rows: Iterable[Numbered], width: int, file: str) -> Iterator[Numbered]:
    for line, cells in rows:
        if len(cells) != width:
            message = f"{file}:{line}: {len(cells)} cells where the header has {width}"
            raise BadValue(message)
        yield line, cells


def _cms_ptp(text: str, file: str) -> Iterator[tuple[int, Row]]:
    """Tab-separated: notices, a header over several lines, then one pair a line."""
    is_header = is_body = False
    for line, raw in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in raw.split("\t")]
        if not any(cells):
            continue
        if cells[:2] == ["Column 1", "Column 2"]:
            is_header = True
            continue
        is_body = is_body or (is_header and cells[0] != "")
        if is_body:
            if len(cells) < _PTP_CELLS:
                message = f"{file}:{line}: {len(cells)} cells where a pair has {_PTP_CELLS} or more"
                raise BadValue(message)
            effective = _day(cells[3], file, line)
            yield line, _pair(cells[0], cells[1], cells[5], effective, _day(cells[4], file, line), file, line)
    if not is_body:
        message = f"{file}:1: no line with the columns of a PTP file was found, or no pair below it"
        raise BadValue(message)


def _converted_ptp(
    rows: Iterable[Numbered], header: list[str], file: str, setting: str, at: int
) -> Iterator[tuple[int, Row]]:
    for line, cells in rows:
        yield line, _pair(cells[0], cells[1], cells[3], "", _day(cells[2], file, line), file, line)


def _converted_mue(
    rows: Iterable[Numbered], header: list[str], file: str, setting: str, at: int
) -> Iterator[tuple[int, Row]]:
    for line, cells in rows:
        if cells[4:5] != [_SERVICES[setting]]:
            message = f"{file}:{line}: an edit of {cells[4:5]}, not of {_SERVICES[setting]}"
            raise BadValue(message)
        yield line, _mue(cells[0], cells[1], cells[2], file, line)


def _both_settings_mue(
    rows: Iterable[Numbered], header: list[str], file: str, setting: str, at: int
) -> Iterator[tuple[int, Row]]:
    units, mai = header.index(f"{setting}_mue"), header.index(f"{setting}_mai")
    for line, cells in rows:
        if cells[units]:
            yield line, _mue(cells[0], cells[units], cells[mai], file, line)


def _cms_mue(
    rows: Iterable[Numbered], header: list[str], file: str, setting: str, at: int
) -> Iterator[tuple[int, Row]]:
    """`Practitioner Services MUE Values` in the header names the setting; the MAI cell begins with its digit."""
    if not header[1].startswith(_SERVICES[setting]):
        message = f"{file}:{at}: {header[1]!r} are not the edits of {setting}"
        raise BadValue(message)
    for line, cells in rows:
        yield line, _mue(cells[0], cells[1], cells[2][:1], file, line)


def _addons(rows: Iterable[Numbered], header: list[str], file: str, setting: str, at: int) -> Iterator[tuple[int, Row]]:
    for line, (primary, addon, kind) in rows:
        _refuse_no_codes((primary, addon), file, line)
        if kind not in ADDON_TYPES:
            message = f"{file}:{line}: {kind!r} is not a type of add-on edit ({', '.join(ADDON_TYPES)})"
            raise BadValue(message)
        yield line, (primary, addon, kind)


def _pair(one: str, two: str, indicator: str, effective: str, deletion: str, file: str, line: int) -> Row:  # noqa: PLR0917 (a row and its place)
    _refuse_no_codes((one, two), file, line)
    if indicator not in INDICATORS:
        message = f"{file}:{line}: {indicator!r} is not a modifier indicator ({', '.join(INDICATORS)})"
        raise BadValue(message)
    return one, two, indicator, effective, deletion


def _mue(code: str, units: str, mai: str, file: str, line: int) -> Row:
    _refuse_no_codes((code,), file, line)
    if not (units.isascii() and units.isdigit()) or mai not in ADJUDICATION:
        message = f"{file}:{line}: {units!r} units with MAI {mai!r} is not an edit (MAI {', '.join(ADJUDICATION)})"
        raise BadValue(message)
    return code, str(int(units)), mai


def _refuse_no_codes(codes: tuple[str, ...], file: str, line: int) -> None:
    for code in codes:
        if _CODE.fullmatch(code) is None:
            message = f"{file}:{line}: {code!r} is not a code"
            raise BadValue(message)


def _day(text: str, file: str, line: int) -> str:
    """A day as YYYY-MM-DD; empty for none, which CMS writes as `*`."""
    if text in ("", "*"):
        return ""
    form = "%Y-%m-%d" if "-" in text else "%Y%m%d"
    try:
        return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 (a day has no zone)
    except ValueError as error:
        message = f"{file}:{line}: {text!r} is not a day"
        raise BadValue(message) from error
