"""One record's fields, read one by one: each gives a clean value, or notes what is wrong with it and goes on."""

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from zoneinfo import ZoneInfo

from encounters.intake import times
from encounters.intake.records import Amount

_AMOUNT = re.compile(r"(?P<number>\d{1,10}(?:\.\d+)?|\.\d+)\s*(?P<unit>[^\d\s.,;][^;]{0,30})", re.ASCII)
_TRUE = frozenset({"true", "yes", "y", "1"})
_FALSE = frozenset({"false", "no", "n", "0"})
# Spellings that senders use for the units of worked-cases.md; any other unit is kept as it came.
_UNITS = {
    "mg": "mg", "milligram": "mg", "milligrams": "mg",
    "mcg": "mcg", "ug": "mcg", "µg": "mcg", "μg": "mcg", "microgram": "mcg", "micrograms": "mcg",
    "g": "g", "gm": "g", "gram": "g", "grams": "g",
    "unit": "units", "units": "units", "iu": "units", "u": "units", "[iu]": "units",
    "meq": "mEq", "meq.": "mEq",
    "ml": "mL", "cc": "mL", "milliliter": "mL", "milliliters": "mL",
    "l": "L", "liter": "L", "liters": "L",
}  # fmt: skip
# Each problem is stored with the record that has it: a record of nothing but nonsense must not fill the database.
_MOST_PROBLEMS = 100
_MOST_DECIMALS = 6
_MOST = Decimal(10) ** 10


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, or None when none is near."""
    found = difflib.get_close_matches(word.lower(), sorted(known), n=1, cutoff=0.7)
    return found[0] if found else None


class Fields:
    """The fields of one record with the problems found so far.

    `raw` holds texts (from a table) or JSON values. `problems` gathers (field, reason) pairs.
    """

    def __init__(self, raw: Mapping[str, object], *, zone: ZoneInfo | None = None) -> None:
        self._raw = raw
        self.zone = zone
        self.problems: list[tuple[str, str]] = []

    def refuse(self, name: str, reason: str) -> None:
        """Note that the field `name` cannot be taken; of very many problems the first ones are told."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append((name, reason))
        elif len(self.problems) == _MOST_PROBLEMS:
            self.problems.append(("", f"There are more problems than these {_MOST_PROBLEMS}; mend these first."))

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Refuse each field that is none of `known`; those beginning with x_ pass unread."""
        words = frozenset(known)
        for name in self._raw:
            if len(self.problems) > _MOST_PROBLEMS:
                return
            if name not in words and not name.startswith("x_"):
                near = nearest(name[:80], words)
                self.refuse(name, f"“{name}” is not a known field." + (f" Is {near} meant?" if near else ""))

    def value(self, name: str) -> object:
        """What was sent, None where nothing was: an empty text says nothing."""
        value = self._raw.get(name)
        if isinstance(value, str):
            value = value.strip()
        return None if value == "" else value

    def text(self, name: str, most: int, *, required: bool = False) -> str:
        """A text of at most `most` characters, "" where nothing was sent."""
        value = self.value(name)
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            value = f"{value:f}" if isinstance(value, Decimal) else str(value)
        if value is None:
            if required:
                self.refuse(name, f"{name} is missing.")
            return ""
        if not isinstance(value, str):
            self.refuse(name, f"{name} must be a text.")
            return ""
        if reason := unfit_text(value):
            self.refuse(name, reason)
            return ""
        if len(value) > most:
            self.refuse(name, f"{len(value)} characters, at most {most} can be kept. Shorten it at the source.")
            return ""
        return value

    def word(self, name: str, vocabulary: type[StrEnum], aliases: Mapping[str, str] | None = None) -> str:
        """One of the vocabulary's words in any letter case, "" where nothing was sent."""
        text = self.text(name, 60)
        if not text:
            return ""
        words = {word.value.lower(): word.value for word in vocabulary} | dict(aliases or {})
        key = text.lower().replace(" ", "_") if text.lower() not in words else text.lower()
        if key in words:
            return words[key]
        near = nearest(key, words)
        known = ", ".join(word.value for word in vocabulary)
        hint = f" Is {words[near]} meant?" if near else ""
        self.refuse(name, f"“{text}” is not a {name}.{hint} Known: {known}.")
        return ""

    def flag(self, name: str) -> bool | None:
        """Yes or no, None where nothing was sent."""
        value = self.value(name)
        if value is None or isinstance(value, bool):
            return value
        text = str(value).lower()
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        self.refuse(name, f"“{_shown(value)}” is neither true nor false.")
        return None

    def whole(self, name: str, *, least: int, most: int) -> int | None:
        """A whole number from `least` to `most`, None where nothing was sent."""
        value = self.value(name)
        if value is None:
            return None
        number = _decimal(value)
        if number is None or number != number.to_integral_value():
            self.refuse(name, f"“{_shown(value)}” is not a whole number.")
        elif not least <= number <= most:
            self.refuse(name, f"{_shown(value)} is outside {least} to {most}.")
        else:
            return int(number)
        return None

    def day(self, name: str) -> date | None:
        """A date, None where nothing was sent."""
        text = self.text(name, 60)
        try:
            return times.day(text) if text else None
        except times.UnreadableTime as error:
            self.refuse(name, str(error))
            return None

    def moment(self, name: str) -> datetime | None:
        """A point in time on the record's clock, None where nothing was sent."""
        return self.moment_of(name, self.text(name, 60))

    def moment_of(self, name: str, text: str) -> datetime | None:
        """The point in time that `text`, a part of the field `name`, stands for."""
        try:
            return times.moment(text, zone=self.zone) if text else None
        except times.UnreadableTime as error:
            self.refuse(name, str(error))
            return None

    def amount(self, name: str) -> Amount | None:
        """An amount with its unit, None where nothing was sent."""
        value = self.value(name)
        return None if value is None else self.amount_of(name, value)

    def amount_of(self, name: str, value: object) -> Amount | None:
        """The amount in `value`, a part of the field `name`: "250 mg" or {"amount": 250, "unit": "mg"}."""
        if isinstance(value, Mapping):
            value = f"{_shown(value.get('amount', ''))} {value.get('unit', '')}"
        text = value.strip() if isinstance(value, str) else _shown(value)
        match = _AMOUNT.fullmatch(text) if len(text) <= 100 else None  # noqa: PLR2004  # no amount is as long
        if match is None or unfit_text(text):
            self.refuse(name, f"“{_shown(text)}” is not an amount with its unit. Write it as 250 mg.")
            return None
        unit = match["unit"].strip()
        unit = _UNITS.get(unit.lower(), unit)
        number = Decimal(match["number"])
        if len(unit) > 12:  # noqa: PLR2004  # the width of the column
            self.refuse(name, f"The unit “{unit}” has more than 12 characters.")
        elif number >= _MOST or number != round(number, _MOST_DECIMALS):
            self.refuse(name, f"{match['number']} has more than {_MOST_DECIMALS} decimal places or is too large.")
        else:
            return Amount(number, unit)
        return None

    def millilitres(self, name: str) -> Decimal | None:
        """A volume in mL, charted in mL or L; a bare number is mL. None where nothing was sent."""
        value = self.value(name)
        if value is None:
            return None
        bare = _decimal(value)
        amount = self.amount_of(name, value if bare is None else f"{bare:f} mL")
        if amount is None:
            return None
        factor = {"mL": 1, "L": 1000}.get(amount.unit)
        if factor is None:
            self.refuse(name, f"{amount.unit} is not a volume. Write it as 500 mL or 1 L.")
            return None
        volume = amount.amount * factor
        if volume != round(volume, 3) or volume >= _MOST / 10:
            self.refuse(name, f"{volume} mL has more than 3 decimal places or is too large.")
            return None
        return volume

    def parts(self, name: str) -> list[object]:
        """The parts of a field that may hold several: a JSON list, or a text with semicolons between them."""
        value = self.value(name)
        if value is None:
            return []
        if isinstance(value, str):
            if reason := unfit_text(value):
                self.refuse(name, reason)
                return []
            return [part.strip() for part in value.split(";") if part.strip()]
        if isinstance(value, list | tuple):
            return list(value)
        self.refuse(name, f"{name} must be a list.")
        return []

    def short_parts(self, name: str) -> list[object]:
        """The parts of a field, with those refused that are longer than any meaning they could have."""
        parts = self.parts(name)
        for part in parts:
            if len(str(part)) > 500:  # noqa: PLR2004  # well beyond the longest pause, container or service
                self.refuse(name, f"“{_shown(part)}” is too long.")
        return [part for part in parts if len(str(part)) <= 500]  # noqa: PLR2004


def unfit_text(text: str) -> str | None:
    """Why the database cannot keep this text, or None when it can."""
    if "\0" in text:
        return (
            f"Holds a NUL character at position {text.index(chr(0)) + 1}, which no database text can keep. Remove it."
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"Holds half of a character at position {error.start + 1}. Send valid Unicode."
    return None


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value)) if len(str(value)) <= 30 else None  # noqa: PLR2004  # no count is as long
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() and abs(number) < _MOST else None


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004  # enough to find it again
