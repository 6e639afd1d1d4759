"""HCPCS Level II codes and modifiers: CMS's fixed-width record, its workbook, and tables converted from them."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from drugs.cms.cells import CDT, LEVEL_II, code_of, date_of, is_formula, shown, text_of
from drugs.cms.groups import Groups
from drugs.cms.log import Log
from drugs.cms.records import Record
from drugs.cms.rows import HcpcsRow
from drugs.cms.tables import Numbered

LENGTH = 320
"""Characters of a record, by CMS's record layout."""
FIXED = re.compile(r"(?:[A-Z]\d{4}|   [A-Z0-9]{2})\d{5}(?:[37].{309}|[48].{80} {0,229})", re.ASCII)
"""Of a further line only the text counts: in the release of 2019 the blanks after one are four too few."""
FIRST, FURTHER = {"3": False, "7": True}, frozenset("48")
"""Record ids: the first line of a code or of a modifier, and the further lines of its long description."""
MODIFIER = re.compile(r"[A-Z][A-Z0-9]")
WIDTH_OF_TEXT, WIDTH_OF_LABEL = 80, 28
PRICED = re.compile(r"\d\d.{6}[9A-Z]")
"""The price indicators after the label, and the one for several prices."""
RESLICED_END, WIDTH_OF_ID, CUT_TEXT = 12, 11, 79
"""Of the re-sliced file: day added and year of the action end its last column; 79 of 80 letters are in its second."""


class _Part(NamedTuple):
    """One record: the first of a code, or a further line of its text."""

    line: int
    code: str
    record: str
    text: str
    label: str = ""
    added: str = ""
    effective: str = ""
    terminated: str = ""
    action: str = ""


def is_fixed(line: str) -> bool:
    """Whether a line is a record of the Alpha-Numeric file."""
    return FIXED.fullmatch(line.rstrip("\r\n")) is not None


def fixed_width(lines: Iterable[tuple[int, str]], *, log: Log, is_excerpt: bool) -> Iterator[HcpcsRow]:
    """Yield the codes of a fixed-width file; `UnableToReadFile` for a record that is not 320 characters long."""
    return _rows(_joined(_fixed_parts(lines, log=log), log=log, is_excerpt=is_excerpt), log=log)


def resliced(rows: Iterable[Numbered], *, log: Log, is_excerpt: bool) -> Iterator[HcpcsRow]:
    """Yield the codes of a fixed-width file that was cut at other offsets, without what that lost.

    The day it terminated and the action are lost, and of the day of the action all but the year.
    """
    return _rows(_joined(_resliced_parts(rows), log=log, is_excerpt=is_excerpt), log=log)


def table(records: Iterable[Record], *, log: Log, is_excerpt: bool = False) -> Iterator[HcpcsRow]:
    """Yield the codes of a workbook or a csv."""
    return _rows(_joined(_table_parts(records), log=log, is_excerpt=is_excerpt), log=log)


def _fixed_parts(lines: Iterable[tuple[int, str]], *, log: Log) -> Iterator[_Part]:
    has_begun = False
    for line, ended in lines:
        text = ended.rstrip("\r\n")
        if not has_begun and not is_fixed(text):
            continue
        has_begun = True
        if not text.strip():
            log.dropped["note"] += 1
            continue
        if not is_fixed(text):
            why = f"it is no record of {LENGTH} characters as the layout has them, but one of {len(text)}"
            raise log.refusal(line, "", why)
        yield _Part(
            line, text[:5].strip(), text[10], text[11:91], text[91:119], text[268:276], text[276:284], text[284:292],
            text[292:293].strip(),
        )  # fmt: skip


def _resliced_parts(rows: Iterable[Numbered]) -> Iterator[_Part]:
    for line, cells in rows:
        first, text, rest = cells[0].rjust(WIDTH_OF_ID), cells[1], cells[2]
        letter, label = "", rest[:WIDTH_OF_LABEL]
        if first[10] in FURTHER:
            letter, label = rest, ""
        elif len(text) == CUT_TEXT and _has_letter(rest):
            letter, label = rest[0], rest[1 : WIDTH_OF_LABEL + 1]
        added = cells[-1][-RESLICED_END:][:8]
        yield _Part(line, first[:5].strip(), first[10], text + letter, label, added)


