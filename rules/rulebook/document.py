"""A rule file as read: strict, every value with its file, line and key. Text in, values out; reads no file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import yaml

from rules.errors import BadValue, DuplicateKey, UnknownKey

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"
_NOTHING = {"", "~", "null"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file something stands."""

    file: str
    line: int
    key: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}"

    def below(self, *, line: int, key: str) -> "Place":
        """The place of a key or an item inside this one."""
        return Place(self.file, line, f"{self.key}.{key}" if self.key else key)


class Section:
    """A mapping of a rule file. Whoever reads it says which keys it knows; every other key is refused."""

    __slots__ = ("_fields", "place")

    def __init__(self, *, place: Place, fields: "dict[str, _Field]") -> None:
        self.place = place
        self._fields = fields

    def only(self, *known: str) -> "Section":
        """This section, after refusing any key beside `known`.

        Raises UnknownKey.
        """
        for key, field in self._fields.items():
            if key not in known:
                message = f"{field.place}: unknown key; known here are {', '.join(sorted(known))}"
                raise UnknownKey(message)
        return self

    def names(self) -> Iterator[str]:
        """The keys, in the order of the file."""
        return iter(self._fields)

    def place_of(self, key: str) -> Place:
        """Where `key` stands, or the section itself where it is absent."""
        field = self._fields.get(key)
        return self.place if field is None else field.place

    def text(self, key: str) -> str:
        """The text of a key that must be there. Raises BadValue."""
        value = self.optional_text(key)
        if value is None:
            message = f"{self.place_of(key)}: {key} is missing or empty"
            raise BadValue(message)
        return value

    def optional_text(self, key: str) -> str | None:
        """The text of a key, None where it is absent or null. Raises BadValue."""
        field = self._fields.get(key)
        if field is None or field.value is None:
            return None
        if not isinstance(field.value, str):
            message = f"{field.place}: one value is expected here, not a list or a mapping"
            raise BadValue(message)
        return field.value

    def choice(self, key: str, values: tuple[str, ...]) -> str:
        """The text of a key that takes one of `values`. Raises BadValue."""
        value = self.text(key)
        if value not in values:
            message = f"{self.place_of(key)}: {value!r} is not one of {', '.join(values)}"
            raise BadValue(message)
        return value

    def whole_number(self, key: str) -> int:
        """A whole number of one or more. Raises BadValue."""
        value = self.text(key)
        if not (value.isascii() and value.isdigit() and int(value) > 0):
            message = f"{self.place_of(key)}: {value!r} is not a whole number above zero"
            raise BadValue(message)
        return int(value)

    def day(self, key: str) -> date:
        """A calendar day, written YYYY-MM-DD. Raises BadValue."""
        return _day(self.text(key), self.place_of(key))

    def optional_day(self, key: str) -> date | None:
        """A calendar day or None. Raises BadValue."""
        value = self.optional_text(key)
        return None if value is None else _day(value, self.place_of(key))

    def section(self, key: str) -> "Section":
        """The mapping under a key; an empty one where the key is absent. Raises BadValue."""
        field = self._fields.get(key)
        if field is None or field.value is None:
            return Section(place=self.place_of(key), fields={})
        if not isinstance(field.value, Section):
            message = f"{field.place}: a mapping is expected here"
            raise BadValue(message)
        return field.value

    def sections(self, key: str) -> "tuple[Section, ...]":
        """The list of mappings under a key; empty where the key is absent. Raises BadValue."""
        found = []
        for item in self._items(key):
            if not isinstance(item.value, Section):
                message = f"{item.place}: a mapping is expected here"
                raise BadValue(message)
            found.append(item.value)
        return tuple(found)

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts under a key; empty where the key is absent. Raises BadValue for an item given twice."""
        found: list[str] = []
        for item in self._items(key):
            if not isinstance(item.value, str):
                message = f"{item.place}: one value is expected here"
                raise BadValue(message)
            if item.value in found:
                message = f"{item.place}: {item.value!r} is listed twice"
                raise BadValue(message)
            found.append(item.value)
        return tuple(found)

    def plain(self) -> Plain:
        """The section as plain lists, mappings and texts, for hashing."""
        return {key: field.plain() for key, field in self._fields.items()}

    def _items(self, key: str) -> "tuple[_Field, ...]":
        field = self._fields.get(key)
        if field is None or field.value is None:
            return ()
        if not isinstance(field.value, tuple):
            message = f"{field.place}: a list is expected here"
            raise BadValue(message)
        return field.value


@dataclass(frozen=True, slots=True)
class _Field:
    """One value of a file: text, a list of fields, a section, or None for null."""

    place: Place
    value: "str | tuple[_Field, ...] | Section | None"

    def plain(self) -> Plain:
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        return self.value.plain() if isinstance(self.value, Section) else self.value


def read(text: str, *, file: str) -> Section:
    """The document's top mapping. `file` is the name that errors give.

    Raises BadValue for text that is no YAML mapping, and DuplicateKey.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        message = f"{file}: not readable as YAML: {error}"
        raise BadValue(message) from error
    place = Place(file, 1, "")
    field = _field(node, place) if node is not None else None
    if field is None or not isinstance(field.value, Section):
        message = f"{file}:1: the file must hold one mapping"
        raise BadValue(message)
    return field.value


