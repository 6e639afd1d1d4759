"""Infusions of an access: the boundary table of the authority file, sequence, overlap and hours."""

from typing import Any

import pytest

from tests.factories.facts import blood, chemo, coded, codes, findings, fluid, infusion, ledger, push, reasons, spans

HOURS = [(15, None), (16, 0), (30, 0), (31, 0), (90, 0), (91, 1), (150, 1), (151, 2), (210, 2), (211, 3)]
TIMED = [(minutes, hours) for minutes, hours in HOURS if hours is not None]


def expected(first: str, hour: str, hours: int) -> dict[str, int]:
    return {first: 1, **({hour: hours} if hours else {})}


class TestBoundaries:
    @pytest.mark.parametrize(("minutes", "hours"), TIMED)
    def test_therapeutic_initial(self, minutes: int, hours: int) -> None:
        assert codes(infusion(minutes=minutes)) == expected("96365", "96366", hours)

    @pytest.mark.parametrize(("minutes", "hours"), TIMED)
    def test_chemo_initial(self, minutes: int, hours: int) -> None:
        assert codes(chemo(minutes=minutes)) == expected("96413", "96415", hours)

    def test_fifteen_minutes_are_a_push(self) -> None:
        assert codes(infusion(minutes=15)) == {"96374": 1}
        assert codes(chemo(minutes=15)) == {"96409": 1}

    @pytest.mark.parametrize(("minutes", "hours"), TIMED)
    def test_therapeutic_sequential(self, minutes: int, hours: int) -> None:
        found = codes(infusion(minutes=600), infusion("a2", "drug b", minutes, at="D2 08:00"))
        assert found.pop("96365") == 1
        assert found == {"96366": 9 + hours, "96367": 1}

    @pytest.mark.parametrize(("minutes", "hours"), TIMED)
    def test_chemo_sequential(self, minutes: int, hours: int) -> None:
        found = codes(chemo(minutes=600), chemo("a2", "drug d", minutes, at="D2 08:00"))
        assert found == {"96413": 1, "96415": 9 + hours, "96417": 1}

    def test_seconds_do_not_count_and_pauses_do_not_run(self) -> None:
        paused = infusion(minutes=101, pauses=spans(("10:20", "10:30")))
        assert codes(paused) == {"96365": 1, "96366": 1}
        assert codes(infusion(minutes=100, pauses=spans(("10:20", "10:30")))) == {"96365": 1}
        assert ledger(coded(paused))["a1"]["paused"] == 10

    def test_segments_are_the_parts_that_ran(self) -> None:
        parts = infusion(minutes=120, segments=spans(("10:00", "10:30"), ("11:15", "12:00")))
        assert codes(parts) == {"96365": 1}
        assert ledger(coded(parts))["a1"] == {"96365-1": 75, "paused": 45}


class TestOrderOfLines:
    def test_keeps_further_hours_under_their_first(self) -> None:
        result = coded(
            chemo("c1", minutes=180, at="09:00"),
            chemo("c2", "drug d", 120, at="12:00"),
            infusion("t1", minutes=100, at="14:30"),
            infusion("t2", "drug b", 30, at="16:30"),
        )
        assert [line.code for line in result.lines] == ["96413", "96415", "96417", "96415", "96367", "96366", "96367"]