def _has_letter(rest: str) -> bool:
    """Whether the 80th letter of the text stands before the label, which begins with a capital and has 28 letters."""
    if PRICED.match(rest, WIDTH_OF_LABEL):
        return False
    is_shifted = PRICED.match(rest, WIDTH_OF_LABEL + 1) or rest[WIDTH_OF_LABEL : WIDTH_OF_LABEL + 1].strip()
    return bool(is_shifted) or (rest[:1].islower() and rest[1:2].isupper())


def _table_parts(records: Iterable[Record]) -> Iterator[_Part]:
    for record in records:
        code = code_of(record.raw("code"))
        said = record.raw("record").strip()
        is_modifier = record.raw("kind") == "modifier" or MODIFIER.fullmatch(code) is not None
        effective = record.raw("effective")
        yield _Part(
            record.line,
            code,
            said if said in FIRST or said in FURTHER else "7" if is_modifier else "3",
            record.raw("long_description"),
            record.raw("label"),
            record.raw("added"),
            effective if len(effective) > len("2025") else "",
            record.raw("terminated"),
            record.raw("action").strip(),
        )


def _joined(parts: Iterable[_Part], *, log: Log, is_excerpt: bool) -> Iterator[_Part]:
    """Yield each code's first record with the text of all; `UnableToReadFile` for a text without its first record."""
    whole: _Part | None = None
    for part in parts:
        if part.record in FIRST:
            if whole:
                yield whole
            whole = part
        elif whole and part.code == whole.code and part.record in FURTHER:
            # A full line ends in the middle of a word or at its end; the layout puts the blank at the next one's start.
            whole = whole._replace(text=f"{whole.text.rstrip()} {part.text.strip()}")
        elif is_excerpt:
            log.problem(part.line, "record id", part.code, "is a further line of a description that begins elsewhere")
        else:
            raise log.refusal(part.line, "record id", f"a further line of {part.code} stands without its first one")
    if whole:
        yield whole


def _rows(parts: Iterable[_Part], *, log: Log) -> Iterator[HcpcsRow]:
    groups = Groups(log, "HCPC")
    for part in parts:
        is_modifier = FIRST[part.record]
        if not _is_ours(part, is_modifier=is_modifier, log=log):
            continue
        row = HcpcsRow(
            line=part.line,
            code=part.code,
            is_modifier=is_modifier,
            long_description=_words(part, part.text, "LONG DESCRIPTION", log=log),
            label=_words(part, part.label, "SHORT DESCRIPTION", log=log),
            added=_date(part, part.added, "ADD DT", log=log),
            effective=_date(part, part.effective, "ACT EFF DT", log=log),
            terminated=_date(part, part.terminated, "TERM DT", log=log),
            action=part.action if part.action.isalpha() else "",
        )
        if groups.is_new(part.code, "", row[1:], part.line):
            yield row


def _is_ours(part: _Part, *, is_modifier: bool, log: Log) -> bool:
    """Whether the code is of Level II; a row that is not is counted or noted, and none of its words kept."""
    if (MODIFIER if is_modifier else LEVEL_II).fullmatch(part.code) and (is_modifier or not part.code.startswith(CDT)):
        return True
    if part.code[:1].isdigit():
        log.dropped["CPT modifier" if is_modifier else "CPT code"] += 1
    elif part.code.startswith(CDT):
        log.dropped["CDT code"] += 1
    elif not part.code or not (part.text.strip() or part.label.strip()):
        log.dropped["note"] += 1
    else:
        log.problem(part.line, "HCPC", part.code, "is no HCPCS code; the row is left out")
    return False


def _words(part: _Part, printed: str, column: str, *, log: Log) -> str:
    text = text_of(printed)
    if is_formula(text):
        raise log.refusal(part.line, column, f"“{shown(text)}” would run as a formula in a spreadsheet")
    return text


def _date(part: _Part, printed: str, column: str, *, log: Log) -> date | None:
    try:
        return date_of(printed)
    except ValueError as error:
        log.problem(part.line, column, printed, str(error))
        return None
