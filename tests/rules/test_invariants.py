"""What must hold of every encounter, whatever was charted (coding-rules section 17)."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from rules.chronology import minute_of
from rules.engine import code_encounter
from rules.facts import Administration, EncounterFacts
from rules.result import CodedLine, CodingResult
from rules.rulebook.loader import load_rulebook
from rules.snapshot import facts_from_json, facts_to_json, result_from_json, result_to_json
from rules.vocabulary import ACCESS_REASONS_THAT_EARN, Reason, Role
from tests.factories import facts as charted
from tests.factories.strategies import encounters, policies, retimed

INITIAL = {"96413", "96409", "96365", "96374", "96360"}
BASES = {
    "96415": {"96413", "96417"},
    "96417": {"96413", "96409"},
    "96411": {"96413", "96409"},
    "96366": {"96365", "96367"},
    "96367": INITIAL,
    "96368": INITIAL,
    "96375": INITIAL,
    "96376": INITIAL,
    "96361": INITIAL,
}
ELSEWHERE = {"96370": {"96369"}, "96371": {"96369"}, "96423": {"96422"}}
INFUSED = {"96413", "96415", "96417", "96365", "96366", "96367", "96368", "96549"}
WITHHELD_INFUSIONS = {Reason.CONCURRENT_LIMIT.value, Reason.CONCURRENT_CHEMO.value}
FORGIVEN = {Reason.CONCURRENT_LIMIT, Reason.CONCURRENT_CHEMO}


def code(facts: EncounterFacts, policy: dict[str, str]) -> CodingResult:
    return code_encounter(facts, rulebook=load_rulebook(), overrides=policy)


def told(result: CodingResult, *, dated: bool = True) -> object:
    """What a person would compare: lines with their minutes, reasons, findings."""
    return (
        [
            (*line_of(line), line.minutes, (line.date_of_service - charted.SERVICE_DATE).days if dated else 0)
            for line in result.lines
        ],
        [(row.administration, row.reason, row.minutes) for row in result.not_billed],
        [(finding.kind, finding.severity, finding.administrations) for finding in result.findings],
        [(row.administration, row.bucket, row.minutes) for row in result.minute_ledger],
    )


def line_of(line: CodedLine) -> tuple[object, ...]:
    return (line.key, line.code, line.units, line.modifiers, line.administrations, line.access, line.visit, line.role)


def of_access(lines: Iterable[CodedLine]) -> dict[tuple[int, str | None], set[str]]:
    found: dict[tuple[int, str | None], set[str]] = {}
    for line in lines:
        found.setdefault((line.visit, line.access), set()).add(line.code)
    return found


class TestOrder:
    @given(encounters(), policies(), st.randoms(use_true_random=False))
    def test_of_the_records_does_not_matter(
        self, facts: EncounterFacts, policy: dict[str, str], random: Random
    ) -> None:
        shuffled = list(facts.administrations)
        random.shuffle(shuffled)
        turned = replace(facts, administrations=tuple(shuffled), accesses=facts.accesses[::-1])
        assert result_to_json(code(facts, policy)) == result_to_json(code(turned, policy))


class TestShift:
    @given(encounters(), policies(), st.integers(-60, 60))
    def test_by_days_does_not_matter(self, facts: EncounterFacts, policy: dict[str, str], days: int) -> None:
        later = timedelta(days=days)
        moved = retimed(facts, lambda time: time + later, facts.date_of_service + later)
        before, after = code(facts, policy), code(moved, policy)
        assert told(before, dated=False) == told(after, dated=False)
        assert [line.date_of_service + later for line in before.lines] == [line.date_of_service for line in after.lines]

    @given(encounters(), policies(), st.integers(-2000, 2000))
    def test_by_minutes_does_not_matter_to_services(
        self, facts: EncounterFacts, policy: dict[str, str], minutes: int
    ) -> None:
        policy = {**policy, "midnight_dating": "start_date", "concurrent_limit": "encounter"}
        later = timedelta(minutes=minutes)
        moved = retimed(facts, lambda time: time + later, facts.date_of_service)
        before, after = code(facts, policy), code(moved, policy)
        assert [line_of(line) for line in charted.services(before)] == [
            line_of(line) for line in charted.services(after)
        ]
        assert before.not_billed == after.not_billed


class TestNames:
    @given(
        encounters(),
        policies(),
        st.permutations(["x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "y1", "y2", "y3"]),
    )
    def test_of_drugs_do_not_matter(self, facts: EncounterFacts, policy: dict[str, str], names: list[str]) -> None:
        known = sorted({one.drug.name for one in facts.administrations})
        new = dict(zip(known, names, strict=False))
        renamed = replace(
            facts,
            administrations=tuple(
                replace(one, drug=replace(one.drug, name=new[one.drug.name])) for one in facts.administrations
            ),
        )
        assert told(code(facts, policy)) == told(code(renamed, policy))


class TestMinuteLedger:
    @given(encounters(), policies())
    def test_balances(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        result = code(facts, policy)
        keys = {line.key for line in result.lines}
        minutes: Counter[str] = Counter()
        clock: dict[str, list[tuple[datetime, datetime]]] = {}
        for row in result.minute_ledger:
            assert not row.is_line or row.bucket in keys
            assert row.is_line or row.bucket in set(Reason)
            minutes[row.administration] += row.minutes
            spans = [(datetime.fromisoformat(start), datetime.fromisoformat(stop)) for start, stop in row.spans]
            assert sum(minute_of(stop) - minute_of(start) for start, stop in spans) == row.minutes
            clock.setdefault(row.administration, []).extend(spans)
        for one in facts.administrations:
            assert minutes[one.id] == charted_minutes(one, minutes[one.id])
        for spans in clock.values():
            spans.sort()
            assert all(first[1] <= second[0] for first, second in pairwise(spans))


def charted_minutes(one: Administration, found: int) -> int:
    """Stop − start; a bag lends a member the time that it lacks, so that those minutes may be anything."""
    start, stop = one.start, one.stop
    if one.segments:
        start = min(span.start for span in one.segments if span.start) if start is None else start
        stop = max(span.stop for span in one.segments if span.stop) if stop is None else stop
    if start is None or stop is None:
        return found if one.bag else 0
    return max(0, minute_of(stop) - minute_of(start))


class TestUnitLedger:
    @given(encounters(), policies())
    def test_balances(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        result = code(facts, policy)
        billed: Counter[tuple[object, ...]] = Counter()
        for row in result.unit_ledger:
            assert row.drawn == row.billed + row.discarded + row.remainder
            billed[row.code, row.date_of_service, "billed"] += int(row.billed)
            billed[row.code, row.date_of_service, "discarded"] += int(row.discarded)
        lines: Counter[tuple[object, ...]] = Counter()
        for line in charted.drugs(result):
            if line.narrative is None:
                kind = "discarded" if line.role == Role.DISCARDED else "billed"
                lines[line.code, line.date_of_service, kind] += line.units
        assert +billed == +lines


class TestLines:
    @given(encounters(), policies())
    def test_hold_one_initial_for_each_needed_access(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        lines = charted.services(code(facts, policy))
        initial = [line for line in lines if line.code in INITIAL]
        of_one = Counter((line.visit, line.access) for line in initial)
        assert max(of_one.values(), default=0) <= 1
        earning = {access.label for access in facts.accesses if access.reason in ACCESS_REASONS_THAT_EARN}
        for visit in {line.visit for line in initial}:
            assert sum(line.visit == visit for line in initial) <= len(earning) + 1

    @given(encounters(), policies())
    def test_hold_one_concurrent_infusion_for_each_visit(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        lines = charted.services(code(facts, {**policy, "concurrent_limit": "encounter"}))
        of_visit = Counter(line.visit for line in lines if line.code == "96368")
        assert max(of_visit.values(), default=0) <= 1
        assert all(line.units == 1 for line in lines if line.code == "96368")

    @given(encounters(), policies())
    def test_hold_the_base_of_every_add_on(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        lines = charted.services(code(facts, policy))
        found = of_access(lines)
        every = {line.code for line in lines}
        for line in lines:
            bases = BASES.get(line.code)
            assert bases is None or bases & found[line.visit, line.access], line.code
            assert line.code not in ELSEWHERE or ELSEWHERE[line.code] & every, line.code

    @given(encounters(), policies())
    def test_never_hold_jw_beside_jz(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        of_drug: dict[object, set[str]] = {}
        for line in charted.drugs(code(facts, policy)):
            of_drug.setdefault((line.code, line.date_of_service), set()).update(line.modifiers)
        assert not [drug for drug, modifiers in of_drug.items() if {"JW", "JZ"} <= modifiers]

    @given(encounters(), policies())
    def test_are_positive_and_told(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        result = code(facts, policy)
        ids = {one.id for one in facts.administrations}
        assert all(line.units >= 1 and line.steps and set(line.administrations) <= ids for line in result.lines)
        assert len({line.key for line in result.lines}) == len(result.lines)
        assert ids == {one for line in charted.services(result) for one in line.administrations} | {
            row.administration for row in result.not_billed
        }


class TestHydration:
    @given(encounters(), policies())
    def test_shares_no_minute_with_an_infusion_of_its_access(
        self, facts: EncounterFacts, policy: dict[str, str]
    ) -> None:
        result = code(facts, policy)
        lines = {line.key: line for line in result.lines}
        labels = {one.id: one.access for one in facts.administrations}
        visits = {one.id: one.visit for one in facts.administrations}
        first = first_accesses(facts, result)
        wet: set[tuple[object, ...]] = set()
        infused: set[tuple[object, ...]] = set()
        for row in result.minute_ledger:
            line = lines.get(row.bucket)
            if line is not None and line.code in {"96360", "96361"}:
                wet.update((line.visit, line.access, minute) for minute in minutes_of(row.spans))
            elif row.bucket in WITHHELD_INFUSIONS or (line is not None and line.code in INFUSED and line.access):
                visit = visits[row.administration]
                access = line.access if line else first.get((visit, labels[row.administration]))
                infused.update((visit, access, minute) for minute in minutes_of(row.spans))
        assert not wet & infused


def first_accesses(facts: EncounterFacts, result: CodingResult) -> dict[tuple[int, str], str]:
    """The access that each label's services count to, as far as lines tell."""
    by_id = {one.id: one for one in facts.administrations}
    return {
        (line.visit, by_id[one].access): line.access
        for line in charted.services(result)
        if line.access
        for one in line.administrations
    }


