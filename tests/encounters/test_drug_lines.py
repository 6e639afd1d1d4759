"""Drug lines from what is charted to what is billed: the formulary's rows, the adapters and the engine together."""

from datetime import date
from decimal import Decimal

import pytest

from drugs.models import DrugBillingCode
from encounters import coding
from encounters.models import DrugAdministration, Encounter
from rules.result import CodedLine
from tests.factories.drugs import (
    BillingCodeFactory,
    DrugBillingCodeFactory,
    DrugFamilyFactory,
    DrugProfileFactory,
    HcpcsCodeFactory,
    MarketedSizeFactory,
    PriceFactory,
    listed_drug,
)
from tests.factories.encounters import (
    DAY_AFTER,
    ContainerFactory,
    DiagnosisFactory,
    DrugAdministrationFactory,
    OrderFactory,
)

pytestmark = pytest.mark.django_db


def given(name: str = "example", *, dose: str = "100 mg", **values: object) -> DrugAdministration:
    amount, unit = dose.split()
    values = {"kind": "", "drug_name": name, "dose_amount": Decimal(amount), "dose_unit": unit, **values}
    administration: DrugAdministration = DrugAdministrationFactory.create(**values)
    return administration


def opened(administration: DrugAdministration, *sizes: str, is_single_dose: bool = True) -> None:
    for size in sizes:
        amount, unit = size.split()
        ContainerFactory.create(
            administration=administration,
            size_amount=Decimal(amount),
            size_unit=unit,
            count=1,
            is_single_dose=is_single_dose,
        )


def drug_lines(encounter: Encounter) -> list[CodedLine]:
    result = coding.result_of(coding.run(encounter=encounter, at=DAY_AFTER))
    return [line for line in result.lines if line.role in {"drug", "discarded"}]


def billed(administration: DrugAdministration) -> list[str]:
    return [f"{'-'.join((line.code, *line.modifiers))} {line.units}" for line in drug_lines(administration.encounter)]


def found(administration: DrugAdministration) -> set[str]:
    run = administration.encounter.runs.get()
    return set(run.findings.values_list("kind", flat=True))


class TestConversion:
    @pytest.mark.parametrize(
        ("dose", "per", "units"),
        [
            ("0.25 mg", "25 mcg", 10),
            ("1.5 g", "500 mg", 3),
            ("175 mg", "50 mg", 4),
            ("40000 units", "1000 units", 40),
            ("20 mEq", "2 mEq", 10),
            ("250 mcg", "0.1 mg", 3),
            ("0.1 mg", "10 mg", 1),
        ],
    )
    def test_is_exact_and_rounded_up_once(self, dose: str, per: str, units: int) -> None:
        amount, unit = per.split()
        listed_drug("example", code="J0001", per_amount=amount, per_unit=unit)
        assert billed(given(dose=dose)) == [f"J0001 {units}"]

    def test_takes_millilitres_by_the_drug_s_concentration(self) -> None:
        drug = listed_drug("example", code="J0001")
        profile = drug.profiles.get()
        profile.withdrawn_by = profile.release
        profile.save(update_fields=["withdrawn_by"])
        DrugProfileFactory.create(drug=drug, concentration_amount=Decimal("12.5"), concentration_unit="mg")
        assert billed(given(dose="8 mL")) == ["J0001 10"]

    def test_refuses_what_cannot_be_converted(self) -> None:
        listed_drug("example", code="J0001")
        administration = given(dose="8 mL")
        assert billed(administration) == []
        assert "unit_mismatch" in found(administration)

    def test_adds_the_doses_of_a_day_before_it_rounds(self) -> None:
        listed_drug("example", code="J0001")
        first = given(dose="15 mg")
        given(dose="14 mg", encounter=first.encounter)
        assert billed(first) == ["J0001 3"]


class TestContainers:
    def test_of_several_sizes_leave_a_discarded_amount(self) -> None:
        listed_drug("example", code="J0001")
        administration = given(dose="460 mg", discarded_amount=Decimal(40), discarded_unit="mg")
        opened(administration, "400 mg", "100 mg")
        assert billed(administration) == ["J0001 46", "J0001-JW 4"]

    def test_used_up_earn_jz(self) -> None:
        listed_drug("example", code="J0001")
        administration = given(dose="500 mg")
        opened(administration, "400 mg", "100 mg")
        assert billed(administration) == ["J0001-JZ 50"]

    def test_of_many_doses_earn_neither(self) -> None:
        listed_drug("example", code="J0001")
        administration = given(dose="60 mg")
        opened(administration, "100 mg", is_single_dose=False)
        assert billed(administration) == ["J0001 6"]

    def test_with_nothing_charted_about_the_rest_are_a_finding(self) -> None:
        listed_drug("example", code="J0001")
        administration = given(dose="60 mg")
        opened(administration, "100 mg")
        assert billed(administration) == ["J0001 6"]
        assert "waste_not_documented" in found(administration)

    def test_larger_than_the_marketed_ones_needed_are_a_finding(self) -> None:
        drug = listed_drug("example", code="J0001")
        for size in (50, 400):
            MarketedSizeFactory.create(drug=drug, amount=Decimal(size))
        administration = given(dose="50 mg", discarded_amount=Decimal(350), discarded_unit="mg")
        opened(administration, "400 mg")
        assert billed(administration) == ["J0001 5", "J0001-JW 35"]
        assert "smaller_vials" in found(administration)


