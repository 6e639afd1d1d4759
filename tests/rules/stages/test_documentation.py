"""What the record should hold and does not."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rules.facts import Documents, Order, OtherService, PriorAuthorization
from tests.factories.facts import (
    SERVICE_DATE,
    chemo,
    coded,
    drug,
    encounter,
    findings,
    fluid,
    infusion,
    push,
    quantity,
)

KNOWN = Documents(are_orders_known=True)
ORDER = Order("o1", "Drug A", quantity("100 mg"), "IV")


class TestOrders:
    def test_that_are_missing_are_found(self) -> None:
        assert findings(coded(infusion(), documents=KNOWN)) == ["missing_order"]
        assert findings(coded(fluid(), documents=KNOWN)) == ["hydration_no_order"]
        assert findings(coded(infusion())) == []

    @pytest.mark.parametrize(
        ("order", "dose", "wrong"),
        [
            (ORDER, "105 mg", None),
            (ORDER, "95 mg", None),
            (ORDER, "0.1 g", None),
            (ORDER, "106 mg", "dose 106 mg, 100 mg ordered"),
            (ORDER, "94 mg", "dose 94 mg, 100 mg ordered"),
            (Order("o1", "drug b"), "100 mg", "drug drug b ordered"),
            (Order("o1", "drug a", route="IM"), "100 mg", "route IV, IM ordered"),
            (Order("o1", "drug a", quantity("5 units")), "100 mg", None),
            (ORDER, None, None),
        ],
        ids=str,
    )
    def test_are_held_against_what_was_given(self, order: Order, dose: str | None, wrong: str | None) -> None:
        one = infusion(order="o1", dose=None if dose is None else quantity(dose))
        result = coded(one, documents=KNOWN, orders=(order,))
        assert findings(result) == ([] if wrong is None else ["order_mismatch"])
        assert [dict(finding.step.values)["parts"] for finding in result.findings] == ([wrong] if wrong else [])

    def test_given_in_parts_are_added(self) -> None:
        half = {"order": "o1", "dose": quantity("50 mg")}
        both = [push(**half), push("a2", at="12:00", **half)]
        assert findings(coded(*both, documents=KNOWN, orders=(ORDER,))) == []


class TestLots:
    def test_that_are_missing_are_found(self) -> None:
        known = Documents(are_lots_known=True)
        assert findings(coded(infusion(), documents=known)) == ["lot_missing"]
        assert findings(coded(infusion(lot="L1"), documents=known)) == []


class TestChemo:
    def test_wants_a_plan_and_a_response(self) -> None:
        bare = Documents(has_treatment_plan=False, has_response_charted=False)
        assert findings(coded(chemo(), documents=bare)) == ["monitoring_missing", "treatment_plan_missing"]
        assert findings(coded(infusion(), documents=bare)) == []
        assert findings(coded(chemo(), documents=Documents(has_treatment_plan=True, has_response_charted=True))) == []


class TestAuthorizations:
    @pytest.mark.parametrize(
        ("held", "found"),
        [
            ((), ["prior_auth_missing"]),
            ((PriorAuthorization("drug z"),), ["prior_auth_missing"]),
            ((PriorAuthorization("Drug A"),), []),
            ((PriorAuthorization("drug a", SERVICE_DATE, SERVICE_DATE, 1),), []),
            ((PriorAuthorization("drug a", valid_from=date(2026, 1, 16)),), ["prior_auth_exhausted"]),
            ((PriorAuthorization("drug a", valid_until=date(2026, 1, 14)),), ["prior_auth_exhausted"]),
            ((PriorAuthorization("drug a", remaining=0),), ["prior_auth_exhausted"]),
        ],
        ids=str,
    )
    def test_have_to_cover_the_day(self, held: tuple[PriorAuthorization, ...], found: list[str]) -> None:
        one = infusion(drug=drug(needs_prior_auth=True))
        assert findings(coded(one, documents=Documents(prior_authorizations=held))) == found
        assert findings(coded(infusion(), documents=Documents(prior_authorizations=held))) == []


class TestDiagnoses:
    def test_off_label_use_wants_support(self) -> None:
        one = infusion(drug=drug(indications=("C18", "K50.0")))
        bare = Documents(has_off_label_support=False)
        assert findings(coded(one, documents=bare, diagnoses=("c189",))) == []
        assert findings(coded(one, documents=bare, diagnoses=("K50.90",))) == ["off_label_support_missing"]
        assert findings(coded(one, diagnoses=("K50.90",))) == []

    def test_hydration_wants_a_covered_reason(self) -> None:
        assert findings(coded(fluid(), diagnoses=("E86.0",))) == []
        assert findings(coded(fluid(), diagnoses=("I10",))) == ["hydration_necessity"]

    @pytest.mark.parametrize(
        ("charted", "order", "found"),
        [
            (("C18.9", "Z51.11"), ["Z51.11", "C18.9"], ["dx_sequence"]),
            (("Z5111", "c189"), ["Z51.11", "C18.9"], []),
            (("C18.9",), ["C18.9"], ["dx_missing"]),
            (("I10", "C18.9", "Z51.11"), ["Z51.11", "C18.9", "I10"], ["dx_sequence"]),
            (("Z51.11", "M06.9"), ["Z51.11", "M06.9"], ["dx_sequence"]),
            ((), [], ["dx_missing"]),
        ],
        ids=str,
    )
    def test_are_put_in_order(self, charted: tuple[str, ...], order: list[str], found: list[str]) -> None:
        result = coded(chemo(), diagnoses=charted)
        assert [one.code for one in result.diagnoses] == order
        assert findings(result) == found
        assert result.lines[0].diagnoses == tuple(order)

    def test_of_immunotherapy(self) -> None:
        both = [chemo(), infusion("a2", drug=drug("drug i", "complex_biologic", is_immunotherapy=True), at="12:00")]
        assert findings(coded(*both, diagnoses=("Z51.11", "Z51.12", "C18.9"))) == []

    def test_put_both_reasons_for_the_visit_before_the_neoplasm(self) -> None:
        antibody = chemo("a2", drug=drug("antibody", "antineoplastic", is_biologic=True))
        result = coded(chemo(), antibody, diagnoses=("Z51.12", "C18.9", "Z51.11"))
        assert [one.code for one in result.diagnoses] == ["Z51.11", "Z51.12", "C18.9"]

    def test_take_either_reason_for_a_drug_that_nobody_has_mapped(self) -> None:
        unknown = chemo(drug=drug("study drug", "antineoplastic", is_unmapped=True))
        assert findings(coded(unknown, diagnoses=("Z51.12", "C34.90"))) == []

    @pytest.mark.parametrize(("charted", "found"), [("Z51.11", []), ("Z51.12", []), ("I10", ["dx_missing"])])
    def test_of_an_antibody_may_be_either(self, charted: str, found: list[str]) -> None:
        one = infusion(drug=drug("drug m", "antineoplastic", is_biologic=True))
        assert findings(coded(one, diagnoses=(charted, "C18.9") if not found else ("C18.9",))) == found

    def test_of_hydration_lead_its_lines(self) -> None:
        result = coded(infusion(), fluid("a2", at="12:00"), diagnoses=("I10", "E86.0"))
        assert {line.code: line.diagnoses for line in result.lines} == {"96365": ("I10", "E86.0"), "96361": ("E86.0",)}


class TestOtherServices:
    @pytest.mark.parametrize(
        ("service", "found"),
        [
            (OtherService("36000"), ["included"]),
            (OtherService("99211"), ["em_99211"]),
            (OtherService("99213"), ["needs_25"]),
            (OtherService("G0463"), ["needs_25"]),
            (OtherService("99213", ("25",)), []),
            (OtherService("71046"), []),
        ],
        ids=str,
    )
    def test_beside_an_administration(self, service: OtherService, found: list[str]) -> None:
        assert findings(coded(infusion(), other_services=(service,))) == found
        assert findings(coded(other_services=(service,))) == []

    @pytest.mark.parametrize(
        ("fields", "found"),
        [
            ({"setting": "office", "place_of_service": "11"}, []),
            ({"setting": "office", "place_of_service": "22"}, ["not_physician"]),
            ({"place_of_service": "22"}, []),
            ({"place_of_service": "19", "is_professional_claim": True}, ["not_physician"]),
        ],
        ids=str,
    )
    def test_of_a_physician_in_a_facility(self, fields: dict[str, Any], found: list[str]) -> None:
        assert findings(coded(infusion(), **fields)) == found

    def test_of_a_physician_are_others_than_the_facility_s(self) -> None:
        one = push(purpose="declotting")
        assert findings(coded(one, setting="office", place_of_service="22")) == []


def test_facts_are_what_the_builders_say() -> None:
    assert encounter(infusion(volume_ml=Decimal(5))).administrations[0].volume_ml == 5
