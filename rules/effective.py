"""When something holds: half-open periods of calendar days, and what is in force as of a date."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class EffectivePeriod:
    """From `since` (inclusive) until `until` (exclusive); None: no end is known.

    Raises ValueError for a period without a single day.
    """

    since: date
    until: date | None = None

    def __post_init__(self) -> None:
        if self.until is not None and self.until <= self.since:
            message = f"a period from {self.since} until {self.until} holds no day"
            raise ValueError(message)

    def holds_on(self, on: date) -> bool:
        """Whether `on` is a day of the period."""
        return self.since <= on and (self.until is None or on < self.until)

    def overlaps(self, other: "EffectivePeriod") -> bool:
        """Whether the two share a day."""
        return (other.until is None or self.since < other.until) and (self.until is None or other.since < self.until)

    def covers(self, other: "EffectivePeriod") -> bool:
        """Whether every day of the other is one of its own."""
        if self.since > other.since:
            return False
        return self.until is None or (other.until is not None and other.until <= self.until)

    def __str__(self) -> str:
        return f"{self.since} to {self.until or 'open'}"


class Dated(Protocol):
    """Whatever carries the period in which it holds."""

    @property
    def period(self) -> EffectivePeriod:
        """The days on which it holds."""
        ...  # pragma: no cover


D = TypeVar("D", bound=Dated)


def as_of(entries: Iterable[D], on: date) -> D | None:
    """The first entry in force on `on`; None where there is none, which is never zero."""
    for entry in entries:
        if entry.period.holds_on(on):
            return entry
    return None


def overlaps(periods: Sequence[EffectivePeriod]) -> tuple[tuple[EffectivePeriod, EffectivePeriod], ...]:
    """Neighbouring periods, in order of their first day, that share a day. Empty: no two periods do."""
    ordered = sorted(periods, key=lambda period: period.since)
    return tuple(pair for pair in pairwise(ordered) if pair[0].overlaps(pair[1]))


def gaps(periods: Sequence[EffectivePeriod]) -> tuple[EffectivePeriod, ...]:
    """The spans between the first and the last day of the periods that none of them covers."""
    found: list[EffectivePeriod] = []
    covered_until: date | None = None
    is_open = False
    for period in sorted(periods, key=lambda each: each.since):
        if covered_until is not None and not is_open and period.since > covered_until:
            found.append(EffectivePeriod(covered_until, period.since))
        is_open = is_open or period.until is None
        if period.until is not None:
            covered_until = max(covered_until or period.until, period.until)
    return tuple(found)
