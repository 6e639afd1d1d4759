"""What runs: entries, the units and services made of them, and the accesses they run in.

An *entry* is one administration; a *unit* is one bag, syringe or single entry, which is what runs; a *service*
is what counts as one. Nothing here decides a rule. What follows from a unit's or a service's parts is worked out
once, when it is made; their parts do not change after that.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final

from rules import chronology
from rules.chronology import Spans
from rules.facts import Administration
from rules.result import Step
from rules.vocabulary import LineFamily, Reason, Technique
from rules.worksheet.steps import make_step
from rules.worksheet.words import IV, THERAPEUTIC

LAST: Final = 1 << 60
"""Sorts a missing time behind every charted one."""


class Entry:
    """One administration with its times as minutes; `runs` are the minutes in which it really ran.

    `drug` is the ingredient's name, `drug_facts` what is known of it. `chart` spans start to stop where both are
    known; `paused` and `after_order` are parts of it. What every stage asks of the chart stands here too, read once:
    `label` names the access, and `drug_family` is the drug's administration family, as the policy has it. `place`:
    its own among the entries of the encounter.
    """

    __slots__ = (
        "after_order", "bag", "chart", "drug", "drug_facts", "drug_family", "family", "given", "id", "label", "offset",
        "paused", "place", "problem", "purpose", "route", "runs", "start", "status", "stop", "technique", "visit",
    )  # fmt: skip

    def __init__(
        self,
        given: Administration,
        *,
        visit: int,
        start: int | None,
        stop: int | None,
        offset: int,
        chart: Spans,
    ) -> None:
        drug = given.drug
        self.given = given
        self.id = str(given.id)
        self.drug_facts = drug
        self.drug = str(drug.name)
        self.drug_family: str | None = drug.family
        self.label = str(given.access)
        self.route: str | None = given.route
        self.technique: str | None = given.technique
        self.purpose: str | None = given.purpose
        self.status: str | None = given.status
        self.bag: str | None = given.bag
        self.visit = visit
        self.start = start
        self.stop = stop
        self.offset = offset
        self.chart = chart
        self.runs = chart
        self.problem: str | None = None
        self.paused: Spans = ()
        self.after_order: Spans = ()
        self.family: LineFamily = THERAPEUTIC
        self.place = 0


class Unit:
    """What runs as one: a bag, a syringe, or a single entry. `technique` is the resolved one.

    `start` and `stop` are None where not known; `runs` is the union of its entries' running minutes.
    `is_stopped_short`: an infusion that ended within push time and is coded as ordered, with modifier 53.
    `at`: the start, else the stop, else behind every charted time; `end` the other way round.
    `offset`: minutes that the wall clock of its first entry is ahead of UTC. `names`: its drugs, for a sentence.
    `is_iv`: its route is the ordinary intravenous one.
    """

    __slots__ = (
        "at", "end", "entries", "family", "id", "ingredients", "is_iv", "is_stopped_short", "label", "minutes",
        "missing", "names", "offset", "route", "runs", "start", "stop", "technique", "visit",
    )  # fmt: skip

    def __init__(
        self,
        entries: list[Entry],
        *,
        family: LineFamily,
        technique: Technique,
        ingredients: frozenset[str],
        start: int | None,
        stop: int | None,
        runs: Spans,
    ) -> None:
        first = entries[0]
        self.entries = entries
        self.id = first.id
        self.visit = first.visit
        self.label = first.label
        self.route = str(first.route)
        self.is_iv = self.route == IV
        self.family = family
        self.technique = technique
        self.ingredients = ingredients
        self.start = start
        self.stop = stop
        self.runs = runs
        self.is_stopped_short = False
        self.missing: Reason | None = None
        self.minutes = chronology.total(runs)
        self.at = start if start is not None else LAST if stop is None else stop
        self.end = self.at if stop is None else stop
        self.offset = first.offset
        self.names = first.drug if len(entries) == 1 else names(entries)


class Service:
    """Units that count as one infusion or hydration service; `minutes` is the union of their runs.

    `hour_marks`: the clock minutes in which each additional hour is earned, first to last. `own`: the minutes that
    alone are timed, where part of an overlap is set aside. `entries`: those of all its units, in their order.
    `ran`: how long its units ran together (B8). `names`: its drugs, for a sentence.
    """

    __slots__ = (
        "entries", "family", "hour_marks", "id", "ingredients", "is_stopped_short", "minutes", "names", "offset",
        "own", "ran", "runs", "start", "units",
    )  # fmt: skip

    def __init__(
        self,
        units: list[Unit],
        *,
        family: LineFamily,
        ingredients: frozenset[str],
        runs: Spans,
        minutes: int,
        start: int,
        id: str,  # noqa: A002 (as an entry's and a unit's)
        hour_marks: tuple[int, ...],
        is_stopped_short: bool = False,
    ) -> None:
        first, count = units[0], len(units)
        self.units = units
        self.family = family
        self.ingredients = ingredients
        self.runs = runs
        self.minutes = minutes
        self.start = start
        self.id = id
        self.hour_marks = hour_marks
        self.is_stopped_short = is_stopped_short
        self.own: Spans | None = None
        self.offset = first.offset
        self.entries = first.entries if count == 1 else entries_of(units)
        self.names = first.names if count == 1 else names(self.entries)
        self.ran = make_step("running", "B8", (("minutes", minutes), ("runs", count), ("drug", self.names)))


class AccessSheet:
    """One needed access of one visit, with its services. `rank` orders the accesses of a visit from 0.

    `chosen_by`: why its initial service is the initial one.
    """

    __slots__ = ("chosen_by", "hydration", "infusions", "initial", "label", "pushes", "rank", "units", "visit")

    def __init__(self, *, visit: int, label: str, rank: int, units: list[Unit]) -> None:
        self.visit = visit
        self.label = label
        self.rank = rank
        self.units = units
        self.infusions: list[Service] = []
        self.pushes: list[Unit] = []
        self.hydration: Service | None = None
        self.initial: Service | Unit | None = None
        self.chosen_by: Step | None = None

    def why_initial(self) -> list[Step]:
        """Why that one is initial, as steps of its line."""
        return [] if self.chosen_by is None else [self.chosen_by]


def in_clock_order(units: list[Unit]) -> list[Unit]:
    """These units by clock, then by id. Most charts have them so already, and looking is quicker than sorting."""
    at, id = -LAST, ""  # noqa: A001 (as a unit's)
    for unit in units:
        if unit.at < at or (unit.at == at and unit.id < id):
            return sorted(units, key=_BY_CLOCK)
        at, id = unit.at, unit.id  # noqa: A001
    return units


_BY_CLOCK: Final = attrgetter("at", "id")


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
