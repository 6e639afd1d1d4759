"""The sheet that the stages write on: what they share, and the answer as it grows. Nothing here decides a rule."""

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from operator import itemgetter
from typing import Final

from rules import chronology
from rules.chronology import Spans
from rules.facts import EncounterFacts
from rules.result import (
    CodedLine,
    Finding,
    LedgerEntry,
    Lost,
    NotBilled,
    Scalar,
    Step,
    SuggestedDiagnosis,
    UnitLedgerEntry,
)
from rules.rulebook.terms import Terms
from rules.vocabulary import FindingKind, LineFamily, Reason, Role, Severity
from rules.worksheet.doses import Dose
from rules.worksheet.drafts import SLOT_ORDER, Draft, Order, coded_line, ids_of, in_order
from rules.worksheet.steps import NEW, make_finding, make_not_billed, make_step, step
from rules.worksheet.units import LAST, AccessSheet, Entry, Unit


class Worksheet:
    """All that the stages of one run share."""

    def __init__(self, *, facts: EncounterFacts, terms: Terms) -> None:
        self.facts = facts
        self.terms = terms
        self.answers = terms.answers
        self.slots = terms.slots
        self.entries: list[Entry] = []
        self.passed: list[Entry] = []
        self.units: list[Unit] = []
        self.accesses: list[AccessSheet] = []
        self.transfusions: dict[int, Spans] = {}
        self.drafts: list[Draft] = []
        self.doses: list[Dose] = []
        self.not_billed: list[tuple[Entry, NotBilled]] = []
        self.findings: list[tuple[tuple[str, ...], Finding]] = []
        self.ledger: list[list[tuple[Draft | Reason, Spans]]] = []
        """Where the minutes of each entry went, in its place: a line or a reason each."""
        self.unit_ledger: list[UnitLedgerEntry] = []
        self.diagnoses: list[SuggestedDiagnosis] = []

    def chose(self, kind: str, rule: str, key: str, /, **values: Scalar) -> Step:
        """A step that a policy value decided."""
        return make_step(kind, rule, tuple(values.items()), (key, self.answers[key]))

    def withhold(self, entries: list[Entry], reason: Reason, why: Step, spans: Spans | None = None) -> None:
        """Running minutes of these entries earn nothing: those of `spans`, or all where None."""
        if spans == ():
            return
        for entry in entries:
            lost = entry.runs if spans is None else self._own(entry, entries, spans)
            minutes = chronology.total(lost)
            if spans is not None and not minutes:
                continue
            timed = minutes if entry.chart else None
            self.not_billed.append((entry, make_not_billed(entry.id, reason, why, timed)))
            self.ledger[entry.place].append((reason, lost))

    def set_apart(self, entry: Entry, reason: Reason, why: Step, spans: Spans) -> None:
        """Charted minutes of an entry that did not run, with their reason."""
        minutes = chronology.total(spans)
        self.not_billed.append((entry, make_not_billed(entry.id, reason, why, minutes)))
        self.ledger[entry.place].append((reason, spans))

    def find(
        self,
        kind: FindingKind,
        severity: Severity,
        entries: list[Entry],
        why: Step,
        mend: Step | None = None,
    ) -> None:
        """A finding about these entries, or about the encounter where there are none."""
        ids = ids_of(entries)
        self.findings.append((ids, make_finding(kind, severity, ids, why, mend)))

    def bill(  # noqa: PLR0913 (all but two by keyword)
        self,
        slot: str,
        entries: list[Entry],
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
        lost: tuple[Lost, ...] = (),
    ) -> Draft:
        """A line for these entries; `spans` are those of their running minutes it consumes, all where None.

        `at`: the minute its service began, which gives its date (coding-rules section 11).
        """
        first = entries[0]
        code, price = self.slots.get(slot, NOT_IN_FORCE)
        if at is None:
            at = LAST
        if dated is None:
            dated = self.facts.date_of_service if at == LAST else chronology.local_date(at, first.offset)
        rank, label = (0, None) if access is None else (access.rank, access.label)
        order: Order = (first.visit, rank, SLOT_ORDER.get(slot, 50), at, first.id)
        draft = Draft(
            slot=slot,
            code=code,
            units=units,
            role=role,
            family=family,
            entries=entries,
            date_of_service=dated,
            order=order,
            steps=steps,
            visit=first.visit,
            access=label,
            minutes=minutes,
            lost=lost,
            price=price,
        )
        if not code:
            self._withhold_without_code(slot, entries, spans)
            return draft
        self.drafts.append(draft)
        if spans != ():
            for entry in entries:
                used = entry.runs if spans is None else self._own(entry, entries, spans)
                if used:
                    self.ledger[entry.place].append((draft, used))
        return draft

    @staticmethod
    def _own(entry: Entry, entries: list[Entry], spans: Spans) -> Spans:
        """The entry's own of minutes that all lie within those of these entries."""
        return spans if len(entries) == 1 else chronology.common(entry.runs, spans)

    def _withhold_without_code(self, slot: str, entries: list[Entry], spans: Spans | None) -> None:
        """Entries whose code is not in force on the date of service earn nothing, and that is said (G4)."""
        why = step("code_not_in_force", "G4", what=slot.replace("_", " "))
        if spans != ():
            self.withhold(entries, Reason.RULE_NOT_IN_FORCE, why, spans)
        self.find(FindingKind.RULE_NOT_IN_FORCE, Severity.BLOCKS, entries, why)

    def lost(self, slot: str, why: Step) -> tuple[Lost, ...]:
        """The alternative of this slot, weighed and lost; nothing where its code is not in force."""
        kept = self.terms.lost.get(slot)
        if kept is not None and kept[0].step is why:
            return kept
        if slot not in self.slots:
            return ()
        lost = (NEW(Lost, (self.slots[slot][0], why)),)
        self.terms.lost[slot] = lost
        return lost

    def bill_hours(  # noqa: PLR0913 (all but three by keyword)
        self,
        slot: str,
        entries: list[Entry],
        marks: Sequence[int],
        *,
        role: Role,
        family: LineFamily,
        steps: list[Step],
        at: int,
        access: AccessSheet | None,
        minutes: int,
        spans: Spans,
        lost: tuple[Lost, ...] = (),
        under: Draft | None = None,
    ) -> None:
        """Lines for hours earned at these clock minutes: one, or by policy one for each date (A6).

        `under`: the line of the first hour, right below which they stand.
        """
        if not marks:
            return
        for dated, count, share in self._by_date(marks, spans, at=at, offset=entries[0].offset):
            draft = self.bill(
                slot,
                entries,
                role=role,
                family=family,
                steps=list(steps),
                units=count,
                at=at,
                dated=dated,
                access=access,
                minutes=minutes,
                spans=share,
                lost=lost,
            )
            if under is not None:
                draft.order = under.order

    def _by_date(
        self, marks: Sequence[int], spans: Spans, *, at: int, offset: int
    ) -> Iterable[tuple[date, int, Spans]]:
        """The dates on which hours were earned, how many on each, and each date's share of the minutes."""
        if self.answers["midnight_dating"] != "split":
            return [(chronology.local_date(at, offset), len(marks), spans)]
        earned = Counter(chronology.local_date(mark, offset) for mark in marks)
        dates = sorted(earned)
        shares: dict[date, list[tuple[int, int]]] = {dated: [] for dated in dates}
        for day, span in chronology.split_at_midnights(spans, offset):
            home = dates[max(0, bisect_right(dates, day) - 1)]
            shares[home].append(span)
        return [(dated, earned[dated], chronology.union(shares[dated])) for dated in dates]

    def hour_marks(self, spans: Spans, minutes: int) -> tuple[int, ...]:
        """The clock minute in which each additional hour is earned: running minute 91, 151, … (B3).

        `minutes`: how many the spans hold.
        """
        hour, beyond = self.terms.hour, self.terms.additional_from
        count = (minutes - beyond) // hour
        if count <= 0:
            return ()
        return chronology.minutes_at(spans, hour + beyond - 1, hour, count)

    def settled_lines(self) -> tuple[CodedLine, ...]:
        """The drafts as coded lines, in order, each with a key that is unique within the run."""
        used: dict[str, int] = {}
        lines = []
        for draft in in_order(self.drafts):
            stem = "-".join([draft.code, *draft.modifiers]) if draft.modifiers else draft.code
            nth = used[stem] = used.get(stem, 0) + 1
            draft.key = f"{stem}-{nth}"
            lines.append(coded_line(draft))
        return tuple(lines)

    def settled_ledger(self) -> tuple[LedgerEntry, ...]:
        """Every charted minute in its bucket, by administration and clock. Lines have their keys by now."""
        rows: list[LedgerEntry] = []
        # Entries stand in order of their ids, so that only a row of the same id can belong before another.
        begun, id, clocks = 0, None, NO_CLOCKS  # noqa: A001 (as an entry's)
        for place, entry in enumerate(self.entries):
            if id != entry.id:
                begun, id, clocks = len(rows), entry.id, NO_CLOCKS  # noqa: A001
            for bucket, spans in self.ledger[place]:
                if not spans:
                    continue
                is_line = isinstance(bucket, Draft)
                name = bucket.key if isinstance(bucket, Draft) else str(bucket)
                before, clocks = clocks, chronology.clock_texts(spans, entry.offset)
                row = NEW(_LEDGER_ENTRY, (id, name, is_line, chronology.total(spans), clocks))
                if before < clocks:
                    rows.append(row)
                else:
                    insort(rows, row, begun, key=_IN_LEDGER)
                    clocks = rows[-1].spans
        return tuple(rows)

    def settled_not_billed(self) -> tuple[NotBilled, ...]:
        """What earned nothing, by clock and administration."""
        if len(self.not_billed) > 1:
            self.not_billed.sort(key=_in_clock_order)
        return tuple([row for _, row in self.not_billed])

    def settled_findings(self) -> tuple[Finding, ...]:
        """The findings, the heaviest first."""
        if len(self.findings) > 1:
            self.findings.sort(key=_by_weight)
            if any(_by_weight(one) == _by_weight(next_) for one, next_ in pairwise(self.findings)):
                self.findings.sort(key=lambda row: (*_by_weight(row), repr(row[1].step)))
        return tuple([row for _, row in self.findings])


NOT_IN_FORCE: Final[tuple[str, None]] = ("", None)
NO_CLOCKS: Final[tuple[tuple[str, str], ...]] = ()
_LEDGER_ENTRY: Final = LedgerEntry
_WEIGHT: Final = {Severity.BLOCKS: 0, Severity.WARNS: 1, Severity.INFORMS: 2}
_IN_LEDGER: Final = itemgetter(*map(LedgerEntry._fields.index, ("administration", "spans", "bucket")))


def _in_clock_order(row: tuple[Entry, NotBilled]) -> tuple[int, str, str, int]:
    entry, one = row
    start = LAST if entry.start is None else entry.start
    return (start, one.administration, one.reason, -1 if one.minutes is None else one.minutes)


def _by_weight(row: tuple[tuple[str, ...], Finding]) -> tuple[int, str, tuple[str, ...]]:
    ids, finding = row
    return (_WEIGHT[finding.severity], finding.kind, ids)
