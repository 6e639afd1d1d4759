"""One cell: its text, number or date, and what is refused in it."""

import re
from datetime import date
from decimal import Decimal

END_OF_FILE = "\u001a"
"""As old systems write it: of the signs that show nothing the only one in ASCII."""
INVISIBLE = dict.fromkeys(map(ord, f"\u200b\u200c\u200d\u2060\ufeff\u00ad{END_OF_FILE}"))
"""Signs without a width, and the end-of-file sign."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A spreadsheet runs a cell that begins with one of these (the last four are their full-width forms)."""

SUPPRESSED = frozenset({"", "N/A", "NA", "NAN", "*", "NONE"})
"""What stands where the publisher gives no value, in upper case."""

LONGEST_SHOWN = 60
LEVEL_II = re.compile(r"[A-V][0-9]{4}")
CDT = "D"
"""Dental codes: the American Dental Association's, not in the public domain."""
CPT = re.compile(r"[0-9]{4}[0-9A-Z]")
DRUG_ADMINISTRATION = range(96360, 96550)
"""CPT codes whose status is kept: hydration, infusions, injections, chemotherapy administration."""

EARLIEST, LATEST = 1900, 2200
"""Years that a file may name: FDA has products since 1900, and some that never end."""

_NUMBER = re.compile(r"\$? ?(\d{1,3}(?:,\d{3})+|\d{1,12})?(\.\d{1,12})?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)


def text_of(cell: str) -> str:
    r"""Return the cell in one line: every kind of blank is a space, none at the ends, nothing invisible.

    >>> text_of(" Otulfi\u00a0\t\r\n IV")
    'Otulfi IV'
    """
    if cell.isascii() and END_OF_FILE not in cell:
        return cell if cell.isalnum() else " ".join(cell.split())
    return " ".join(cell.translate(INVISIBLE).split())


def code_of(cell: str) -> str:
    """Return a code without the blanks around it; a hard blank that was converted badly is `ÿ` or `\ufffd`."""
    return cell if cell.isascii() and cell.isalnum() else text_of(cell).strip("\u00ff\ufffd ")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run `text`, which `text_of` has tidied."""
    return text.startswith(FORMULA_SIGNS)


def inert(cell: object) -> object:
    """Return a cell for a file that a spreadsheet opens: a text that would be run there stands behind an apostrophe.

    >>> inert("=1+1"), inert(" @SUM(1)"), inert("A-1"), inert(-1)
    ("'=1+1", "' @SUM(1)", 'A-1', -1)
    """
    if isinstance(cell, str) and (cell.startswith(("\t", "\r", "\n")) or is_formula(text_of(cell))):
        return f"'{cell}"
    return cell


def number_of(cell: str) -> Decimal | None:
    """Return the number of a cell, None where the publisher gives none; `ValueError` for anything else.

    >>> number_of(" $3,084.03 "), number_of("N/A")
    (Decimal('3084.03'), None)
    """
    text = text_of(cell)
    if text.upper() in SUPPRESSED:
        return None
    found = _NUMBER.fullmatch(text)
    if not found or not (found[1] or found[2]):
        message = "is not a number"
        raise ValueError(message)
    return Decimal((found[1] or "0").replace(",", "") + (found[2] or ""))


def date_of(cell: str) -> date | None:
    """Return the day of `20250701` or `2025-07-01`, None where there is none; `ValueError` for anything else."""
    text = text_of(cell)
    if text.upper() in SUPPRESSED:
        return None
    found = _COMPACT.fullmatch(text)
    try:
        day = date(int(found[1]), int(found[2]), int(found[3])) if found else date.fromisoformat(text)
    except ValueError as error:
        message = "is not a date"
        raise ValueError(message) from error
    if not EARLIEST <= day.year <= LATEST:
        message = "is not a date of our times"
        raise ValueError(message)
    return day


def shown(value: str) -> str:
    """Return a value as a message shows it: tidied, shortened, and nothing that a terminal would obey."""
    text = "".join(sign if sign.isprintable() else "\ufffd" for sign in text_of(value))
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
