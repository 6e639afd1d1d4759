"""Hydration: its minutes, intervals, rank and companions."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.factories.facts import blood, chemo, coded, codes, findings, fluid, infusion, ledger, push, reasons, spans

ALONE = [(15, 0), (16, 0), (30, 0), (31, 1), (90, 1), (91, 2), (150, 2), (151, 3), (210, 3), (211, 4)]


class TestBoundaries:
    @pytest.mark.parametrize(("minutes", "units"), ALONE)
    def test_alone(self, minutes: int, units: int) -> None:
        found = codes(fluid(minutes=minutes))
        assert found == ({} if not units else {"96360": 1, **({"96361": units - 1} if units > 1 else {})})

    @pytest.mark.parametrize(("minutes", "units"), ALONE)
    def test_beside_another_initial(self, minutes: int, units: int) -> None:
        found = codes(push(at="08:00"), fluid("a2", minutes))
        assert found == {"96374": 1, **({"96361": units} if units else {})}

    def test_under_31_minutes_has_a_reason_and_a_finding(self) -> None:
        result = coded(fluid(minutes=30))
        assert reasons(result) == {"a1": ["hydration_under_31"]}
        assert findings(result) == ["hydration_under_31"]

    def test_a_record_that_never_ran_has_its_reason(self) -> None:
        result = coded(fluid(minutes=0), fluid("a2", 29, at="11:00"))
        assert reasons(result) == {"a1": ["hydration_under_31"], "a2": ["hydration_under_31"]}
        beside = coded(fluid(minutes=0), fluid("a2", 60, at="11:00"))
        assert reasons(beside) == {"a1": ["hydration_under_31"]}
        assert beside.lines[0].administrations == ("a2",)

    @pytest.mark.parametrize("technique", ["push", "injection", None])
    def test_is_timed_whatever_technique_is_charted(self, technique: str | None) -> None:
        assert codes(replace(fluid(minutes=31), technique=technique)) == {"96360": 1}

    @pytest.mark.parametrize("policy", ["push", "query", "not_billable"])
    def test_without_both_times_is_never_billed(self, policy: str) -> None:
        assert codes(fluid(minutes=None), policy={"missing_stop": policy}) == {}


class TestIntervals:
    TWO = (fluid(minutes=90, pauses=spans(("10:31", "11:00"))),)

    def test_of_31_minutes_are_added(self) -> None:
        two = fluid(minutes=93, pauses=spans(("10:31", "11:02")))
        assert codes(two) == {"96360": 1}
        assert codes(two, policy={"hydration_total": "each"}) == {"96360": 1, "96361": 1}

    def test_that_are_shorter_do_not_count(self) -> None:
        result = coded(*self.TWO)
        assert ledger(result)["a1"] == {"96360-1": 31, "paused": 29, "hydration_under_31": 30}
        assert codes(*self.TWO, policy={"hydration_interval_min": "0"}) == {"96360": 1}
        pieces = fluid(minutes=80, pauses=spans(("10:20", "10:40"), ("11:00", "11:10")))
        assert codes(pieces) == {}
        assert codes(pieces, policy={"hydration_interval_min": "0"}) == {"96360": 1}


class TestBesideInfusions:
    def test_minutes_of_an_infusion_are_taken_off(self) -> None:
        result = coded(fluid("h1", 121), infusion(minutes=60, at="10:31"))
        assert {line.code: line.units for line in result.lines} == {"96365": 1, "96361": 1}
        assert ledger(result)["h1"] == {"96361-1": 31, "hydration_under_infusion": 60, "hydration_under_31": 30}

    def test_of_another_access_are_not(self) -> None:
        assert codes(fluid("h1", 60, access="B"), infusion()) == {"96365": 1, "96360-59": 1}

    def test_pushes_are_taken_off_by_policy(self) -> None:
        both = [fluid("h1", 91), push(at="10:00", minutes=1)]
        assert codes(*both) == {"96374": 1, "96361": 2}
        assert codes(*both, policy={"deduct_pushes": "true"}) == {"96374": 1, "96361": 1}

    def test_an_infusion_of_15_minutes_is_a_push_and_stays(self) -> None:
        assert codes(fluid("h1", 91), infusion(minutes=15)) == {"96374": 1, "96361": 2}

    def test_modifier_59_by_policy(self) -> None:
        both = [fluid("h1", 91, at="12:00"), infusion()]
        assert codes(*both, policy={"hydration_modifier": "59"}) == {"96365": 1, "96361-59": 2}
        assert codes(fluid(minutes=91), policy={"hydration_modifier": "59"}) == {"96360": 1, "96361": 1}


class TestTransfusion:
    BOTH = (fluid("h1", 120), blood(minutes=60, at="10:40"))

    def test_forbids_hydration(self) -> None:
        result = coded(*self.BOTH)
        assert codes(*self.BOTH) == {}
        assert reasons(result) == {"b1": ["transfusion"], "h1": ["transfusion_hydration"]}

    def test_leaves_the_minutes_outside_it_by_policy(self) -> None:
        assert codes(*self.BOTH, policy={"transfusion_hydration": "outside"}) == {"96360": 1}
        result = coded(*self.BOTH, policy={"transfusion_hydration": "outside"})
        assert ledger(result)["h1"] == {"96360-1": 40, "hydration_under_31": 20, "transfusion_hydration": 60}

    def test_counts_in_any_access_but_not_in_another_visit(self) -> None:
        outside = {"transfusion_hydration": "outside"}
        assert codes(fluid("h1", 60), blood(access="B"), policy=outside) == {}
        assert codes(fluid("h1", 60, visit=2, at="15:00"), blood()) == {"96360": 1}

    def test_without_times_covers_everything(self) -> None:
        assert codes(fluid("h1", 60), blood(minutes=None), policy={"transfusion_hydration": "outside"}) == {}


class TestPolicies:
    @pytest.mark.parametrize("purpose", ["pre_hydration", "post_hydration"])
    def test_fluid_around_chemo_may_be_part_of_it(self, purpose: str) -> None:
        both = [fluid("h1", 60, at="08:00", purpose=purpose), chemo()]
        assert codes(*both) == {"96413": 1, "96361": 1}
        result = coded(*both, policy={"prehydration": "integral"})
        assert [line.code for line in result.lines] == ["96413"]
        assert reasons(result) == {"h1": ["prehydration_integral"]}

    def test_fluid_without_chemo_stands(self) -> None:
        alone = fluid(minutes=60, purpose="pre_hydration")
        assert codes(alone, policy={"prehydration": "integral"}) == {"96360": 1}
        other = [fluid("h1", 60, at="08:00"), chemo()]
        assert codes(*other, policy={"prehydration": "integral"}) == {"96413": 1, "96361": 1}

    @pytest.mark.parametrize(
        ("volume", "wanted", "found"),
        [(Decimal(500), {}, []), (Decimal(501), {"96360": 1}, []), (None, {"96360": 1}, ["hydration_volume_missing"])],
    )
    def test_volume_must_exceed(self, volume: Decimal | None, wanted: dict[str, int], found: list[str]) -> None:
        policy = {"hydration_min_volume_ml": "500"}
        result = coded(fluid(minutes=60, volume_ml=volume), policy=policy)
        assert {line.code: line.units for line in result.lines} == wanted
        assert findings(result) == found
        assert reasons(result) == ({} if wanted else {"a1": ["hydration_volume"]})

    def test_volume_is_that_of_the_access(self) -> None:
        bags = [fluid(minutes=60, volume_ml=Decimal(250)), fluid("a2", 60, at="11:00", volume_ml=Decimal(251))]
        assert codes(*bags, policy={"hydration_min_volume_ml": "500"}) == {"96360": 1, "96361": 1}