def price_rows(text: str, *, file: str) -> dict[str, tuple[str, Decimal | None]]:
    """Code → (status indicator, US dollars or None) of a price file: `code,status_indicator,rate` under that header.

    Raises BadValue and DuplicateKey.
    """
    lines = text.splitlines()
    if not lines or lines[0] != "code,status_indicator,rate":
        message = f"{file}:1: the header must be code,status_indicator,rate"
        raise BadValue(message)
    found: dict[str, tuple[str, Decimal | None]] = {}
    for number, line in enumerate(lines[1:], start=2):
        code, status, rate = _price_row(line, Place(file, number, "row"))
        if code in found:
            message = f"{file}:{number}: {code} is listed twice"
            raise DuplicateKey(message)
        found[code] = (status, rate)
    return found


def _price_row(line: str, place: Place) -> tuple[str, str, Decimal | None]:
    cells = line.split(",")
    try:
        code, status, rate = cells
        dollars = Decimal(rate) if rate else None
    except (ValueError, InvalidOperation) as error:
        message = f"{place}: not a code, a status indicator and an amount: {line!r}"
        raise BadValue(message) from error
    if not code or not status or (dollars is not None and not (dollars.is_finite() and dollars >= 0)):
        message = f"{place}: not a code, a status indicator and an amount: {line!r}"
        raise BadValue(message)
    return code, status, dollars


def _day(value: str, place: Place) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        message = f"{place}: {value!r} is not a day written YYYY-MM-DD"
        raise BadValue(message) from error


def _field(node: yaml.Node, place: Place) -> _Field:
    if isinstance(node, yaml.MappingNode):
        return _Field(place, _section(node, place))
    if isinstance(node, yaml.SequenceNode):
        items = tuple(
            _field(item, place.below(line=item.start_mark.line + 1, key=str(number)))
            for number, item in enumerate(node.value, start=1)
        )
        return _Field(place, items)
    text: str = node.value
    is_quoted = isinstance(node, yaml.ScalarNode) and bool(node.style)
    return _Field(place, text.strip() if is_quoted or text not in _NOTHING else None)


def _section(node: yaml.MappingNode, place: Place) -> Section:
    fields: dict[str, _Field] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            message = f"{place.file}:{line}: {place.key}: a key must be one word"
            raise BadValue(message)
        key = key_node.value
        below = place.below(line=line, key=key)
        if key in fields:
            message = f"{below}: the key stands here a second time (first in line {fields[key].place.line})"
            raise DuplicateKey(message)
        fields[key] = _field(value_node, below)
    return Section(place=place, fields=fields)
