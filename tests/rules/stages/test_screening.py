"""What is set aside before coding, and its reason."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from rules.engine import code_encounter
from rules.facts import Administration, BillingCodeFacts
from rules.rulebook.loader import load_rulebook
from rules.vocabulary import ROUTES_NOT_CODED
from tests.factories.facts import (
    blood,
    clock,
    coded,
    codes,
    drug,
    encounter,
    findings,
    fluid,
    given,
    infusion,
    injection,
    ledger,
    push,
    quantity,
    reasons,
    services,
    spans,
)


class TestReasons:
    @pytest.mark.parametrize(
        ("one", "reason"),
        [
            pytest.param(infusion(status="not_given"), "not_given", id="not given"),
            pytest.param(infusion(status="entered_in_error"), "not_given", id="in error"),
            *(pytest.param(given(route=route), "route_not_coded", id=route) for route in sorted(ROUTES_NOT_CODED)),
            *(
                pytest.param(infusion(purpose=purpose), "incidental", id=purpose)
                for purpose in ("kvo", "flush", "carrier", "diluent")
            ),
            pytest.param(fluid(purpose="transfusion"), "incidental", id="fluid for a transfusion"),
            *(
                pytest.param(infusion(purpose=purpose), "bundled_with_procedure", id=purpose)
                for purpose in ("periprocedural", "sedation", "contrast", "block")
            ),
            pytest.param(infusion(family="contrast"), "bundled_with_procedure", id="contrast medium"),
            pytest.param(blood(), "transfusion", id="blood"),
            pytest.param(infusion(route=None), "missing_route", id="no route"),
            pytest.param(infusion(route="sideways"), "missing_route", id="unknown route"),
            pytest.param(injection(family="vaccine"), "immunization", id="vaccine"),
        ],
    )
    def test_stands_beside_each_record_set_aside(self, one: Administration, reason: str) -> None:
        result = coded(one, push("z9", "drug z", at="06:00"))
        assert reasons(result) == {one.id: [reason]}
        assert [line.code for line in result.lines] == ["96374"]
        assert ("missing_route" in findings(result)) is (reason == "missing_route")

    def test_drugs_for_a_transfusion_are_billed_unless_the_policy_says_no(self) -> None:
        both = [push(purpose="transfusion"), blood()]
        assert codes(*both) == {"96374": 1}
        result = coded(*both, policy={"transfusion_premeds": "not_billable"})
        assert reasons(result) == {"a1": ["transfusion"], "b1": ["transfusion"]}


class TestPortFlush:
    def test_is_reported_once_where_flushes_are_all(self) -> None:
        assert codes(push(purpose="flush"), push("a2", purpose="flush", at="11:00")) == {"96523": 1}

    def test_is_incidental_beside_anything_else(self) -> None:
        assert codes(push(purpose="flush"), infusion("a2")) == {"96365": 1}

    def test_of_another_visit_stands(self) -> None:
        assert codes(push(purpose="flush"), infusion("a2", visit=2)) == {"96523": 1, "96365": 1}

    def test_of_the_flushes_that_were_given(self) -> None:
        assert codes(push(purpose="flush"), infusion("a2", status="not_given")) == {"96523": 1}


class TestInpatientOrder:
    @pytest.mark.parametrize(
        ("order", "wanted"),
        [
            ("09:59", {}),
            ("10:00", {}),
            ("10:15", {"96374": 1}),
            ("10:16", {"96365": 1}),
            ("11:31", {"96365": 1, "96366": 1}),
        ],
    )
    def test_only_the_minutes_before_it_count(self, order: str, wanted: dict[str, int]) -> None:
        assert codes(infusion(minutes=211), inpatient_order=clock(order)) == wanted

    def test_minutes_after_it_have_their_bucket(self) -> None:
        result = coded(infusion(minutes=60), inpatient_order=clock("10:20"))
        assert ledger(result)["a1"] == {"96365-1": 20, "inpatient": 40}

    def test_a_transfusion_after_it_does_not_matter(self) -> None:
        both = [fluid(minutes=60), blood(at="12:00")]
        assert codes(*both, inpatient_order=clock("11:30")) == {"96360": 1}


class TestImpossibleTimes:
    @pytest.mark.parametrize(
        "one",
        [
            pytest.param(infusion(minutes=-1), id="stop before start"),
            pytest.param(infusion(pauses=spans(("10:10", "10:20"), ("10:19", "10:30"))), id="pauses overlap"),
            pytest.param(infusion(pauses=spans(("09:59", "10:20"))), id="pause before the start"),
            pytest.param(infusion(pauses=spans(("10:50", "11:01"))), id="pause after the stop"),
            pytest.param(infusion(pauses=spans(("10:30", "10:20"))), id="pause turned round"),
            pytest.param(infusion(segments=spans(("10:00", "10:40"), ("10:30", "11:00"))), id="segments overlap"),
            pytest.param(infusion(at="06:59", minutes=60), id="before the encounter"),
            pytest.param(infusion(at="18:30", minutes=60), id="after the encounter"),
        ],
    )
    def test_are_not_billed_until_mended(self, one: Administration) -> None:
        result = coded(one, start=clock("07:00"), end=clock("19:00"))
        assert result.lines == ()
        assert findings(result) == ["impossible_time"]
        assert reasons(result) == {"a1": ["impossible_time"]}

    @pytest.mark.parametrize(
        "one",
        [
            pytest.param(infusion(minutes=1440), id="a day"),
            pytest.param(infusion(minutes=1441, is_on_pump=True), id="over a day on a pump"),
            pytest.param(infusion(pauses=spans(("10:10", "10:20"), ("10:20", "10:30"))), id="pauses touch"),
            pytest.param(infusion(minutes=0), id="no time at all"),
        ],
    )
    def test_are_not_these(self, one: Administration) -> None:
        assert findings(coded(one)) == []

    def test_elapsed_minutes_are_true_across_a_change_of_clock(self) -> None:
        before = datetime(2026, 3, 8, 1, 30, tzinfo=timezone(timedelta(hours=-5)))
        after = datetime(2026, 3, 8, 3, 30, tzinfo=timezone(timedelta(hours=-4)))
        one = replace(infusion(), start=before, stop=after)
        assert ledger(coded(one)) == {"a1": {"96365-1": 60}}

    def test_is_a_run_over_a_day_without_a_pump(self) -> None:
        assert findings(coded(infusion(minutes=1441))) == ["impossible_time"]

    def test_are_those_of_a_pump_over_a_year(self) -> None:
        assert findings(coded(infusion(minutes=527_040, is_on_pump=True))) != ["impossible_time"]
        assert findings(coded(infusion(minutes=527_041, is_on_pump=True))) == ["impossible_time"]

    def test_of_blood_are_found_too(self) -> None:
        assert findings(coded(blood(minutes=-5))) == ["impossible_time"]


class TestDuplicates:
    def test_are_found(self) -> None:
        result = coded(push(), push("a2"))
        assert findings(result) == ["duplicate_record"]

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(push("a2", "drug b"), id="another drug"),
            pytest.param(push("a2", at="10:01"), id="another time"),
            pytest.param(push("a2", access="B"), id="another access"),
            pytest.param(push("a2", status="entered_in_error"), id="in error"),
            pytest.param(push("a2", visit=2), id="another visit"),
        ],
    )
    def test_are_not_these(self, other: Administration) -> None:
        assert "duplicate_record" not in findings(coded(push(), other))

    def test_need_a_time(self) -> None:
        untimed = [push(at=None, minutes=None), push("a2", at=None, minutes=None)]
        assert findings(coded(*untimed)) == []


class TestFamiliesOfThePolicy:
    LAYER = """\