class TestSameDrug:
    def test_runs_are_added(self) -> None:
        runs = [infusion(minutes=46), infusion("a2", minutes=45, at="12:00")]
        assert codes(*runs) == {"96365": 1, "96366": 1}
        assert codes(*runs, policy={"same_drug_runs": "each_run"}) == {"96365": 1, "96366": 1}

    @pytest.mark.parametrize(
        ("first", "second", "summed", "each"),
        [(60, 16, 0, 1), (60, 31, 1, 1), (90, 91, 2, 2), (91, 60, 2, 2), (16, 16, 0, 1), (60, 90, 1, 1)],
    )
    def test_runs_are_added_or_timed_each(self, first: int, second: int, summed: int, each: int) -> None:
        runs = [infusion(minutes=first), infusion("a2", minutes=second, at="14:00")]
        assert codes(*runs) == expected("96365", "96366", summed)
        assert codes(*runs, policy={"same_drug_runs": "each_run"}) == expected("96365", "96366", each)

    def test_minutes_of_overlapping_runs_count_once(self) -> None:
        result = coded(infusion(minutes=60), infusion("a2", minutes=60, at="10:30"))
        assert [line.code for line in result.lines] == ["96365"]
        assert findings(result) == ["overlapping_same_drug"]

    def test_another_mix_is_another_service(self) -> None:
        mixed = [infusion("a2", "drug b", at="11:00", bag="1"), infusion("a3", at="11:00", bag="1")]
        assert codes(infusion(), *mixed) == {"96365": 1, "96367": 1}


class TestOverlap:
    @pytest.mark.parametrize(
        ("start", "usual", "policy"),
        [("10:45", {"96365": 1, "96367": 1}, {"96365": 1, "96368": 1}), ("10:44", {"96365": 1, "96368": 1}, None)],
    )
    def test_of_sixteen_minutes_is_concurrent(
        self, start: str, usual: dict[str, int], policy: dict[str, int] | None
    ) -> None:
        both = [infusion(minutes=60), infusion("a2", "drug b", 60, at=start)]
        assert codes(*both) == usual
        assert codes(*both, policy={"concurrent_min_overlap": "1"}) == (policy or usual)

    def test_that_only_touches_is_sequential_by_either_policy(self) -> None:
        both = [infusion(), infusion("a2", "drug b", 60, at="11:00")]
        assert codes(*both, policy={"concurrent_min_overlap": "1"}) == {"96365": 1, "96367": 1}

    def test_with_any_placed_infusion_or_with_the_initial_alone(self) -> None:
        three = [
            infusion(minutes=120),
            infusion("a2", "drug b", 60, at="12:00"),
            infusion("a3", "drug e", 30, at="12:10"),
        ]
        assert codes(*three) == {"96365": 1, "96366": 1, "96367": 1, "96368": 1}
        assert codes(*three, policy={"concurrent_partner": "initial"}) == {"96365": 1, "96366": 1, "96367": 2}

    def test_with_a_concurrent_infusion_does_not_count(self) -> None:
        three = [
            infusion(minutes=60),
            infusion("a2", "drug b", 50, at="10:30"),
            infusion("a3", "drug e", 40, at="11:00"),
        ]
        assert codes(*three) == {"96365": 1, "96368": 1, "96367": 1}

    @pytest.mark.parametrize(("minutes", "is_sequential"), [(45, False), (46, True)])
    def test_that_leaves_sixteen_minutes_may_be_timed_by_them(self, minutes: int, is_sequential: bool) -> None:
        both = [infusion(minutes=120), infusion("a2", "drug b", minutes, at="11:30")]
        result = coded(*both, policy={"overlap_remainder": "sequential"})
        assert {line.code for line in result.lines} == {"96365", "96366", "96367" if is_sequential else "96368"}
        assert ("partial_overlap" in findings(result)) is is_sequential
        assert codes(*both) == {"96365": 1, "96366": 1, "96368": 1}

    def test_is_reported_once_an_encounter_or_once_a_date(self) -> None:
        four = [
            infusion(minutes=120, at="22:30"),
            infusion("a2", "drug b", 30, at="22:40"),
            infusion("a3", "drug e", 30, at="22:50"),
            infusion("a4", "drug f", 25, at="D2 00:05"),
        ]
        assert codes(*four)["96368"] == 1
        assert reasons(coded(*four)) == {"a3": ["concurrent_limit"], "a4": ["concurrent_limit"]}
        assert codes(*four, policy={"concurrent_limit": "date"})["96368"] == 2

    def test_is_reported_in_each_visit(self) -> None:
        def pair(number: int, at: str) -> list[Any]:
            visit = {"visit": number}
            return [infusion(f"a{number}", at=at, **visit), infusion(f"b{number}", "drug b", 30, at=at, **visit)]

        assert codes(*pair(1, "08:00"), *pair(2, "15:00")) == {"96365": 1, "96365-59": 1, "96368": 2}


