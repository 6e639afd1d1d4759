"""Billing units, discarded amounts, JW and JZ, and the unit ledger."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rules.engine import code_encounter
from rules.facts import BillingCodeFacts, Container, NdcFacts
from rules.result import NdcLine
from rules.rulebook.loader import load_rulebook
from tests.factories.facts import (
    SERVICE_DATE,
    coded,
    dose,
    drug,
    drugs,
    encounter,
    findings,
    given,
    quantity,
    units,
)

CODE = "J9999X"
SOURCES = """\
sources:
  own-list:
    publisher: Own payer
    title: Drugs that need their NDC
    accessed: 2026-11-21
"""
OWN_LIST = """\
layer: payer
name: own
title: Own payer
checked: 2026-11-21
values:
  ndc_required:
    - value: list
      from: 2026-01-01
      source: own-list
ndc_list:
  - codes: [J1, J3]
    from: 2026-01-01
    source: own-list
"""


def billed(given: int, modifier: str = "", discarded: int = 0) -> dict[str, int]:
    name = f"{CODE}-{modifier}" if modifier else CODE
    return {name: given, **({f"{CODE}-JW": discarded} if discarded else {})}


class TestUnits:
    @pytest.mark.parametrize(
        ("amount", "opened", "wanted"),
        [
            ("7 mg", ("10 mg",), billed(1, "JZ")),
            ("10 mg", ("10 mg",), billed(1, "JZ")),
            ("70 mg", ("100 mg",), billed(7, discarded=3)),
            ("77 mg", ("100 mg",), billed(8, discarded=2)),
            ("91 mg", ("100 mg",), billed(10, "JZ")),
            ("90 mg", ("100 mg",), billed(9, discarded=1)),
            ("95 mg", ("100 mg",), billed(10, "JZ")),
            ("305 mg", ("400 mg",), billed(31, discarded=9)),
            ("100 mg", ("55 mg", "55 mg"), billed(10, discarded=1)),
            ("0.07 g", ("100000 mcg",), billed(7, discarded=3)),
        ],
    )
    def test_of_single_dose_containers(self, amount: str, opened: tuple[str, ...], wanted: dict[str, int]) -> None:
        in_unit = f"{100 - 70} mg" if amount == "0.07 g" else "rest"
        assert units(dose(amount, opened=opened, discarded=in_unit)) == wanted

    def test_of_multi_dose_containers_have_no_modifier(self) -> None:
        result = coded(dose("144 mg", opened=("440 mg",), is_single_dose=False))
        assert {line.code: (line.units, line.modifiers) for line in drugs(result)} == {CODE: (15, ())}
        assert findings(result) == ["jw_on_multi_dose"]
        assert units(dose("144 mg", opened=("440 mg",), is_single_dose=None)) == billed(15)

    def test_without_a_container_have_no_modifier(self) -> None:
        assert units(dose("144 mg", opened=())) == billed(15)

    @pytest.mark.parametrize(
        ("rounding", "amount", "wanted"),
        [
            ("up", "175 mg", billed(4, "JZ")),
            ("down", "175 mg", billed(3, discarded=1)),
            ("nearest", "175 mg", billed(4, "JZ")),
            ("nearest", "174 mg", billed(3, discarded=1)),
            ("down", "5 mg", billed(1, discarded=3)),
        ],
    )
    def test_are_rounded_by_policy(self, rounding: str, amount: str, wanted: dict[str, int]) -> None:
        assert units(dose(amount, opened=("200 mg",), per="50 mg"), policy={"unit_rounding": rounding}) == wanted

    def test_of_one_day_are_added_before_rounding(self) -> None:
        two = [dose("15 mg", opened=()), dose("15 mg", opened=(), key="a2", at="15:00")]
        assert units(*two) == billed(3)
        assert units(*two, policy={"sum_daily_dose": "false"}) == billed(4)
        days = [dose("15 mg", opened=()), dose("15 mg", opened=(), key="a2", at="D2 09:00")]
        assert units(*days) == billed(4)

    def test_never_carry_jw_beside_jz_on_a_day(self) -> None:
        two = [dose("70 mg"), dose("100 mg", key="a2", at="15:00")]
        assert units(*two, policy={"sum_daily_dose": "false"}) == {CODE: 17, f"{CODE}-JW": 3}


class TestDiscarded:
    @pytest.mark.parametrize(
        ("policy", "wanted"),
        [
            ({}, billed(7, discarded=3)),
            ({"waste_mode": "one_line_whole_vial"}, billed(10)),
            ({"waste_mode": "administered_only"}, billed(7)),
        ],
    )
    def test_is_a_policy(self, policy: dict[str, str], wanted: dict[str, int]) -> None:
        assert units(dose("70 mg"), policy=policy) == wanted

    @pytest.mark.parametrize(
        ("on", "left", "none"),
        [
            (date(2016, 12, 31), billed(7), billed(10)),
            (date(2017, 1, 1), billed(7, discarded=3), billed(10)),
            (date(2023, 6, 30), billed(7, discarded=3), billed(10)),
            (date(2023, 7, 1), billed(7, discarded=3), billed(10, "JZ")),
        ],
        ids=str,
    )
    def test_carries_jw_from_2017_and_none_jz_from_july_2023(
        self, on: date, left: dict[str, int], none: dict[str, int]
    ) -> None:
        assert units(dose("70 mg", at=None), date_of_service=on) == left
        assert units(dose("100 mg", at=None), date_of_service=on) == none

    def test_asks_for_no_jz_by_policy(self) -> None:
        assert units(dose("100 mg"), policy={"jz": "false"}) == billed(10)

    def test_has_to_be_charted(self) -> None:
        result = coded(dose("70 mg", discarded=None))
        assert [(line.units, line.modifiers) for line in drugs(result)] == [(7, ())]
        assert findings(result) == ["waste_not_documented"]

    def test_that_differs_from_arithmetic_is_found(self) -> None:
        assert findings(coded(dose("70 mg", discarded="20 mg"))) == ["waste_mismatch"]
        assert findings(coded(dose("70 mg"))) == []

    def test_smaller_vials_are_weighed_for_each_preparation(self) -> None:
        about = {"marketed_sizes": (quantity("50 mg"), quantity("100 mg"))}
        parts = [dose("60 mg", about=about), dose("60 mg", key="a2", at="16:00", about=about)]
        assert findings(coded(*parts)) == []
        less = [dose("60 mg", about=about), dose("30 mg", key="a2", at="16:00", about=about)]
        assert findings(coded(*less)) == ["smaller_vials"]

    def test_smaller_vials_of_one_product_may_be_shared_by_its_doses(self) -> None:
        about = {"marketed_sizes": (quantity("100 mg"),)}
        shared = [
            dose("60 mg", discarded="20 mg", about=about),
            dose("20 mg", opened=(), key="a2", at="16:00", about=about),
        ]
        assert findings(coded(*shared)) == []

    def test_smaller_vials_are_those_of_the_product(self) -> None:
        codes = (BillingCodeFacts(CODE, quantity("10 mg")),)
        large = drug("drug l", billing_codes=codes, marketed_sizes=(quantity("100 mg"),))
        small = drug("drug s", billing_codes=codes, marketed_sizes=(quantity("50 mg"),))
        both = [dose("60 mg", drug=large), dose("40 mg", opened=("50 mg",), drug=small, key="a2", at="16:00")]
        assert findings(coded(*both)) == []
        unknown = replace(both[0], drug=drug("drug u", billing_codes=codes))
        assert findings(coded(unknown, both[1])) == []

    def test_dose_above_what_was_opened(self) -> None:
        result = coded(dose("110 mg", discarded=None))
        assert [(line.units, line.modifiers) for line in drugs(result)] == [(11, ())]
        assert findings(result) == ["dose_above_opened"]

    @pytest.mark.parametrize(("opened", "is_found"), [(("400 mg",), True), (("100 mg", "100 mg", "100 mg"), False)])
    def test_smaller_vials_would_have_made_it(self, opened: tuple[str, ...], is_found: bool) -> None:
        sizes = (quantity("100 mg"), quantity("400 mg"))
        result = coded(dose("300 mg", opened=opened, about={"marketed_sizes": sizes}))
        assert findings(result) == (["smaller_vials"] if is_found else [])


class TestBeyondAnyClaim:
    @pytest.mark.parametrize(
        ("amount", "opened", "is_found"),
        [("99999990 mg", (), False), ("99999991 mg", (), True), ("10 mg", ("100000000 mg",), True)],
    )
    def test_has_no_units(self, amount: str, opened: tuple[str, ...], is_found: bool) -> None:
        result = coded(dose(amount, opened=opened))
        assert findings(result) == (["unit_mismatch"] if is_found else [])
        assert (drugs(result) == ()) is is_found
        assert all(line.units < 10**7 for line in result.lines)

    def test_counts_no_containers(self) -> None:
        one = given(
            drug=drug("drug d", billing_codes=()),
            containers=(Container(quantity("50 mg"), 10**7, is_single_dose=True),),
        )
        assert drugs(coded(one, policy={"noc_units": "containers"}))[0].units == 1


class TestLedger:
    @pytest.mark.parametrize(
        ("one", "reason", "remainder"),
        [
            pytest.param(dose("70 mg"), "rounding", "0", id="two lines"),
            pytest.param(dose("77 mg", opened=("95 mg",)), "rounding", "0.5", id="rounded"),
            pytest.param(dose("7 mg", opened=("7 mg",)), "rounding", "-0.3", id="rounded up"),
            pytest.param(dose("70 mg", is_single_dose=False), "multi_dose", "3", id="multi-dose"),
            pytest.param(dose("70 mg", discarded=None), "not_documented", "3", id="not documented"),
        ],
    )
    def test_names_the_remainder(self, one: Any, reason: str, remainder: str) -> None:
        row = coded(one).unit_ledger[0]
        assert row.drawn == row.billed + row.discarded + row.remainder
        assert (row.remainder_reason, row.remainder) == (reason, Decimal(remainder))


class TestCodes:
    def test_without_a_dose_has_no_units(self) -> None:
        result = coded(dose("0 mg"))
        assert drugs(result) == ()
        assert findings(result) == ["missing_dose"]

    def test_that_does_not_convert_has_no_units(self) -> None:
        assert findings(coded(dose("5 units", opened=()))) == ["unit_mismatch"]
        concentrated = {"concentration": quantity("10 mg")}
        assert units(dose("5 mL", opened=(), about=concentrated)) == billed(5)

    def test_container_that_does_not_convert_is_found(self) -> None:
        assert findings(coded(dose("50 mg", opened=("1 mL",), discarded=None))) == ["unit_mismatch"]

    @pytest.mark.parametrize(
        ("about", "setting", "code"),
        [
            ({}, "facility", "J3490"),
            ({"is_biologic": True}, "facility", "J3590"),
            ({"is_new": True}, "facility", "C9399"),
            ({"is_new": True}, "office", "J3490"),
        ],
        ids=str,
    )
    def test_none_leads_to_an_unclassified_one(self, about: dict[str, Any], setting: str, code: str) -> None:
        ndc = NdcFacts("0517-0650-01", unit="ML", quantity=Decimal(2))
        one = given(
            drug=drug("drug d", billing_codes=(), **about),
            route="IM",
            dose=quantity("70 mg"),
            ndc=ndc,
            containers=(Container(quantity("50 mg"), 2, is_single_dose=True),),
        )
        line = drugs(coded(one, setting=setting))[0]
        assert (line.code, line.units, line.narrative) == (code, 1, "drug d, 0517-0650-01, 70 mg")
        assert line.ndc is not None
        assert line.ndc.code == "00517065001"
        assert findings(coded(one, setting=setting)) == ["unclassified_drug"]
        assert drugs(coded(one, policy={"noc_units": "containers"}))[0].units == 2

    def test_several_are_never_guessed(self) -> None:
        both = tuple(BillingCodeFacts(code, quantity("10 mg")) for code in ("J0001", "J0002"))
        result = coded(dose("70 mg", about={}, drug=drug("drug d", billing_codes=both)))
        assert drugs(result) == ()
        assert findings(result) == ["ambiguous_code"]

    def test_is_that_of_the_route(self) -> None:
        both = tuple(
            BillingCodeFacts(code, quantity("10 mg"), (route,)) for code, route in (("J1", "IV"), ("J2", "IM"))
        )
        assert units(dose("70 mg", drug=drug("drug d", billing_codes=both))) == {"J2": 7, "J2-JW": 3}

    @pytest.mark.parametrize(("route", "modifier"), [("IV", "JA"), ("SC", "JB"), ("IM", None)])
    def test_for_both_routes_carries_its_modifier(self, route: str, modifier: str | None) -> None:
        both = (BillingCodeFacts("J1", quantity("10 mg"), ("IV", "SC", "IM")),)
        name = "J1" if modifier is None else f"J1-{modifier}"
        found = units(dose("100 mg", drug=drug("drug d", billing_codes=both), route=route, technique="injection"))
        assert found == {f"{name}-JZ": 10}

    def test_of_340b_carries_tb_by_policy(self) -> None:
        assert units(dose("100 mg"), is_340b=True, policy={"modifier_340b": "TB"}) == {f"{CODE}-TB-JZ": 10}
        assert units(dose("100 mg"), is_340b=True) == billed(10, "JZ")

    def test_measured_by_volume_may_be_charted_by_it(self) -> None:
        one = replace(dose("1 mg", opened=(), per="50 mL"), dose=None, volume_ml=Decimal(100))
        assert units(one) == billed(2)

    def test_discard_that_does_not_convert_is_not_charted(self) -> None:
        assert findings(coded(dose("70 mg", discarded="3 units"))) == ["waste_not_documented"]


class TestNdc:
    @pytest.mark.parametrize(("policy", "is_there"), [("noc_only", False), ("always", True)])
    def test_stands_on_the_line_by_policy(self, policy: str, is_there: bool) -> None:
        one = dose("70 mg", ndc=NdcFacts("0517-0650-01"))
        lines = drugs(coded(one, policy={"ndc_required": policy}))
        assert [line.ndc is not None for line in lines] == [is_there, is_there]

    def test_stands_on_the_lines_of_the_payer_s_own_list(self, tmp_path: Path) -> None:
        (tmp_path / "sources.yaml").write_text(SOURCES)
        (tmp_path / "own.yaml").write_text(OWN_LIST)
        rulebook = load_rulebook(policy_dir=tmp_path)
        for code, on, is_there in (
            ("J1", SERVICE_DATE, True),
            ("J2", SERVICE_DATE, False),
            ("J1", date(2025, 6, 1), False),
        ):
            one = dose("70 mg", ndc=NdcFacts("0517-0650-01"), code=code, at=None)
            result = code_encounter(encounter(one, payer="own", date_of_service=on), rulebook=rulebook)
            assert [line.ndc is not None for line in drugs(result)] == [is_there, is_there]

    def test_names_every_package_of_the_line(self) -> None:
        two = [
            dose("100 mg", ndc=NdcFacts("0517-0650-01", unit="UN")),
            dose("100 mg", ndc=NdcFacts("0517-0650-01", unit="UN"), key="a2", at="11:00"),
            dose("100 mg", ndc=NdcFacts("0517-0651-01", unit="UN"), key="a3", at="12:00"),
        ]
        (line,) = drugs(coded(*two, policy={"ndc_required": "always"}))
        assert line.ndc == NdcLine("00517065001", Decimal(2), "UN")
        assert line.further_ndcs == (NdcLine("00517065101", Decimal(1), "UN"),)

    @pytest.mark.parametrize(
        ("ndc", "about", "wanted"),
        [
            (NdcFacts("0517-0650-01", unit="ML", quantity=Decimal(3)), {}, (3, "ML")),
            (NdcFacts("0517-0650-01"), {"concentration": quantity("20 mg")}, (Decimal("3.5"), "ML")),
            (NdcFacts("0517-0650-01", unit="ML"), {}, (None, "ML")),
            (NdcFacts("0517-0650-01", unit="UN"), {}, (1, "UN")),
            (NdcFacts("0517-0650-01", unit="GR"), {}, (None, "GR")),
            (NdcFacts("0517-0650-01"), {}, (None, None)),
        ],
        ids=str,
    )
    def test_is_counted_in_the_package_s_own_measure(self, ndc: NdcFacts, about: Any, wanted: Any) -> None:
        line = drugs(coded(dose("70 mg", ndc=ndc, about=about), policy={"ndc_required": "always"}))[0]
        assert line.ndc is not None
        assert (line.ndc.quantity, line.ndc.unit) == wanted

    def test_of_two_measures_has_no_quantity(self) -> None:
        two = [
            dose("70 mg", ndc=NdcFacts("0517-0650-01", unit=unit, quantity=Decimal(1)), key=key, at=at)
            for unit, key, at in (("ML", "a1", "10:00"), ("UN", "a2", "11:00"))
        ]
        line = drugs(coded(*two, policy={"ndc_required": "always"}))[0]
        assert line.ndc == NdcLine("00517065001", None, None)

    def test_that_is_none_is_found_once(self) -> None:
        assert findings(coded(dose("70 mg", ndc=NdcFacts("12-34")))) == ["ndc_invalid"]
