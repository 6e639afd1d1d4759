"""For which quarter a file is: by the words above its columns, and by its name."""

import calendar
import re
from collections.abc import Iterable
from datetime import date, timedelta

from drugs.cms.errors import UnableToReadFile
from drugs.cms.quarters import MONTHS, Quarter

_MONTH = "|".join(MONTHS)
_DAY = rf"({_MONTH})\s+(\d{{1,2}}),\s+(20\d\d)"
_EFFECTIVE = re.compile(rf"\b{_DAY}\s+through\s+{_DAY}", re.IGNORECASE)
_ASP = re.compile(rf"\b({_MONTH})\s+(20\d\d)\s+ASP\b", re.IGNORECASE)
_NUMBERED = re.compile(r"(?<!\d)(20\d\d)[ _-]?Q([1-4])(?!\d)", re.IGNORECASE)
_SHORT = "jan|apr|jul|oct"
_MONTH_FIRST = re.compile(rf"(?<![a-z])({_SHORT})[a-z]*[ _]+(?:web[ _]+)?(20\d\d)(?!\d)", re.IGNORECASE)
_YEAR_FIRST = re.compile(rf"(20\d\d)[ _]+({_SHORT})[a-z]*(?![a-z])", re.IGNORECASE)
_ANNUAL = re.compile(r"HCPC(20\d\d)_CONTR", re.IGNORECASE)
_FIRST_MONTHS = {"jan": 1, "apr": 2, "jul": 3, "oct": 4}


def by_title(lines: Iterable[str], *, where: str) -> Quarter | None:
    """Return the quarter that the words above the columns say, None where they say none.

    `UnableToReadFile` where they say two, or a period that is no quarter.
    """
    said: Quarter | None = None
    for line in lines:
        for found in _EFFECTIVE.finditer(line):
            quarter = _of_period(found, where=where)
            said = _same(said, quarter, where=where)
        for found in _ASP.finditer(line):
            month = MONTHS.index(found[1].lower()) + 1
            said = _same(said, Quarter.of(date(int(found[2]), month, 1)), where=where)
    return said


def by_name(name: str) -> Quarter | None:
    """Return the quarter that a file's name says, as publishers name them; None where it says none or two.

    >>> str(by_name("section 508 verision of JUL 2025 ASP Pricing File 062325.csv"))
    '2025Q3'
    """
    said = {Quarter(int(found[1]), int(found[2])) for found in _NUMBERED.finditer(name)}
    said |= {Quarter(int(found[2]), _FIRST_MONTHS[found[1].lower()]) for found in _MONTH_FIRST.finditer(name)}
    said |= {Quarter(int(found[1]), _FIRST_MONTHS[found[2].lower()]) for found in _YEAR_FIRST.finditer(name)}
    if not said:
        said = {Quarter(int(found[1]), 1) for found in _ANNUAL.finditer(name)}
    return said.pop() if len(said) == 1 else None


def _of_period(found: re.Match[str], *, where: str) -> Quarter:
    try:
        since, last = _day(found[1], found[2], found[3]), _day(found[4], found[5], found[6])
    except ValueError as error:
        raise UnableToReadFile(where, f"“{found[0]}” is no period ({error})") from error
    quarter = Quarter.of(since)
    if (since, last) != (quarter.since, quarter.until - timedelta(days=1)):
        raise UnableToReadFile(where, f"“{found[0]}” is not a calendar quarter")
    return quarter


def _day(month: str, day: str, year: str) -> date:
    return date(int(year), list(calendar.month_name).index(month.capitalize()), int(day))


def _same(said: Quarter | None, quarter: Quarter, *, where: str) -> Quarter:
    if said not in {None, quarter}:
        raise UnableToReadFile(where, f"the words above the columns name two quarters, {said} and {quarter}")
    return quarter
