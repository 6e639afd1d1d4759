"""National Correct Coding Initiative edits and lists of codes as the rulebook holds them. Text in, values out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from rules.citation import Citation
from rules.effective import EffectivePeriod
from rules.errors import BadValue, DuplicateKey
from rules.rulebook.document import Place

T = TypeVar("T")

EDIT_TABLES = ("ptp", "mue", "addon")
EDIT_SETTINGS = ("practitioner", "hospital")
"""The initiative's own two sets of edits; the add-on codes are one set for both."""

HEADERS: Mapping[str, tuple[str, ...]] = {
    "ptp": ("column_one", "column_two", "modifier_indicator", "effective", "deletion"),
    "mue": ("code", "units", "mai"),
    "addon": ("primary", "addon", "type"),
}
INDICATORS = ("0", "1", "9")
ADJUDICATION = ("1", "2", "3")
ADDON_TYPES = ("1", "2", "3")
ANY_PRIMARY = "CCCCC"
"""Stands for a primary code that the contractor chooses."""


@dataclass(frozen=True, slots=True)
class CodeList:
    """Codes one by one and as inclusive ranges of equally long codes."""

    singles: frozenset[str] = frozenset()
    ranges: tuple[tuple[str, str], ...] = ()

    def __contains__(self, code: object) -> bool:
        if code in self.singles:
            return True
        return isinstance(code, str) and any(len(code) == len(low) and low <= code <= high for low, high in self.ranges)

    def __str__(self) -> str:
        return ", ".join([*sorted(self.singles), *(f"{low}-{high}" for low, high in self.ranges)])


NO_CODES = CodeList()


@dataclass(frozen=True, slots=True)
class Mue:
    """Most units of a code that are likely on a day (MAI 2 and 3) or on a line (MAI 1).

    MAI 2 is absolute; 1 and 3 can be passed with a reason.
    """

    units: int
    mai: int
    quarter: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Column one is paid and column two is not, where `indicator` is 0, or is 1 and no modifier sets them apart."""

    column_one: str
    column_two: str
    indicator: int
    since: date | None
    """None: the file does not say, so the pair holds from the table's first day."""
    until: date | None
    """The first day without the pair."""
    quarter: str

    def holds_on(self, on: date) -> bool:
        """Whether the pair is in force on `on`."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


Partners: TypeAlias = Mapping[str, Mapping[str, Pair]]
"""Code → its partner in a pair → the pair, from either side."""


@dataclass(frozen=True, slots=True)
class EditTable:
    """One quarter's edits of one kind.

    `covers` None: whatever it does not hold has no edit. Else it speaks only of these codes, and once it has its
    place among the others it also holds what the quarter before says of the rest.
    """

    name: str
    kind: str
    setting: str
    """practitioner or hospital; empty for add-on codes."""
    quarter: str
    period: EffectivePeriod
    citation: Citation
    checked: date
    covers: CodeList | None
    mues: Mapping[str, Mue]
    pairs: Partners
    bases: Mapping[str, frozenset[str]]
    """Add-on code → the primary codes of which it needs one."""

    def completed_by(self, earlier: "EditTable") -> "EditTable":
        """This table with what the earlier one says of codes that it does not speak of."""
        covers = self.covers
        if covers is None:
            return self
        return replace(
            self,
            mues=_together(earlier.mues, self.mues, covers),
            pairs=_together(earlier.pairs, self.pairs, covers),
            bases=_together(earlier.bases, self.bases, covers),
        )


def _together(earlier: Mapping[str, T], later: Mapping[str, T], covers: CodeList) -> Mapping[str, T]:
    kept = {code: row for code, row in earlier.items() if code not in covers}
    return {**kept, **later}


class EditsInForce:
    """The edits on one date of service: of each kind the newest quarter's, by setting."""

    __slots__ = ("_bases", "_mues", "_on", "_pairs", "_quarters")

    def __init__(self, tables: tuple[EditTable, ...], *, on: date) -> None:
        self._on = on
        newest: dict[tuple[str, str], EditTable] = {}
        for table in tables:
            if table.period.holds_on(on):
                newest[table.kind, table.setting] = table
        self._quarters = {key: table.quarter for key, table in newest.items()}
        self._mues = {setting: newest["mue", setting].mues for setting in _settings(newest, "mue")}
        self._pairs = {setting: newest["ptp", setting].pairs for setting in _settings(newest, "ptp")}
        self._bases = newest["addon", ""].bases if ("addon", "") in newest else {}

    @property
    def bases(self) -> Mapping[str, frozenset[str]]:
        """Add-on code → the codes of which it needs one."""
        return self._bases

    def mues(self, setting: str) -> Mapping[str, Mue]:
        """Code → medically unlikely edit of a setting; empty where the setting has none."""
        return self._mues.get(setting, _NO_MUES)

    def pairs(self, setting: str) -> Partners:
        """The pairs of a setting, empty where it has none. Whether a pair still holds, it says itself."""
        return self._pairs.get(setting, _NO_PAIRS)

    def quarter(self, kind: str, setting: str = "") -> str | None:
        """The newest quarter whose table is in force, None where the date lies before the first of them."""
        return self._quarters.get((kind, setting))


