"""What one mended fact would change: the same encounter coded again, and the difference in lines and dollars.

A counterfactual is neutral: losses stand beside gains. Findings that no fact of the chart can mend, or whose
mending changes no line, say so with an empty difference.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from rules.engine import NO_OVERRIDES, code_encounter
from rules.facts import Access, Administration, EncounterFacts, Quantity
from rules.result import CodingResult, Counterfactual, Finding, Scalar, Step
from rules.rulebook.model import Rulebook
from rules.vocabulary import AccessReason, Family, FindingKind, Route, Technique

Changes: TypeAlias = tuple[tuple[str, tuple[str, ...], int, int], ...]
Mend: TypeAlias = tuple[Step, EncounterFacts, Mapping[str, str]]
Totals: TypeAlias = dict[tuple[str, tuple[str, ...]], int]

DURATIONS = (1, 15, 16, 30, 31, 60, 90, 91, 150, 151, 210, 211, 270, 271, 330, 331, 390, 391)
NEAR = (-16, -15, 0, 1, 15, 16, 31)
LONGEST = 12 * 60
MOST_ROWS = 6
MOST_WORK = 4000
"""Administrations coded again for one encounter, at most; a stay of hundreds keeps its first findings' answers."""
MINUTE = timedelta(minutes=1)
EDGE_YEARS = frozenset({MINYEAR, MAXYEAR})
"""No clock reaches beyond these."""


def with_counterfactuals(
    result: CodingResult,
    *,
    facts: EncounterFacts,
    rulebook: Rulebook,
    overrides: Mapping[str, str] = NO_OVERRIDES,
) -> CodingResult:
    """The result with each finding's counterfactuals; lines and findings are unchanged."""
    if not result.findings:
        return result
    trial = _Trial(result, facts, rulebook, overrides)
    return result._replace(
        findings=tuple(
            finding._replace(counterfactuals=tuple(trial.counterfactuals(finding))) for finding in result.findings
        ),
    )


class _Trial:
    """One encounter, coded again under each mend."""

    def __init__(
        self,
        result: CodingResult,
        facts: EncounterFacts,
        rulebook: Rulebook,
        overrides: Mapping[str, str],
    ) -> None:
        in_order = sorted(facts.administrations, key=lambda one: (str(one.id), repr(one)))
        self.facts = replace(facts, administrations=tuple(in_order))
        self.rulebook, self.overrides = rulebook, overrides
        self.work = 0
        self.now = _totals(result)
        self.prices = _prices(result)

    def counterfactuals(self, finding: Finding) -> Iterator[Counterfactual]:
        """What mending this finding would change."""
        if self.work > MOST_WORK:
            return
        timed = TIMED.get(finding.kind)
        if timed is not None:
            yield from self._of_times(finding, timed)
            return
        make = MENDS.get(finding.kind)
        if make is None:
            return
        for mended, facts, overrides in make(self.facts, finding):
            yield self._difference(mended, self._coded(facts, overrides))

    def _coded(self, facts: EncounterFacts, overrides: Mapping[str, str]) -> CodingResult:
        self.work += len(facts.administrations)
        merged = {**self.overrides, **overrides}
        return code_encounter(facts, rulebook=self.rulebook, overrides=merged)

    def _difference(self, mended: Step, then: CodingResult) -> Counterfactual:
        totals = _totals(then)
        prices = {**_prices(then), **self.prices}
        changes = tuple(
            (code, modifiers, self.now.get((code, modifiers), 0), totals.get((code, modifiers), 0))
            for code, modifiers in sorted({*self.now, *totals})
            if self.now.get((code, modifiers), 0) != totals.get((code, modifiers), 0)
        )
        dollars = Decimal(0)
        for code, _, now, after in changes:
            if code not in prices:
                return Counterfactual(mended, changes, None)
            dollars += prices[code] * (after - now)
        return Counterfactual(mended, changes, dollars)

    def _of_times(self, finding: Finding, word: str) -> Iterator[Counterfactual]:
        """Ranges of a missing time within which the lines stay the same, found to the minute."""
        given = _administration(self.facts, finding.administrations[0])
        known = given.start if word == "stop" else given.stop
        if known is None or known.year in EDGE_YEARS:
            return
        ahead = 1 if word == "stop" else -1
        seen: dict[int, Totals] = {}
        results: dict[int, CodingResult] = {}

        def lines_at(minutes: int) -> Totals:
            if minutes not in seen:
                clock = known + ahead * minutes * MINUTE
                mended = replace(given, stop=clock) if word == "stop" else replace(given, start=clock)
                results[minutes] = self._coded(_with(self.facts, mended), {})
                seen[minutes] = _totals(results[minutes])
            return seen[minutes]

        last = _longest(self.facts, known, word)
        firsts = _breaks(_candidates(self.facts, known, ahead, last), lines_at)
        for nth, first in enumerate(firsts[:MOST_ROWS]):
            until = firsts[nth + 1] - 1 if nth + 1 < len(firsts) else None
            mended = _range_step(word, known, ahead, first, until)
            yield self._difference(mended, results[first])


