"""Facts and results as canonical JSON text and back: the same value always gives the same bytes.

Keys are sorted, fields at their default are left out, decimals and times are text. A text of today is read
by every later release: fields are only ever added, with a default.
"""

import json
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from rules.facts import EncounterFacts
from rules.result import CodingResult

T = TypeVar("T")


def facts_to_json(facts: EncounterFacts) -> str:
    """The facts of one run as canonical JSON."""
    return _text(facts)


def facts_from_json(text: str) -> EncounterFacts:
    """The facts that `facts_to_json` wrote. ValueError where the text is none of its making."""
    return _read(EncounterFacts, text)


def result_to_json(result: CodingResult) -> str:
    """The result of one run as canonical JSON."""
    return _text(result)


def result_from_json(text: str) -> CodingResult:
    """The result that `result_to_json` wrote. ValueError where the text is none of its making."""
    return _read(CodingResult, text)


def _text(value: object) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(value: object) -> Any:
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, Enum):
        return value.value
    kind: Any = type(value)
    if _is_record(kind):
        found = {}
        for name, default, make in _fields(kind):
            item = getattr(value, name)
            if item == default and isinstance(item, bool) is isinstance(default, bool):
                continue
            if make is not None and item == make():
                continue
            found[name] = _plain(item)
        return found
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


@cache
def _is_record(kind: Any) -> bool:
    """Whether values of the type have named fields: facts are dataclasses, results are named tuples."""
    return isinstance(kind, type) and (is_dataclass(kind) or hasattr(kind, "_field_defaults"))


@cache
def _fields(kind: Any) -> tuple[tuple[str, object, Callable[[], object] | None], ...]:
    """Name, default and maker of the default of each field."""
    if is_dataclass(kind):
        return tuple((one.name, one.default, _factory(one)) for one in fields(kind))
    return tuple((name, kind._field_defaults.get(name, MISSING), None) for name in kind._fields)


def _factory(one: Field[Any]) -> Callable[[], object] | None:
    return None if one.default_factory is MISSING else one.default_factory


def _read(kind: type[T], text: str) -> T:
    key: Any = kind
    try:
        value = _reader(key)(json.loads(text))
    except (KeyError, TypeError, AttributeError, ArithmeticError) as wrong:
        message = f"not a snapshot of {kind.__name__}: {wrong!r}"
        raise ValueError(message) from wrong
    assert isinstance(value, kind)  # noqa: S101 (narrows the type; the reader builds nothing else)
    return value


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What turns JSON into a value of that type."""
    if get_origin(kind) in (Union, UnionType):
        return _union_reader(get_args(kind))
    if get_origin(kind) is tuple:
        return _tuple_reader(get_args(kind))
    if _is_record(kind):
        return _record_reader(kind)
    if kind in (date, datetime):
        read: Callable[[Any], Any] = kind.fromisoformat
        return read
    if kind is Decimal or (isinstance(kind, type) and issubclass(kind, Enum)):
        make: Callable[[Any], Any] = kind
        return make
    return lambda value: value


def _union_reader(members: tuple[Any, ...]) -> Callable[[Any], Any]:
    """Of the unions in facts and results all are: something or None, an enum or text, plain scalars."""
    some = [member for member in members if member is not NoneType]
    if all(member in (str, int, bool) for member in some):
        return lambda value: value
    words = [member for member in some if isinstance(member, type) and issubclass(member, Enum)]
    if words:
        known = {word.value: word for kind in words for word in kind}
        return lambda value: known.get(value, value)
    read = _reader(some[0])
    return lambda value: None if value is None else read(value)


def _tuple_reader(members: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(members) == 2 and members[1] is Ellipsis:  # noqa: PLR2004 (tuple[X, ...])
        read = _reader(members[0])
        return lambda value: tuple(read(item) for item in value)
    readers = [_reader(member) for member in members]
    return lambda value: tuple(read(item) for read, item in zip(readers, value, strict=True))


def _record_reader(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    readers = {name: _reader(hints[name]) for name, _, _ in _fields(kind)}
    return lambda value: kind(**{name: readers[name](item) for name, item in value.items()})
