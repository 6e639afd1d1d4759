"""What runs: entries, the units and services made of them, and the accesses they run in.

An *entry* is one administration; a *unit* is one bag, syringe or single entry, which is what runs; a *service*
is what counts as one. Nothing here decides a rule.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rules import chronology
from rules.chronology import Spans
from rules.facts import Administration
from rules.result import Step
from rules.vocabulary import LineFamily, Reason, Technique
from rules.worksheet.steps import step

LAST = 1 << 60
"""Sorts a missing time behind every charted one."""


@dataclass(slots=True, eq=False)
class Entry:
    """One administration with its times as minutes; `runs` are the minutes in which it really ran.

    `chart` spans start to stop where both are known; `paused` and `after_order` are parts of it.
    """

    given: Administration
    id: str
    visit: int
    start: int | None
    stop: int | None
    offset: int
    problem: str | None = None
    chart: Spans = ()
    runs: Spans = ()
    paused: Spans = ()
    after_order: Spans = ()
    family: LineFamily = LineFamily.THERAPEUTIC

    @property
    def drug(self) -> str:
        """The ingredient's name."""
        return str(self.given.drug.name)


@dataclass(slots=True, eq=False)
class Unit:
    """What runs as one: a bag, a syringe, or a single entry. `technique` is the resolved one.

    `start` and `stop` are None where not known; `runs` is the union of its entries' running minutes.
    `is_stopped_short`: an infusion that ended within push time and is coded as ordered, with modifier 53.
    """

    entries: list[Entry]
    id: str
    visit: int
    label: str
    route: str
    family: LineFamily
    technique: Technique
    ingredients: frozenset[str]
    start: int | None
    stop: int | None
    runs: Spans
    is_stopped_short: bool = False
    missing: Reason | None = None

    @property
    def minutes(self) -> int:
        """Running minutes."""
        return chronology.total(self.runs)

    @property
    def at(self) -> int:
        """The start, else the stop, else behind every charted time."""
        if self.start is not None:
            return self.start
        return LAST if self.stop is None else self.stop

    @property
    def end(self) -> int:
        """The stop, else the start, else behind every charted time."""
        return self.at if self.stop is None else self.stop

    @property
    def offset(self) -> int:
        """Minutes that the wall clock of its first entry is ahead of UTC."""
        return self.entries[0].offset

    @property
    def names(self) -> str:
        """Its drugs, for a sentence."""
        return names(self.entries)


@dataclass(slots=True, eq=False)
class Service:
    """Units that count as one infusion or hydration service; `minutes` is the union of their runs."""

    units: list[Unit]
    family: LineFamily
    ingredients: frozenset[str]
    runs: Spans
    minutes: int
    start: int
    id: str
    hour_marks: tuple[int, ...] = ()
    """Clock minutes in which each additional hour is earned, first to last."""
    is_stopped_short: bool = False
    own: Spans | None = None
    """The minutes that alone are timed, where part of an overlap is set aside."""

    @property
    def entries(self) -> list[Entry]:
        """The entries of all its units, in order of their units."""
        return [entry for unit in self.units for entry in unit.entries]

    @property
    def offset(self) -> int:
        """Minutes that the wall clock of its first entry is ahead of UTC."""
        return self.units[0].offset

    @property
    def names(self) -> str:
        """Its drugs, for a sentence."""
        return names(self.entries)


@dataclass(slots=True, eq=False)
class AccessSheet:
    """One needed access of one visit, with its services. `rank` orders the accesses of a visit from 0."""

    visit: int
    label: str
    rank: int
    units: list[Unit]
    infusions: list[Service] = field(default_factory=list)
    pushes: list[Unit] = field(default_factory=list)
    hydration: Service | None = None
    initial: Service | Unit | None = None
    chosen_by: Step | None = None
    """Why that one is initial."""

    def why_initial(self) -> list[Step]:
        """Why that one is initial, as steps of its line."""
        return [] if self.chosen_by is None else [self.chosen_by]


def names(entries: Iterable[Entry]) -> str:
    """The drugs of these entries, each once, in order of the ids."""
    seen = dict.fromkeys(entry.drug for entry in entries)
    return ", ".join(seen)


def running(units: Sequence[Unit], minutes: int) -> Step:
    """How long these units ran together (B8)."""
    drug = names(entry for unit in units for entry in unit.entries)
    return step("running", "B8", minutes=minutes, runs=len(units), drug=drug)