class TestConcurrentChemo:
    BOTH = (chemo(minutes=120), chemo("a2", "drug d", 91, at="10:10"))

    @pytest.mark.parametrize(
        ("choice", "wanted"),
        [
            ("96549", {"96413": 1, "96415": 1, "96549": 1}),
            ("none", {"96413": 1, "96415": 1}),
            ("96417", {"96413": 1, "96415": 2, "96417": 1}),
        ],
    )
    def test_is_a_policy(self, choice: str, wanted: dict[str, int]) -> None:
        result = coded(*self.BOTH, policy={"concurrent_chemo": choice})
        assert {line.code for line in result.lines} == set(wanted)
        assert codes(*self.BOTH, policy={"concurrent_chemo": choice}) == wanted
        assert findings(result) == ["concurrent_chemo"]
        assert reasons(result) == ({"a2": ["concurrent_chemo"]} if choice == "none" else {})

    def test_therapeutic_beside_chemo_is_concurrent(self) -> None:
        assert codes(chemo(), infusion("a2", at="10:10", minutes=30)) == {"96413": 1, "96368": 1}

    def test_the_clock_does_not_rank(self) -> None:
        assert codes(infusion("a0", at="08:00"), chemo()) == {"96413": 1, "96367": 1}
        assert codes(push("a0", at="08:00"), chemo()) == {"96413": 1, "96375": 1}


class TestStoppedInfusion:
    STOPPED = infusion(minutes=15, status="stopped")

    @pytest.mark.parametrize(
        ("setting", "policy", "wanted"),
        [
            ("office", "intended_53", {"96365-53": 1}),
            ("office", "by_time", {"96374": 1}),
            ("facility", "intended_53", {"96374": 1}),
        ],
    )
    def test_is_coded_by_time_or_as_ordered(self, setting: str, policy: str, wanted: dict[str, int]) -> None:
        assert codes(self.STOPPED, setting=setting, policy={"stopped_infusion": policy}) == wanted

    def test_adds_no_hour_as_a_later_run(self) -> None:
        runs = [infusion(minutes=60), infusion("a2", minutes=10, at="12:00", status="stopped")]
        policy = {"stopped_infusion": "intended_53", "same_drug_runs": "each_run"}
        assert codes(*runs, setting="office", policy=policy) == {"96365": 1}

    def test_that_ran_sixteen_minutes_needs_no_modifier(self) -> None:
        ran = infusion(minutes=16, status="stopped")
        assert codes(ran, setting="office", policy={"stopped_infusion": "intended_53"}) == {"96365": 1}


class TestMidnight:
    LONG = infusion(minutes=211, at="22:30")

    def lines(self, **policy: str) -> list[tuple[str, int, int]]:
        return [(line.code, line.units, line.date_of_service.day) for line in coded(self.LONG, policy=policy).lines]

    def test_hours_are_dated_by_the_start(self) -> None:
        assert self.lines() == [("96365", 1, 15), ("96366", 3, 15)]

    def test_hours_are_dated_by_the_minute_that_earned_them(self) -> None:
        assert self.lines(midnight_dating="split") == [("96365", 1, 15), ("96366", 3, 16)]
        long = infusion(minutes=211, at="21:00")
        split = coded(long, policy={"midnight_dating": "split"}).lines
        assert [(line.units, line.date_of_service.day) for line in split] == [(1, 15), (2, 15), (1, 16)]

    def test_does_not_restart_anything(self) -> None:
        assert codes(infusion(minutes=60, at="23:00"), infusion("a2", "drug b", 60, at="D2 00:30")) == {
            "96365": 1,
            "96367": 1,
        }

    def test_blood_takes_no_slot(self) -> None:
        assert codes(blood(), fluid(minutes=90, at="12:00")) == {}
