"""Dated, cited values out of a rule file's sections."""

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date
from itertools import combinations
from typing import TypeVar

from rules.citation import Citation, Source
from rules.effective import EffectivePeriod
from rules.errors import BadValue, DuplicateKey, OverlappingPeriods, UncitedValue
from rules.rulebook.document import Place, Section
from rules.rulebook.policy import CitedValue

T = TypeVar("T")

DATED = ("from", "until")
CITED = (*DATED, "source", "locator")


def values_of(
    entries: Iterable[Section],
    *,
    sources: Mapping[str, Source],
    checked: date,
    value: Callable[[Section], T],
    keys: tuple[str, ...] = ("value",),
) -> tuple[CitedValue[T], ...]:
    """The entries as values, each with its period and source; `keys` are those that `value` reads.

    Raises UnknownKey, BadValue, UncitedValue or OverlappingPeriods.
    """
    found: list[tuple[CitedValue[T], Place]] = []
    for entry in entries:
        entry.only(*keys, *CITED)
        cited = CitedValue(value(entry), period_of(entry), citation_of(entry, sources=sources), checked)
        found.append((cited, entry.place))
    refuse_overlaps([(cited.period, place) for cited, place in found])
    return tuple(cited for cited, _ in found)


def citation_of(entry: Section, *, sources: Mapping[str, Source]) -> Citation:
    """The source and locator of an entry. Raises UncitedValue."""
    source = entry.optional_text("source")
    if source is None:
        message = f"{entry.place}: no source is given"
        raise UncitedValue(message)
    if source not in sources:
        message = f"{entry.place_of('source')}: no source is called {source!r}"
        raise UncitedValue(message)
    return Citation(source, entry.optional_text("locator") or "")


def period_of(entry: Section) -> EffectivePeriod:
    """The days of an entry, `from` inclusive and `until` exclusive. Raises BadValue."""
    since = entry.day("from")
    until = entry.optional_day("until")
    if until is not None and until <= since:
        message = f"{entry.place_of('until')}: {until} is not after {since}; until is the first day without the value"
        raise BadValue(message)
    return EffectivePeriod(since, until)


def refuse_overlaps(entries: list[tuple[EffectivePeriod, Place]]) -> None:
    """Raises OverlappingPeriods where two of the entries are in force on one day."""
    for (first, first_place), (second, place) in combinations(entries, 2):
        if first.overlaps(second):
            message = f"{place}: {second} overlaps {first} in line {first_place.line}"
            raise OverlappingPeriods(message)


def refuse_second(key: object, earlier: Container[object], place: Place) -> None:
    """Raises DuplicateKey for a key that an earlier file has."""
    if key in earlier:
        message = f"{place}: defined in an earlier file"
        raise DuplicateKey(message)


def some(entry: Section, key: str) -> tuple[str, ...]:
    """The list under a key that must hold something. Raises BadValue."""
    found = entry.texts(key)
    if not found:
        message = f"{entry.place}: {key} is missing or lists nothing"
        raise BadValue(message)
    return found