def _settings(newest: Mapping[tuple[str, str], EditTable], kind: str) -> list[str]:
    return [setting for of_kind, setting in newest if of_kind == kind]


_NO_MUES: Mapping[str, Mue] = MappingProxyType({})
_NO_PAIRS: Partners = MappingProxyType({})


def code_list(items: tuple[str, ...], *, place: Place) -> CodeList:
    """The list that items such as `36000` and `96360-96425` make. Raises BadValue."""
    singles: set[str] = set()
    ranges: list[tuple[str, str]] = []
    for item in items:
        low, dash, high = item.partition("-")
        if not dash:
            singles.add(item)
        elif len(low) != len(high) or low >= high:
            message = f"{place}: {item!r} is no range of codes, lower end first"
            raise BadValue(message)
        else:
            ranges.append((low, high))
    return CodeList(frozenset(singles), tuple(ranges))


def first_day(quarter: str, *, place: Place) -> date:
    """The first day of a quarter written 2024Q3. Raises BadValue."""
    year, sign, number = quarter.partition("Q")
    if not (sign and year.isdigit() and len(year) == len("2024") and number in ("1", "2", "3", "4")):
        message = f"{place}: {quarter!r} is not a quarter such as 2024Q3"
        raise BadValue(message)
    return date(int(year), 3 * int(number) - 2, 1)


def mue_rows(text: str, *, file: str, quarter: str) -> Mapping[str, Mue]:
    """Code → edit of a table `code,units,mai`. Raises BadValue and DuplicateKey."""
    found: dict[str, Mue] = {}
    for place, (code, units, mai) in _rows(text, file, "mue"):
        if not (units.isdigit() and mai in ADJUDICATION):
            message = f"{place}: units must be a whole number and the MAI one of {', '.join(ADJUDICATION)}"
            raise BadValue(message)
        _refuse_second(code, found, place)
        found[code] = Mue(int(units), int(mai), quarter)
    return found


def ptp_rows(text: str, *, file: str, quarter: str) -> Partners:
    """The pairs of a table `column_one,column_two,modifier_indicator,effective,deletion`, from either side.

    `deletion` is the last day of the pair, as in the files of CMS. Raises BadValue and DuplicateKey.
    """
    found: dict[str, dict[str, Pair]] = {}
    for place, (one, two, indicator, effective, deletion) in _rows(text, file, "ptp"):
        if indicator not in INDICATORS:
            message = f"{place}: the modifier indicator must be one of {', '.join(INDICATORS)}"
            raise BadValue(message)
        _refuse_second(two, found.get(one, {}), place)
        last = _day(deletion, place)
        pair = Pair(
            column_one=one,
            column_two=two,
            indicator=int(indicator),
            since=_day(effective, place),
            until=None if last is None else last + timedelta(days=1),
            quarter=quarter,
        )
        if indicator != "9":
            found.setdefault(one, {})[two] = found.setdefault(two, {})[one] = pair
    return found


def addon_rows(text: str, *, file: str) -> Mapping[str, frozenset[str]]:
    """Add-on code → its primary codes of a table `primary,addon,type`. Raises BadValue."""
    found: dict[str, set[str]] = {}
    for place, (primary, addon, kind) in _rows(text, file, "addon"):
        if kind not in ADDON_TYPES:
            message = f"{place}: the type must be one of {', '.join(ADDON_TYPES)}"
            raise BadValue(message)
        found.setdefault(addon, set()).add(primary)
    return {code: frozenset(bases) for code, bases in found.items()}


def _rows(text: str, file: str, kind: str) -> Iterator[tuple[Place, list[str]]]:
    lines = text.splitlines()
    header = HEADERS[kind]
    if not lines or lines[0] != ",".join(header):
        message = f"{file}:1: the header must be {','.join(header)}"
        raise BadValue(message)
    for number, line in enumerate(lines[1:], start=2):
        place = Place(file, number, "row")
        cells = line.split(",")
        if len(cells) != len(header) or not cells[0] or not cells[1]:
            message = f"{place}: not {', '.join(header)}: {line!r}"
            raise BadValue(message)
        yield place, cells


def _day(text: str, place: Place) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        message = f"{place}: {text!r} is not a day written YYYY-MM-DD"
        raise BadValue(message) from error


def _refuse_second(key: str, earlier: Mapping[str, object], place: Place) -> None:
    if key in earlier:
        message = f"{place}: {key} stands here a second time"
        raise DuplicateKey(message)