class TestOrder:
    def order(self, dose: str) -> DrugAdministration:
        amount, unit = dose.split()
        administration = given(dose="400 mg")
        administration.order = OrderFactory.create(
            encounter=administration.encounter, drug_name="example", dose_amount=Decimal(amount), dose_unit=unit
        )
        administration.save()
        return administration

    def test_other_than_given_is_a_finding(self) -> None:
        listed_drug("example", code="J0001")
        administration = self.order("200 mg")
        assert billed(administration) == ["J0001 40"]
        assert "order_mismatch" in found(administration)

    @pytest.mark.parametrize("ordered", ["5 mg/kg", "260 mg/m2"])
    def test_by_weight_or_surface_is_billed_by_what_was_given(self, ordered: str) -> None:
        listed_drug("example", code="J0001")
        administration = self.order(ordered)
        assert billed(administration) == ["J0001 40"]


class TestCodes:
    def test_for_dialysis_need_both_diagnoses(self) -> None:
        drug = listed_drug("example", code="J0001")
        BillingCodeFactory.create(hcpcs__code="J0002")
        DrugBillingCodeFactory.create(
            drug=drug,
            hcpcs=HcpcsCodeFactory.create(code="J0002"),
            circumstance=DrugBillingCode.Circumstance.ESRD_ON_DIALYSIS,
        )
        usual, dialysis = given(), given()
        DiagnosisFactory.create(encounter=usual.encounter, code="N18.6")
        DiagnosisFactory.create(encounter=dialysis.encounter, code="N18.6")
        DiagnosisFactory.create(encounter=dialysis.encounter, code="Z99.2", position=2)
        assert (billed(usual), billed(dialysis)) == (["J0001 10"], ["J0002 10"])

    def test_of_other_drugs_stay_on_dialysis(self) -> None:
        listed_drug("example", code="J0001")
        administration = given()
        for position, code in enumerate(("N18.6", "Z99.2"), start=1):
            DiagnosisFactory.create(encounter=administration.encounter, code=code, position=position)
        assert billed(administration) == ["J0001 10"]

    @pytest.mark.parametrize(("route", "modifier"), [("IV", "JA"), ("SC", "JB")])
    def test_for_both_routes_say_which(self, route: str, modifier: str) -> None:
        drug = listed_drug("example")
        BillingCodeFactory.create(hcpcs__code="J0001")
        DrugBillingCodeFactory.create(drug=drug, hcpcs=HcpcsCodeFactory.create(code="J0001"), routes=["IV", "SC"])
        technique = "infusion" if route == "IV" else "injection"
        assert billed(given(route=route, technique=technique)) == [f"J0001-{modifier} 10"]

    def test_without_one_of_its_own_a_drug_is_unclassified_and_told_in_words(self) -> None:
        listed_drug("example")
        administration = given(ndc="00000-0000-11")
        (line,) = drug_lines(administration.encounter)
        assert (line.code, line.units, line.narrative) == ("J3490", 1, "example, 00000-0000-11, 100 mg")
        assert line.ndc.code == "00000000011"
        assert "unclassified_drug" in found(administration)

    def test_of_an_oral_drug_are_for_no_injection(self) -> None:
        listed_drug("example", code="J0001")
        assert billed(given(route="PO", technique="")) == []

    def test_under_340b_carry_tb_where_the_policy_asks(self) -> None:
        listed_drug("example", code="J0001")
        administration = given(encounter__is_340b=True)
        assert billed(administration) == ["J0001 10"]
        payer = administration.encounter.payer
        payer.policy_layer = "medicare"
        payer.save()
        under = coding.result_of(coding.run(encounter=administration.encounter, at=DAY_AFTER))
        wanted = dict(under.versions.values)["modifier_340b"]
        tb = [line.modifiers for line in under.lines if line.code == "J0001"]
        assert tb == [("TB",) if wanted == "TB" else ()]

    def test_have_the_limit_of_the_quarter_as_value_at_stake(self) -> None:
        listed_drug("example", code="J0001")
        for first, last, limit in ((1, 4, "2.5"), (4, 7, "9")):
            PriceFactory.create(
                hcpcs=HcpcsCodeFactory.create(code="J0001"),
                payment_limit=Decimal(limit),
                effective_from=date(2026, first, 1),
                effective_until=date(2026, last, 1),
            )
        (line,) = drug_lines(given().encounter)
        assert line.price == Decimal("2.5")


class TestFamilies:
    def administered(self, administration: DrugAdministration) -> str:
        result = coding.result_of(coding.run(encounter=administration.encounter, at=DAY_AFTER))
        return result.lines[0].code

    def test_of_a_payer_hold_for_that_payer_alone(self) -> None:
        drug = listed_drug("example", family="therapeutic")
        DrugFamilyFactory.create(drug=drug, family="complex_biologic", policy_layer="independence")
        own = given(encounter__payer__policy_layer="independence")
        other = given(encounter__payer__policy_layer="noridian")
        assert (self.administered(own), self.administered(other)) == ("96413", "96365")

    def test_of_a_facility_outweigh_the_payer_s(self) -> None:
        drug = listed_drug("example", family="therapeutic")
        DrugFamilyFactory.create(drug=drug, family="complex_biologic", policy_layer="medicare")
        DrugFamilyFactory.create(drug=drug, family="therapeutic", policy_layer="indication-strict")
        both = given(encounter__payer__policy_layer="medicare", encounter__location__policy_layer="indication-strict")
        assert self.administered(both) == "96365"

    def test_of_a_setting_hold_there(self) -> None:
        drug = listed_drug("example", family="therapeutic")
        DrugFamilyFactory.create(drug=drug, family="complex_biologic", policy_layer="office")
        assert self.administered(given(encounter__setting="facility")) == "96365"
        assert self.administered(given(encounter__setting="office", encounter__place_of_service="11")) == "96413"
