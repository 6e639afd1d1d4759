"""Pushes: new drugs, repeats and their gap, drugs both infused and pushed."""

import pytest

from tests.factories.facts import chemo, chemo_push, coded, codes, findings, given, infusion, push, reasons


class TestFurtherDrugs:
    def test_each_further_drug_is_reported(self) -> None:
        three = [push(), push("a2", "drug b", at="10:05"), push("a3", "drug e", at="10:10")]
        assert codes(*three) == {"96374": 1, "96375": 2}

    def test_of_chemo(self) -> None:
        assert codes(chemo_push(), chemo_push("a2", "drug d", at="10:10"), push("a3")) == {
            "96409": 1,
            "96411": 1,
            "96375": 1,
        }

    def test_from_one_syringe_are_one(self) -> None:
        assert codes(push(bag="s"), push("a2", "drug b", bag="s")) == {"96374": 1}

    def test_of_one_minute_may_be_one(self) -> None:
        both = [push(), push("a2", "drug b", minutes=None)]
        assert codes(*both) == {"96374": 1, "96375": 1}
        assert codes(*both, policy={"same_minute_pushes": "one_push"}) == {"96374": 1}
        apart = [push(), push("a2", "drug b", at="10:01"), push("a3", "drug e", at=None, minutes=None)]
        assert codes(*apart, policy={"same_minute_pushes": "one_push"}) == {"96374": 1, "96375": 2}
        families = [push(), chemo_push("a2")]
        assert codes(*families, policy={"same_minute_pushes": "one_push"}) == {"96409": 1, "96375": 1}


class TestRepeats:
    @pytest.mark.parametrize(
        ("at", "usual", "thirty"),
        [("10:34", False, False), ("10:35", False, True), ("10:36", True, True)],
    )
    def test_are_reported_after_more_than_thirty_minutes(self, at: str, usual: bool, thirty: bool) -> None:
        both = [push(minutes=5), push("a2", at=at)]
        assert codes(*both).get("96376", 0) == int(usual)
        assert codes(*both, policy={"repeat_push_gap": "30"}).get("96376", 0) == int(thirty)
        assert reasons(coded(*both)) == ({} if usual else {"a2": ["repeat_within_gap"]})

    def test_are_measured_from_the_last_reported_one(self) -> None:
        three = [push(), push("a2", at="10:20"), push("a3", at="10:31")]
        assert codes(*three) == {"96374": 1, "96376": 1}
        assert reasons(coded(*three)) == {"a2": ["repeat_within_gap"]}

    def test_are_not_reported_in_an_office(self) -> None:
        both = [push(), push("a2", at="11:00")]
        assert codes(*both, setting="office") == {"96374": 1}
        assert reasons(coded(*both, setting="office")) == {"a2": ["repeat_push_office"]}

    def test_of_chemo_are_not_reported(self) -> None:
        both = [chemo_push(), chemo_push("a2", at="12:00")]
        assert codes(*both) == {"96409": 1}
        assert reasons(coded(*both)) == {"a2": ["repeat_push_chemo"]}

    def test_of_a_mix_count_where_any_of_it_was_pushed(self) -> None:
        mix = [push("a2", at="11:00", bag="s"), push("a3", "drug b", at="11:00", bag="s")]
        assert codes(push(), *mix) == {"96374": 1, "96376": 1}

    def test_at_an_unknown_time_are_withheld(self) -> None:
        assert codes(push(), push("a2", at=None, minutes=None)) == {"96374": 1}


class TestInfusedAndPushed:
    @pytest.mark.parametrize(("at", "is_reported"), [("11:30", False), ("11:31", True), ("09:00", True)])
    def test_the_push_is_a_repeat(self, at: str, is_reported: bool) -> None:
        both = [infusion(), push("a2", at=at)]
        assert codes(*both) == {"96365": 1, **({"96376": 1} if is_reported else {})}

    def test_by_policy_or_in_an_office_it_is_not_reported(self) -> None:
        both = [infusion(), push("a2", at="12:00")]
        assert codes(*both, policy={"push_and_infusion": "none"}) == {"96365": 1}
        assert codes(*both, setting="office", policy={"push_and_infusion": "none"}) == {"96365": 1}
        assert reasons(coded(*both, setting="office")) == {"a2": ["push_and_infusion"]}
        assert codes(*both, setting="office", policy={"push_and_infusion": "96376"}) == {"96365": 1}

    def test_chemo_is_reported_both_ways_once(self) -> None:
        three = [chemo(), chemo_push("a2", at="12:00"), chemo_push("a3", at="13:00")]
        assert codes(*three) == {"96413": 1, "96411": 1}
        assert reasons(coded(*three)) == {"a3": ["repeat_push_chemo"]}


class TestLongPush:
    def test_is_an_infusion_or_stays_a_push(self) -> None:
        assert codes(push(minutes=16)) == {"96365": 1}
        assert findings(coded(push(minutes=16))) == ["push_over_15"]
        assert codes(push(minutes=16), policy={"long_push": "push"}) == {"96374": 1}
        assert findings(coded(push(minutes=15))) == []


class TestMissingTimes:
    @pytest.mark.parametrize(
        ("policy", "wanted", "why"),
        [("push", {"96374": 1}, {}), ("query", {}, "a1"), ("not_billable", {}, "a1")],
    )
    def test_of_an_infusion_without_a_stop(self, policy: str, wanted: dict[str, int], why: object) -> None:
        result = coded(infusion(minutes=None), policy={"missing_stop": policy})
        assert {line.code: line.units for line in result.lines} == wanted
        assert findings(result) == ["missing_stop_time"]
        assert reasons(result) == ({"a1": ["missing_stop_time"]} if why else {})

    def test_of_an_infusion_without_a_start(self) -> None:
        result = coded(given(technique="infusion", at=None, until="11:00"))
        assert [line.code for line in result.lines] == ["96374"]
        assert findings(result) == ["missing_start_time"]

    def test_both_are_not_billed(self) -> None:
        result = coded(given(technique="infusion", at=None))
        assert result.lines == ()
        assert findings(result) == ["missing_start_time", "missing_stop_time"]
        assert reasons(result) == {"a1": ["missing_start_time"]}

    def test_a_time_known_for_one_of_a_bag_serves_for_all(self) -> None:
        bag = [infusion(minutes=60, bag="1"), infusion("a2", "drug b", None, at=None, bag="1")]
        assert codes(*bag) == {"96365": 1}
        assert findings(coded(*bag)) == []
        differ = [infusion(minutes=60, bag="1"), infusion("a2", "drug b", 91, bag="1")]
        assert findings(coded(*differ)) == ["bag_times_differ"]
        assert codes(*differ) == {"96365": 1, "96366": 1}
