"""What one mended fact would change: the conditions, the lines and the dollars."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from rules import explain
from rules.counterfactual import MOST_WORK, with_counterfactuals
from rules.engine import code_encounter
from rules.facts import Access, Administration, EncounterFacts
from rules.result import Counterfactual, Finding
from rules.rulebook.loader import load_rulebook
from rules.vocabulary import FindingKind, Setting
from tests.factories.facts import (
    SERVICE_DATE,
    chemo,
    clock,
    dose,
    drug,
    fluid,
    given,
    infusion,
    push,
)


def facts_of(*administrations: Administration, **fields: Any) -> EncounterFacts:
    return EncounterFacts("e1", SERVICE_DATE, administrations=administrations, **fields)


def finding_of(kind: FindingKind, facts: EncounterFacts, overrides: Mapping[str, str] | None = None) -> Finding:
    """The first finding of that kind, with its counterfactuals."""
    rulebook, chosen = load_rulebook(), overrides or {}
    result = code_encounter(facts, rulebook=rulebook, overrides=chosen)
    mended = with_counterfactuals(result, facts=facts, rulebook=rulebook, overrides=chosen)
    assert mended.lines == result.lines
    assert [one.kind for one in mended.findings] == [one.kind for one in result.findings]
    return next(one for one in mended.findings if one.kind == kind)


def told(counterfactuals: tuple[Counterfactual, ...]) -> list[tuple[str, str]]:
    return [(explain.counterfactual_condition(one), explain.counterfactual_change(one)) for one in counterfactuals]


class TestMissingStop:
    def test_is_told_in_ranges_found_to_the_minute(self) -> None:
        facts = facts_of(
            chemo("c", minutes=90, at="09:00"), infusion("t", "drug t", None, at="10:40"), start=clock("08:00"),
            end=clock("13:00"),
        )  # fmt: skip
        finding = finding_of(FindingKind.MISSING_STOP_TIME, facts)
        assert explain.counterfactual_question(finding) == "If it stopped"
        assert told(finding.counterfactuals) == [
            ("10:41 to 10:55", "as suggested"),
            ("10:56 to 12:10", "96367 instead of 96375"),
            ("12:11 or later", "96366, 96367 instead of 96375"),
        ]

    def test_counts_the_dollars_of_the_facility_and_none_where_no_price_is_known(self) -> None:
        administrations = (chemo("c", minutes=90, at="09:00"), infusion("t", "drug t", None, at="10:40"))
        facility = finding_of(FindingKind.MISSING_STOP_TIME, facts_of(*administrations))
        office = finding_of(FindingKind.MISSING_STOP_TIME, facts_of(*administrations, setting=Setting.OFFICE))
        in_force = load_rulebook().as_of(SERVICE_DATE)
        prices = [in_force.price(code, Setting.FACILITY) or Decimal(0) for code in ("96367", "96375")]
        assert facility.counterfactuals[0].dollars == 0
        assert facility.counterfactuals[1].dollars == prices[0] - prices[1]
        assert office.counterfactuals[1].dollars is None

    def test_shows_a_loss_as_plainly_as_a_gain(self) -> None:
        facts = facts_of(
            chemo("c", minutes=120, at="10:00"),
            infusion("t1", "drug t", 120, at="10:00"),
            infusion("t2", "drug u", None, at="09:40"),
        )
        finding = finding_of(FindingKind.MISSING_STOP_TIME, facts)
        assert told(finding.counterfactuals)[-1] == ("10:16 or later", "96375 less")

    def test_mends_a_missing_start_backwards(self) -> None:
        facts = facts_of(given("t", technique="infusion", at=None, until="12:00"), start=clock("11:00"))
        finding = finding_of(FindingKind.MISSING_START_TIME, facts)
        assert explain.counterfactual_question(finding) == "If it started"
        assert told(finding.counterfactuals) == [
            ("11:45 to 11:59", "as suggested"),
            ("11:44 or earlier", "96365 instead of 96374"),
        ]

    def test_says_nothing_where_neither_time_is_known(self) -> None:
        finding = finding_of(FindingKind.MISSING_STOP_TIME, facts_of(infusion("t", minutes=None, at=None)))
        assert finding.counterfactuals == ()

    @pytest.mark.parametrize("year", [1, 9999])
    def test_says_nothing_at_the_ends_of_the_calendar(self, year: int) -> None:
        start = clock("10:00").replace(year=year)
        facts = replace(facts_of(replace(infusion("t", minutes=None), start=start)), date_of_service=SERVICE_DATE)
        assert finding_of(FindingKind.MISSING_STOP_TIME, facts).counterfactuals == ()

    def test_reads_a_naive_time_on_the_clock_of_the_other(self) -> None:
        other = replace(fluid("h", 60, at="10:05"), start=clock("10:05").replace(tzinfo=None))
        facts = facts_of(infusion("t", minutes=None), other, start=clock("08:00").replace(tzinfo=None))
        assert finding_of(FindingKind.MISSING_STOP_TIME, facts).counterfactuals


class TestOtherMends:
    def test_an_access_that_was_needed(self) -> None:
        facts = facts_of(infusion("a"), infusion("b", "drug b", access="B"), accesses=(Access("B"),))
        finding = finding_of(FindingKind.SECOND_ACCESS_REASON_MISSING, facts)
        assert told(finding.counterfactuals) == [("access B was needed", "96365-59 instead of 96368")]

    def test_a_rest_that_was_discarded(self) -> None:
        finding = finding_of(FindingKind.WASTE_NOT_DOCUMENTED, facts_of(dose(discarded=None)))
        assert told(finding.counterfactuals) == [("23 mg were discarded", "J9999X-JW ×2 more")]

    def test_a_route_that_is_charted(self) -> None:
        finding = finding_of(FindingKind.MISSING_ROUTE, facts_of(push("a", route=None)))
        assert [change.changes for change in finding.counterfactuals] == [
            (("96374", (), 0, 1),),
            (("96372", (), 0, 1),),
        ]

    def test_a_primary_reason_that_is_named_once_for_each_drug(self) -> None:
        facts = facts_of(fluid("h"), push("p", at="11:30"), setting=Setting.OFFICE)
        finding = finding_of(FindingKind.PRIMARY_REASON_NOT_NAMED, facts)
        assert told(finding.counterfactuals) == [
            ("normal saline was the reason", "96360, 96375 instead of 96361, 96374"),
            ("drug a was the reason", "as suggested"),
        ]

    def test_a_primary_reason_of_two_runs_is_named_once(self) -> None:
        runs = (infusion("a"), infusion("b", at="12:00"))
        facts = facts_of(*runs, fluid("h", at="14:00"), setting=Setting.OFFICE)
        finding = finding_of(FindingKind.PRIMARY_REASON_NOT_NAMED, facts)
        assert [condition for condition, _ in told(finding.counterfactuals)] == [
            "drug a was the reason", "normal saline was the reason",
        ]  # fmt: skip

    def test_a_long_push_either_way(self) -> None:
        finding = finding_of(FindingKind.PUSH_OVER_15, facts_of(push("p", minutes=20)))
        assert told(finding.counterfactuals) == [
            ("it was infusion", "as suggested"),
            ("it was push", "96374 instead of 96365"),
        ]

    def test_a_family_that_is_known(self) -> None:
        finding = finding_of(FindingKind.FAMILY_UNKNOWN, facts_of(infusion("a", family="other")))
        assert [change for _, change in told(finding.counterfactuals)] == [
            "as suggested", "96413 instead of 96365", "96360 instead of 96365",
        ]  # fmt: skip

    def test_a_remainder_that_counts(self) -> None:
        facts = facts_of(infusion("a", minutes=120), infusion("b", "drug b", 100, at="11:30"))
        finding = finding_of(FindingKind.PARTIAL_OVERLAP, facts)
        assert told(finding.counterfactuals) == [("the minutes alone counted", "96367 instead of 96368")]

    def test_the_other_policies_for_chemo_alongside_chemo(self) -> None:
        facts = facts_of(chemo("a", minutes=120), chemo("b", "drug d", 60))
        finding = finding_of(FindingKind.CONCURRENT_CHEMO, facts)
        assert [one.changes for one in finding.counterfactuals] == [
            (("96417", (), 0, 1), ("96549", (), 1, 0)),
            (("96549", (), 1, 0),),
        ]

    def test_a_duplicate_that_is_struck(self) -> None:
        facts = facts_of(given("a", route="IM", technique="injection"), given("b", route="IM", technique="injection"))
        finding = finding_of(FindingKind.DUPLICATE_RECORD, facts)
        assert [one.changes for one in finding.counterfactuals] == [(("96372", (), 2, 1),)]

    def test_a_code_that_is_chosen(self) -> None:
        codes = tuple(dose(code=code).drug.billing_codes[0] for code in ("J0001", "J0002"))  # type: ignore[index]
        facts = facts_of(replace(dose(), drug=drug("drug d", billing_codes=codes)))
        finding = finding_of(FindingKind.AMBIGUOUS_CODE, facts)
        assert [{change[0] for change in one.changes} for one in finding.counterfactuals] == [{"J0001"}, {"J0002"}]

    def test_a_volume_on_either_side_of_the_policy(self) -> None:
        finding = finding_of(
            FindingKind.HYDRATION_VOLUME_MISSING, facts_of(fluid("h")), {"hydration_min_volume_ml": "500"}
        )
        assert told(finding.counterfactuals) == [
            ("more than 500 mL ran", "as suggested"),
            ("500 mL or less ran", "96360 less"),
        ]

    def test_nothing_for_a_finding_that_no_fact_mends(self) -> None:
        assert finding_of(FindingKind.HYDRATION_UNDER_31, facts_of(fluid("h", 20))).counterfactuals == ()


class TestWork:
    def test_leaves_a_result_without_findings_as_it_is(self) -> None:
        facts = facts_of(infusion("a"))
        result = code_encounter(facts, rulebook=load_rulebook())
        assert with_counterfactuals(result, facts=facts, rulebook=load_rulebook()) is result

    def test_is_bounded_for_a_stay_of_hundreds(self) -> None:
        many = [push(f"p{n:04d}", f"drug {n}", minutes=20, at="10:00") for n in range(MOST_WORK // 8)]
        facts = facts_of(*many)
        result = code_encounter(facts, rulebook=load_rulebook())
        mended = with_counterfactuals(result, facts=facts, rulebook=load_rulebook())
        answered = [bool(one.counterfactuals) for one in mended.findings]
        assert answered[0]
        assert not answered[-1]
