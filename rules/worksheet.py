"""What the stages write on: entries, units and accesses in the making, and the answer as it grows.

An *entry* is one administration; a *unit* is one bag, syringe or single entry, which is what runs; a *line in
the making* becomes a coded line. Nothing here decides a rule.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from rules import chronology
from rules.chronology import Spans
from rules.facts import Administration, EncounterFacts
from rules.result import (
    CodedLine,
    Finding,
    LedgerEntry,
    Lost,
    NdcLine,
    NotBilled,
    Scalar,
    Step,
    SuggestedDiagnosis,
    UnitLedgerEntry,
)
from rules.rulebook.model import InForce, Policy
from rules.vocabulary import FindingKind, LineFamily, Reason, Role, Severity, Technique

LAST = 1 << 60
"""Sorts a missing time behind every charted one."""


def step(kind: str, rule: str, /, **values: Scalar) -> Step:
    """A step without a policy value behind it."""
    return Step(kind, rule, tuple(values.items()))


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
        return self.given.drug.name


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


@dataclass(slots=True, eq=False)
class Draft:
    """A line in the making."""

    slot: str
    code: str
    units: int
    role: Role
    family: LineFamily
    entries: Sequence[Entry]
    date_of_service: date
    order: tuple[int, int, int, int, str]
    steps: list[Step]
    visit: int = 1
    access: str | None = None
    minutes: int | None = None
    modifiers: list[str] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    diagnoses: tuple[str, ...] = ()
    narrative: str | None = None
    ndc: NdcLine | None = None
    price: Decimal | None = None
    is_initial: bool = False
    key: str = ""


# The order of lines on the page and the claim; it decides nothing.
SLOT_ORDER: dict[str, int] = {
    slot: place
    for place, slot in enumerate(
        (
            "chemo_infusion_initial",
            "chemo_push_initial",
            "therapeutic_infusion_initial",
            "therapeutic_push_initial",
            "hydration_initial",
            "chemo_sequential",
            "chemo_hour",
            "chemo_pump_start",
            "pump_start_medicare",
            "prolonged_infusion_facility",
            "chemo_push",
            "therapeutic_sequential",
            "therapeutic_hour",
            "therapeutic_concurrent",
            "therapeutic_push",
            "therapeutic_push_repeat",
            "hydration_additional",
        )
    )
}


class Worksheet:
    """All that the stages of one run share."""

    def __init__(self, *, facts: EncounterFacts, in_force: InForce, policy: Policy) -> None:
        self.facts = facts
        self.in_force = in_force
        self.policy = policy
        self.minutes = in_force.minutes
        self.entries: list[Entry] = []
        self.passed: list[Entry] = []
        self.units: list[Unit] = []
        self.accesses: list[AccessSheet] = []
        self.transfusions: dict[int, Spans] = {}
        self.drafts: list[Draft] = []
        self.not_billed: list[tuple[Entry, NotBilled]] = []
        self.findings: list[tuple[tuple[str, ...], Finding]] = []
        self.ledger: list[tuple[Entry, Draft | Reason, Spans]] = []
        self.unit_ledger: list[UnitLedgerEntry] = []
        self.diagnoses: list[SuggestedDiagnosis] = []

    def chose(self, kind: str, rule: str, key: str, /, **values: Scalar) -> Step:
        """A step that a policy value decided."""
        return Step(kind, rule, tuple(values.items()), (key, self.policy[key]))

    def withhold(
        self, entries: Iterable[Entry], reason: Reason, why: Step, spans: Spans | None = None
    ) -> None:
        """Minutes of these entries earn nothing; without `spans` all their running minutes."""
        for entry in entries:
            lost = entry.runs if spans is None else chronology.common(entry.runs, spans)
            minutes = chronology.total(lost)
            if spans is not None and not minutes:
                continue
            timed = minutes if entry.chart else None
            self.not_billed.append((entry, NotBilled(entry.id, reason, why, timed)))
            self.ledger.append((entry, reason, lost))

    def set_apart(self, entry: Entry, reason: Reason, why: Step, spans: Spans) -> None:
        """Charted minutes of an entry that did not run, with their reason."""
        minutes = chronology.total(spans)
        self.not_billed.append((entry, NotBilled(entry.id, reason, why, minutes)))
        self.ledger.append((entry, reason, spans))

    def find(
        self,
        kind: FindingKind,
        severity: Severity,
        entries: Iterable[Entry],
        why: Step,
        mend: Step | None = None,
    ) -> None:
        """A finding about these entries, or about the encounter where there are none."""
        ids = tuple(sorted({entry.id for entry in entries}))
        self.findings.append((ids, Finding(kind, severity, ids, why, mend)))

    def bill(
        self,
        slot: str,
        entries: Sequence[Entry],
        *,
        role: Role,
        family: LineFamily,
        steps: list[Step],
        units: int = 1,
        at: int | None = None,
        dated: date | None = None,
        access: AccessSheet | None = None,
        minutes: int | None = None,
        spans: Spans | None = None,
        lost: list[Lost] | None = None,
    ) -> Draft:
        """A line for these entries; `spans` are the minutes it consumes, all running ones where None.

        `at`: the minute its service began, which gives its date (coding-rules section 11).
        """
        first = entries[0]
        if dated is None:
            dated = (
                self.facts.date_of_service
                if at is None or at == LAST
                else chronology.local_date(at, first.offset)
            )
        code = self.in_force.codes[slot]
        draft = Draft(
            slot=slot,
            code=code,
            units=units,
            role=role,
            family=family,
            entries=entries,
            date_of_service=dated,
            order=(
                first.visit,
                access.rank if access else 99,
                SLOT_ORDER.get(slot, 50),
                LAST if at is None else at,
                first.id,
            ),
            steps=steps,
            visit=first.visit,
            access=access.label if access else None,
            minutes=minutes,
            lost=lost or [],
        )
        self.drafts.append(draft)
        for entry in entries:
            used = entry.runs if spans is None else chronology.common(entry.runs, spans)
            if used:
                self.ledger.append((entry, draft, used))
        return draft

    def bill_hours(
        self,
        slot: str,
        entries: Sequence[Entry],
        marks: Sequence[int],
        *,
        role: Role,
        family: LineFamily,
        steps: list[Step],
        at: int,
        access: AccessSheet | None,
        minutes: int,
        spans: Spans,
        lost: list[Lost] | None = None,
    ) -> list[Draft]:
        """Lines for hours earned at these clock minutes: one, or by policy one for each date (A6)."""
        if not marks:
            return []
        offset = entries[0].offset
        first_date = chronology.local_date(at, offset)
        earned: dict[date, int] = {}
        for mark in marks:
            is_split = self.policy["midnight_dating"] == "split"
            dated = chronology.local_date(mark, offset) if is_split else first_date
            earned[dated] = earned.get(dated, 0) + 1
        shares: dict[date, list[tuple[int, int]]] = {dated: [] for dated in earned}
        dates = sorted(earned)
        for day, span in chronology.split_at_midnights(spans, offset):
            home = max((dated for dated in dates if dated <= day), default=dates[0])
            shares[home].append(span)
        return [
            self.bill(
                slot,
                entries,
                role=role,
                family=family,
                steps=list(steps),
                units=earned[dated],
                at=at,
                dated=dated,
                access=access,
                minutes=minutes,
                spans=chronology.union(shares[dated]),
                lost=lost,
            )
            for dated in dates
        ]

    def hour_marks(self, spans: Spans) -> tuple[int, ...]:
        """The clock minute in which each additional hour is earned: running minute 91, 151, … (B3)."""
        hour, beyond = self.minutes.hour, self.minutes.additional_from
        count = max(0, (chronology.total(spans) - beyond) // hour)
        return tuple(
            chronology.minute_at(spans, hour * (nth + 1) + beyond - 1) for nth in range(count)
        )

    def settled_lines(self) -> tuple[CodedLine, ...]:
        """The drafts as coded lines, in order, each with a key that is unique within the run."""
        used: dict[str, int] = {}
        lines = []
        for draft in sorted(self.drafts, key=_draft_order):
            stem = "-".join([draft.code, *draft.modifiers])
            used[stem] = used.get(stem, 0) + 1
            draft.key = f"{stem}-{used[stem]}"
            lines.append(_coded_line(draft))
        return tuple(lines)

    def settled_ledger(self) -> tuple[LedgerEntry, ...]:
        """Every charted minute in its bucket, by administration and clock."""
        rows = [
            LedgerEntry(
                administration=entry.id,
                bucket=bucket.key if isinstance(bucket, Draft) else bucket.value,
                is_line=isinstance(bucket, Draft),
                minutes=chronology.total(spans),
                spans=tuple(
                    (
                        chronology.clock_text(start, entry.offset),
                        chronology.clock_text(stop, entry.offset),
                    )
                    for start, stop in spans
                ),
            )
            for entry, bucket, spans in self.ledger
            if spans
        ]
        rows.sort(key=lambda row: (row.administration, row.spans, row.bucket))
        return tuple(rows)

    def settled_not_billed(self) -> tuple[NotBilled, ...]:
        """What earned nothing, by clock and administration."""
        rows = sorted(
            self.not_billed,
            key=lambda row: (
                LAST if row[0].start is None else row[0].start,
                row[1].administration,
                row[1].reason,
                -1 if row[1].minutes is None else row[1].minutes,
            ),
        )
        return tuple(row for _, row in rows)

    def settled_findings(self) -> tuple[Finding, ...]:
        """The findings, the heaviest first."""
        rows = sorted(
            self.findings,
            key=lambda row: (_WEIGHT[row[1].severity], row[1].kind, row[0], repr(row[1].step)),
        )
        return tuple(row for _, row in rows)


_WEIGHT = {Severity.BLOCKS: 0, Severity.WARNS: 1, Severity.INFORMS: 2}


def _draft_order(draft: Draft) -> tuple[bool, int, int, int, int, str, str, date, tuple[str, ...]]:
    is_drug = draft.role in (Role.DRUG, Role.DISCARDED)
    return (is_drug, *draft.order, draft.code, draft.date_of_service, tuple(draft.modifiers))


def _coded_line(draft: Draft) -> CodedLine:
    return CodedLine(
        key=draft.key,
        code=draft.code,
        units=draft.units,
        role=draft.role,
        family=draft.family,
        administrations=tuple(sorted({entry.id for entry in draft.entries})),
        date_of_service=draft.date_of_service,
        modifiers=tuple(draft.modifiers),
        access=draft.access,
        visit=draft.visit,
        minutes=draft.minutes,
        steps=tuple(draft.steps),
        lost=tuple(draft.lost),
        diagnoses=draft.diagnoses,
        narrative=draft.narrative,
        ndc=draft.ndc,
        price=draft.price,
    )


def names(entries: Iterable[Entry]) -> str:
    """The drugs of these entries, each once, in order of the ids."""
    seen = dict.fromkeys(entry.drug for entry in entries)
    return ", ".join(seen)


def running(units: Sequence[Unit], minutes: int) -> Step:
    """How long these units ran together (B8)."""
    drug = names(entry for unit in units for entry in unit.entries)
    return step("running", "B8", minutes=minutes, runs=len(units), drug=drug)
