"""The sheet that the stages write on: what they share, and the answer as it grows. Nothing here decides a rule."""

from collections.abc import Iterable, Sequence
from datetime import date

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
from rules.rulebook.model import InForce
from rules.rulebook.policy import Policy
from rules.vocabulary import FindingKind, LineFamily, Reason, Role, Severity
from rules.worksheet.doses import Dose
from rules.worksheet.drafts import SLOT_ORDER, Draft, coded_line, in_order
from rules.worksheet.steps import step
from rules.worksheet.units import LAST, AccessSheet, Entry, Unit


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
        self.doses: list[Dose] = []
        self.not_billed: list[tuple[Entry, NotBilled]] = []
        self.findings: list[tuple[tuple[str, ...], Finding]] = []
        self.ledger: list[tuple[Entry, Draft | Reason, Spans]] = []
        self.unit_ledger: list[UnitLedgerEntry] = []
        self.diagnoses: list[SuggestedDiagnosis] = []

    def chose(self, kind: str, rule: str, key: str, /, **values: Scalar) -> Step:
        """A step that a policy value decided."""
        return Step(kind, rule, tuple(values.items()), (key, self.policy[key]))

    def withhold(self, entries: Iterable[Entry], reason: Reason, why: Step, spans: Spans | None = None) -> None:
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

    def bill(  # noqa: PLR0913 (all but two by keyword)
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
        code = self.in_force.codes.get(slot, "")
        if dated is None:
            dated = self.facts.date_of_service if at is None or at == LAST else chronology.local_date(at, first.offset)
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
                access.rank if access else 0,
                SLOT_ORDER.get(slot, 50),
                LAST if at is None else at,
                first.id,
            ),
            steps=steps,
            visit=first.visit,
            access=access.label if access else None,
            minutes=minutes,
            lost=lost or [],
            price=self.in_force.price(code, self.facts.setting),
        )
        if not code:
            self._withhold_without_code(slot, entries, spans)
            return draft
        self.drafts.append(draft)
        for entry in entries:
            used = entry.runs if spans is None else chronology.common(entry.runs, spans)
            if used:
                self.ledger.append((entry, draft, used))
        return draft

    def _withhold_without_code(self, slot: str, entries: Sequence[Entry], spans: Spans | None) -> None:
        """Entries whose code is not in force on the date of service earn nothing, and that is said (G4)."""
        why = step("code_not_in_force", "G4", what=slot.replace("_", " "))
        if spans != ():
            self.withhold(entries, Reason.RULE_NOT_IN_FORCE, why, spans)
        self.find(FindingKind.RULE_NOT_IN_FORCE, Severity.BLOCKS, entries, why)

    def lost(self, slot: str, why: Step) -> list[Lost]:
        """The alternative of this slot, weighed and lost; nothing where its code is not in force."""
        code = self.in_force.codes.get(slot)
        return [] if code is None else [Lost(code, why)]

    def bill_hours(  # noqa: PLR0913 (all but three by keyword)
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
        return tuple(chronology.minute_at(spans, hour * (nth + 1) + beyond - 1) for nth in range(count))

    def settled_lines(self) -> tuple[CodedLine, ...]:
        """The drafts as coded lines, in order, each with a key that is unique within the run."""
        used: dict[str, int] = {}
        lines = []
        for draft in sorted(self.drafts, key=in_order):
            stem = "-".join([draft.code, *draft.modifiers])
            used[stem] = used.get(stem, 0) + 1
            draft.key = f"{stem}-{used[stem]}"
            lines.append(coded_line(draft))
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