def minutes_of(spans: tuple[tuple[str, str], ...]) -> Iterable[int]:
    for start, stop in spans:
        yield from range(minute_of(datetime.fromisoformat(start)), minute_of(datetime.fromisoformat(stop)))


def is_timed_by_its_bag(one: Administration, facts: EncounterFacts) -> bool:
    """Whether another record of its bag has a stop: a stop of its own would contradict that one."""
    mates = [other for other in facts.administrations if other.bag == one.bag and other.id != one.id]
    return one.bag is not None and any(mate.stop is not None or mate.segments for mate in mates)


def stopped(facts: EncounterFacts, one: Administration, at: datetime | None) -> EncounterFacts:
    """The same with that stop charted for one record."""
    records = tuple(replace(each, stop=at) if each.id == one.id else each for each in facts.administrations)
    return replace(facts, administrations=records)


class TestStopTime:
    @given(encounters(), policies(), st.sampled_from([1, 15, 16, 30, 31, 61, 91, 240]), st.data())
    def test_once_charted_never_costs_a_line(
        self, facts: EncounterFacts, policy: dict[str, str], minutes: int, data: st.DataObject
    ) -> None:
        started = [
            (one, one.start)
            for one in facts.administrations
            if one.start is not None and not one.segments and not is_timed_by_its_bag(one, facts)
        ]
        assume(started)
        one, start = data.draw(st.sampled_from(started))
        stop = start + timedelta(minutes=minutes)
        assume(all(span.stop is not None and span.stop <= stop for span in one.pauses))
        assume(facts.end is None or stop <= facts.end)
        facts = stopped(facts, one, None)
        before = code(facts, policy)
        assume(any(one.id in line.administrations for line in charted.services(before)))
        after = code(stopped(facts, one, stop), policy)
        is_billed = any(one.id in line.administrations for line in charted.services(after))
        why = {row.reason for row in after.not_billed if row.administration == one.id}
        assert is_billed or why & FORGIVEN, (why, charted.claim(before.lines), charted.claim(after.lines))