def _breaks(candidates: list[int], lines_at: Callable[[int], Totals]) -> list[int]:
    """The first minute of each stretch of equal lines; between two candidates the edge is searched for."""
    firsts: list[int] = []
    for nth, minutes in enumerate(candidates):
        if nth == 0:
            firsts.append(minutes)
            continue
        low, high = candidates[nth - 1], minutes
        if lines_at(low) == lines_at(high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if lines_at(middle) == lines_at(low):
                low = middle
            else:
                high = middle
        firsts.append(high)
    for minutes in firsts:
        lines_at(minutes)
    return firsts


def _candidates(facts: EncounterFacts, known: datetime, ahead: int, last: int) -> list[int]:
    minutes = {minutes for minutes in DURATIONS if minutes <= last}
    for other in facts.administrations:
        for clock in (other.start, other.stop):
            if clock is None:
                continue
            apart = ahead * int((_aware(clock, known) - known) // MINUTE)
            minutes |= {apart + near for near in NEAR if 1 <= apart + near <= last}
    return sorted(minutes)


def _aware(clock: datetime, like: datetime) -> datetime:
    """A naive time is read on the clock of the one it is held against."""
    if (clock.tzinfo is None) is (like.tzinfo is None):
        return clock
    return clock.replace(tzinfo=like.tzinfo)


def _longest(facts: EncounterFacts, known: datetime, word: str) -> int:
    bound = facts.end if word == "stop" else facts.start
    if bound is None:
        return LONGEST
    apart = abs(int((_aware(bound, known) - known) // MINUTE))
    return max(1, min(LONGEST, apart))


def _range_step(word: str, known: datetime, ahead: int, first: int, until: int | None) -> Step:
    """The range of a missing time as clock times, earliest first."""
    one = known + ahead * first * MINUTE
    if until is None:
        kind = "if_from" if ahead > 0 else "if_until"
        return Step(kind, "B10", (("word", word), ("first", f"{one:%H:%M}")))
    other = known + ahead * until * MINUTE
    low, high = (one, other) if ahead > 0 else (other, one)
    values: tuple[tuple[str, Scalar], ...] = (
        ("word", word),
        ("first", f"{low:%H:%M}"),
        ("last", f"{high:%H:%M}"),
    )
    return Step("if_between", "B10", values)


def _totals(result: CodingResult) -> Totals:
    totals: Totals = {}
    for line in result.lines:
        key = (line.code, line.modifiers)
        totals[key] = totals.get(key, 0) + line.units
    return totals


def _prices(result: CodingResult) -> dict[str, Decimal]:
    return {line.code: line.price for line in result.lines if line.price is not None}


def _administration(facts: EncounterFacts, wanted: str) -> Administration:
    """The first with that id, which a finding about these facts has named."""
    return next(one for one in facts.administrations if str(one.id) == wanted)


def _with(facts: EncounterFacts, mended: Administration) -> EncounterFacts:
    return replace(
        facts,
        administrations=tuple(mended if one.id == mended.id else one for one in facts.administrations),
    )


def _each(facts: EncounterFacts, finding: Finding, **changes: object) -> EncounterFacts:
    """The facts with these fields changed in every administration the finding is about."""
    about = set(finding.administrations)
    return replace(
        facts,
        administrations=tuple(
            replace(one, **changes) if str(one.id) in about else one  # type: ignore[arg-type]
            for one in facts.administrations
        ),
    )


def _access_reason(facts: EncounterFacts, finding: Finding) -> Iterator[Mend]:
    label = str(dict(finding.step.values)["access"])
    others = tuple(one for one in facts.accesses if str(one.label) != label)
    needed = (*others, Access(label, AccessReason.PROTOCOL))
    yield Step("if_access_needed", "A2", (("access", label),)), replace(facts, accesses=needed), {}


def _discard(facts: EncounterFacts, finding: Finding) -> Iterator[Mend]:
    """The rest of what was opened, charted as discarded on the first of the entries."""
    values = dict(finding.step.values)
    rest, unit = Decimal(str(values["rest"])), str(values["unit"])
    first = _administration(facts, finding.administrations[0])
    mended = replace(first, discarded=Quantity(rest, unit))
    step = Step("if_discarded", "H12", (("rest", str(values["rest"])), ("unit", unit)))
    yield step, _with(facts, mended), {}


def _route(facts: EncounterFacts, finding: Finding) -> Iterator[Mend]:
    for route in (Route.IV, Route.SC):
        yield Step("if_route", "R3", (("route", route.value),)), _each(facts, finding, route=route), {}


def _primary(facts: EncounterFacts, finding: Finding) -> Iterator[Mend]:
    drugs = set()
    for wanted in finding.administrations:
        given = _administration(facts, wanted)
        if given.drug.name in drugs:
            continue
        drugs.add(given.drug.name)
        step = Step("if_primary", "A4", (("drug", given.drug.name),))
        yield step, replace(facts, primary_reason=given.id), {}


def _technique(facts: EncounterFacts, finding: Finding) -> Iterator[Mend]:
    for technique, policy in ((Technique.INFUSION, "infusion"), (Technique.PUSH, "push")):
        step = Step("if_technique", "R8", (("technique", technique.value),))
        yield step, facts, {"long_push": policy}


def _family(facts: EncounterFacts, finding: Finding) -> Iterator[Mend]:
    about = set(finding.administrations)
    for family in (Family.THERAPEUTIC, Family.ANTINEOPLASTIC, Family.HYDRATION_FLUID):
        mended = tuple(
            replace(one, drug=replace(one.drug, family=family)) if str(one.id) in about else one
            for one in facts.administrations
        )
        step = Step("if_family", "R6", (("family", family.value.replace("_", " ")),))
        yield step, replace(facts, administrations=mended), {}


def _overlap(facts: EncounterFacts, finding: Finding) -> Iterator[Mend]:
    yield Step("if_remainder_counts", "R9"), facts, {"overlap_remainder": "sequential"}


def _concurrent_chemo(facts: EncounterFacts, finding: Finding) -> Iterator[Mend]:
    for choice in ("96549", "96417", "none"):
        if finding.step.policy is not None and finding.step.policy[1] != choice:
            step = Step("if_policy", "C4", (("key", "concurrent_chemo"), ("value", choice)))
            yield step, facts, {"concurrent_chemo": choice}


def _duplicate(facts: EncounterFacts, finding: Finding) -> Iterator[Mend]:
    extra = set(finding.administrations[1:])
    kept = tuple(one for one in facts.administrations if str(one.id) not in extra)
    yield Step("if_struck", "R13"), replace(facts, administrations=kept), {}


def _code(facts: EncounterFacts, finding: Finding) -> Iterator[Mend]:
    given = _administration(facts, finding.administrations[0])
    for one in given.drug.billing_codes or ():
        drug = replace(given.drug, billing_codes=(one,))
        step = Step("if_code", "R27", (("code", one.code),))
        yield step, _each(facts, finding, drug=drug), {}


def _volume(facts: EncounterFacts, finding: Finding) -> Iterator[Mend]:
    least = Decimal(500 if finding.step.policy is None else finding.step.policy[1])
    for kind, volume in (("if_volume_above", least + 1), ("if_volume_below", least)):
        missing = [
            one for one in facts.administrations if str(one.id) in finding.administrations and one.volume_ml is None
        ]
        mended = facts
        for nth, one in enumerate(missing):
            share = volume if nth == 0 and kind == "if_volume_above" else Decimal(0)
            mended = _with(mended, replace(one, volume_ml=share))
        yield Step(kind, "D3", (("volume", f"{least:f}"),)), mended, {}


TIMED = {
    FindingKind.MISSING_STOP_TIME: "stop",
    FindingKind.MISSING_START_TIME: "start",
}
MENDS: dict[FindingKind, Callable[[EncounterFacts, Finding], Iterator[Mend]]] = {
    FindingKind.SECOND_ACCESS_REASON_MISSING: _access_reason,
    FindingKind.WASTE_NOT_DOCUMENTED: _discard,
    FindingKind.MISSING_ROUTE: _route,
    FindingKind.PRIMARY_REASON_NOT_NAMED: _primary,
    FindingKind.PUSH_OVER_15: _technique,
    FindingKind.FAMILY_UNKNOWN: _family,
    FindingKind.PARTIAL_OVERLAP: _overlap,
    FindingKind.CONCURRENT_CHEMO: _concurrent_chemo,
    FindingKind.DUPLICATE_RECORD: _duplicate,
    FindingKind.AMBIGUOUS_CODE: _code,
    FindingKind.HYDRATION_VOLUME_MISSING: _volume,
}
