"""What runs: entries, the units and services made of them, and the accesses they run in.

An *entry* is one administration; a *unit* is one bag, syringe or single entry, which is what runs; a *service*
is what counts as one. Nothing here decides a rule. What follows from a unit's or a service's parts is worked out
once, when it is made; their parts do not change after that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rules import chronology
from rules.chronology import Spans
from rules.facts import Administration
from rules.result import Step, make_step
from rules.vocabulary import Family, LineFamily, Reason, Technique

LAST = 1 << 60
"""Sorts a missing time behind every charted one."""


@dataclass(slots=True, eq=False)
class Entry:
    """One administration with its times as minutes; `runs` are the minutes in which it really ran.

    `drug` is the ingredient's name. `chart` spans start to stop where both are known; `paused` and `after_order`
    are parts of it. `drug_family` is the drug's administration family, as the policy has it.
    """

    given: Administration
    id: str
    drug: str
    visit: int
    start: int | None
    stop: int | None
    offset: int
    chart: Spans = ()
    runs: Spans = ()
    problem: str | None = None
    paused: Spans = ()
    after_order: Spans = ()
    drug_family: str = Family.OTHER
    family: LineFamily = LineFamily.THERAPEUTIC


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
    minutes: int = field(init=False)
    """Running minutes."""
    at: int = field(init=False)
    """The start, else the stop, else behind every charted time."""
    end: int = field(init=False)
    """The stop, else the start, else behind every charted time."""
    offset: int = field(init=False)
    """Minutes that the wall clock of its first entry is ahead of UTC."""
    names: str = field(init=False)
    """Its drugs, for a sentence."""

    def __post_init__(self) -> None:
        start, stop, entries = self.start, self.stop, self.entries
        self.minutes = chronology.total(self.runs)
        self.at = at = start if start is not None else LAST if stop is None else stop
        self.end = at if stop is None else stop
        first = entries[0]
        self.offset = first.offset
        self.names = first.drug if len(entries) == 1 else names(entries)


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
    entries: list[Entry] = field(init=False)
    """The entries of all its units, in order of their units."""
    ran: Step = field(init=False)
    """How long its units ran together (B8)."""
    names: str = field(init=False)
    """Its drugs, for a sentence."""

    def __post_init__(self) -> None:
        units = self.units
        first, count = units[0], len(units)
        self.entries = first.entries if count == 1 else entries_of(units)
        self.names = drugs = first.names if count == 1 else names(self.entries)
        self.ran = make_step("running", "B8", (("minutes", self.minutes), ("runs", count), ("drug", drugs)))

    @property
    def offset(self) -> int:
        """Minutes that the wall clock of its first entry is ahead of UTC."""
        return self.units[0].offset


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
    return ", ".join(dict.fromkeys([entry.drug for entry in entries]))


def entries_of(units: Sequence[Unit]) -> list[Entry]:
    """The entries of these units, in order of the units."""
    if len(units) == 1:
        return units[0].entries
    return [entry for unit in units for entry in unit.entries]


def runs_of(parts: Sequence[Entry] | Sequence[Unit]) -> Spans:
    """The minutes in which any of them ran."""
    if len(parts) == 1:
        return parts[0].runs
    return chronology.union([span for part in parts for span in part.runs])


def running(units: Sequence[Unit], minutes: int) -> Step:
    """How long these units ran together (B8)."""
    drug = names(entries_of(units))
    return make_step("running", "B8", (("minutes", minutes), ("runs", len(units)), ("drug", drug)))