class TestTwice:
    @given(encounters(), policies())
    def test_gives_the_same_bytes(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        text = result_to_json(code(facts, policy))
        assert text == result_to_json(code(facts_from_json(facts_to_json(facts)), policy))
        assert text == result_to_json(result_from_json(text))

    def test_gives_the_same_bytes_in_processes_that_hash_differently(self) -> None:
        program = (
            "from hypothesis import given, settings, HealthCheck\n"
            "import hashlib\n"
            "from rules.engine import code_encounter\n"
            "from rules.rulebook.loader import load_rulebook\n"
            "from rules.snapshot import facts_to_json, result_to_json\n"
            "from tests.factories.strategies import encounters, policies\n"
            "book, seen = load_rulebook(), hashlib.sha256()\n"
            "@settings(max_examples=150, derandomize=True, database=None, deadline=None,"
            " suppress_health_check=list(HealthCheck))\n"
            "@given(encounters(), policies())\n"
            "def run(facts, policy):\n"
            "    result = code_encounter(facts, rulebook=book, overrides=policy)\n"
            "    seen.update((facts_to_json(facts) + result_to_json(result)).encode())\n"
            "run()\n"
            "print(seen.hexdigest())\n"
        )
        root = Path(__file__).parents[2]
        answers = {
            subprocess.run(
                [sys.executable, "-c", program],
                cwd=root,
                env={**os.environ, "PYTHONHASHSEED": seed},
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            for seed in ("1", "2")
        }
        assert len(answers) == 1