layer: facility
name: own
title: Own facility
checked: 2026-11-21
families:
  - family:
      blood: [drug a]
      contrast: [J1]
      vaccine: [drug c]
    from: 2026-01-01
    source: own
"""
    SOURCES = "sources:\n  own: {publisher: Own, title: Own families, accessed: 2026-11-21}\n"

    def test_decide_what_is_set_aside(self, tmp_path: Path) -> None:
        (tmp_path / "sources.yaml").write_text(self.SOURCES)
        (tmp_path / "own.yaml").write_text(self.LAYER)
        dye = drug("drug b", billing_codes=(BillingCodeFacts("J1", quantity("1 mg")),))
        given = [push(), push("a2", at="10:05", drug=dye, dose=quantity("1 mg")), push("a3", "drug c", at="10:10")]
        own = code_encounter(encounter(*given, facility="own"), rulebook=load_rulebook(policy_dir=tmp_path))
        assert services(own) == ()
        assert reasons(own) == {"a1": ["transfusion"], "a2": ["bundled_with_procedure"], "a3": ["immunization"]}


def test_unknown_family_is_coded_as_therapeutic() -> None:
    assert findings(coded(push(family="other"))) == ["family_unknown"]
    assert codes(push(drug=drug(family="potion"))) == {"96374": 1}
