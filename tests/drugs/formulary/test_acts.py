from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypedDict

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from drugs import formulary, selectors
from drugs.models import (
    BillingCode,
    Drug,
    DrugBillingCode,
    DrugFamily,
    DrugName,
    DrugProfile,
    FormularyRelease,
    NameKind,
    Unit,
)
from rules.vocabulary import Family, Route
from tests import personas
from tests.factories.drugs import DrugNameFactory, NdcFactory, ProductFactory, listed_drug

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 15, 15, 0, tzinfo=UTC)
JULY = date(2025, 7, 1)
BEFORE = date(2025, 6, 30)


class Who(TypedDict):
    """What every act is told."""

    by: User
    at: datetime
    source: str


def cleo() -> Who:
    """An act of Cleo's, who keeps the formulary."""
    return {"by": personas.cleo(), "at": AT, "source": "a letter from the maker"}


def acts(drug: Drug, who: Who) -> dict[str, Callable[[], object]]:
    """Every act, ready to be done."""
    return {
        "add_drug": lambda: formulary.add_drug(name="another", family=Family.OTHER, on=JULY, **who),
        "add_name": lambda: formulary.add_name(drug=drug, text="alias", kind=NameKind.SYNONYM, on=JULY, **who),
        "map_charted_name": lambda: formulary.map_charted_name(text="alias", drug=drug, on=JULY, **who),
        "set_family": lambda: formulary.set_family(drug=drug, family=Family.COMPLEX_BIOLOGIC, on=JULY, **who),
        "assign_billing_code": lambda: formulary.assign_billing_code(drug=drug, code="J0002", on=JULY, **who),
        "supersede_billing_code": lambda: formulary.supersede_billing_code(
            code="J0001",
            successor="J0003",
            label="Inj, example, 1 mg",
            per_amount=Decimal(1),
            per_unit=Unit.MG,
            on=JULY,
            **who,
        ),
        "retire_drug": lambda: formulary.retire_drug(drug=drug, on=JULY, **who),
    }


NAMES = tuple(acts(Drug(), {"by": User(), "at": AT, "source": ""}))


class TestEveryAct:
    @pytest.mark.parametrize("act", NAMES)
    @pytest.mark.parametrize("person", [p for p in personas.EVERYBODY if p is not personas.cleo])
    def test_is_refused_to_all_but_who_keeps_the_formulary(self, act: str, person: Callable[[], User]) -> None:
        drug = listed_drug("example", code="J0001")
        listed_drug("other", code="J0002")
        before = FormularyRelease.objects.count()
        who: Who = {"by": person(), "at": AT, "source": "a letter"}
        with pytest.raises(PermissionDenied):
            acts(drug, who)[act]()
        assert FormularyRelease.objects.count() == before

    @pytest.mark.parametrize("act", NAMES)
    def test_makes_one_release_that_names_who_when_and_why(self, act: str) -> None:
        drug = listed_drug("example", code="J0001")
        listed_drug("other", code="J0002")
        before = FormularyRelease.objects.count()
        acts(drug, cleo())[act]()
        release = FormularyRelease.objects.order_by("pk").last()
        assert FormularyRelease.objects.count() == before + 1
        assert release is not None
        assert (release.imported_by_name, release.imported_at, release.source, release.effective_date) == (
            "cleo",
            AT,
            "a letter from the maker",
            JULY,
        )

    @pytest.mark.parametrize("act", NAMES)
    def test_leaves_the_version_of_earlier_dates_as_it_was(self, act: str) -> None:
        drug = listed_drug("example", code="J0001")
        listed_drug("other", code="J0002")
        before = selectors.formulary_version(BEFORE)
        acts(drug, cleo())[act]()
        assert selectors.formulary_version(BEFORE) == before
        assert selectors.formulary_version(JULY) != before


class TestAddDrug:
    def test_puts_it_into_the_formulary_from_the_date(self) -> None:
        reference = listed_drug("bevacizumab")
        drug = formulary.add_drug(
            name=" Bevacizumab-TNJN ",
            family=Family.ANTINEOPLASTIC,
            on=JULY,
            routes=[Route.IV],
            reference_drug=reference,
            is_biologic=True,
            **cleo(),
        )
        profile = DrugProfile.objects.in_force(JULY).get(drug=drug)
        assert drug.name == "bevacizumab-tnjn"
        assert (profile.routes, profile.is_biologic, profile.reference_drug) == (["IV"], True, reference)
        assert selectors.resolve(name="bevacizumab-tnjn", on=JULY).drug == drug
        assert selectors.resolve(name="bevacizumab-tnjn", on=BEFORE).drug is None

    def test_refuses_a_name_that_another_drug_has(self) -> None:
        DrugNameFactory.create(drug=listed_drug("bevacizumab"), text="Avastin")
        with pytest.raises(formulary.UnableToAddDrug, match="already is bevacizumab"):
            formulary.add_drug(name="avastin", family=Family.OTHER, on=JULY, **cleo())
        assert not Drug.objects.filter(name="avastin").exists()

    @pytest.mark.parametrize("name", ["", "   ", "®"])
    def test_refuses_a_name_of_nothing(self, name: str) -> None:
        with pytest.raises(formulary.UnableToAddDrug, match="needs a name"):
            formulary.add_drug(name=name, family=Family.OTHER, on=JULY, **cleo())


class TestAddName:
    def test_lets_the_name_resolve(self) -> None:
        drug = listed_drug("vancomycin")
        formulary.add_name(drug=drug, text="Vanco", kind=NameKind.SYNONYM, on=JULY, **cleo())
        assert selectors.resolve(name="VANCO", on=JULY).drug == drug

    def test_keeps_the_product_that_the_name_stands_for(self) -> None:
        product = ProductFactory.create(drug=listed_drug("pemetrexed"), name="Pemfexy")
        formulary.add_name(drug=product.drug, text="Pemfexy", kind=NameKind.BRAND, on=JULY, product=product, **cleo())
        assert selectors.resolve(name="pemfexy", on=JULY).product == product

    def test_refuses_a_name_that_another_drug_has(self) -> None:
        listed_drug("cefazolin")
        drug = listed_drug("ceftriaxone")
        with pytest.raises(formulary.UnableToAddName, match="already is cefazolin"):
            formulary.add_name(drug=drug, text="Cefazolin", kind=NameKind.SYNONYM, on=JULY, **cleo())

    def test_allows_a_misspelling_that_is_another_drug(self) -> None:
        listed_drug("vinblastine")
        drug = listed_drug("vincristine")
        formulary.add_name(drug=drug, text="vinblastine", kind=NameKind.MISSPELLING, on=JULY, **cleo())
        resolution = selectors.resolve(name="vinblastine", on=JULY)
        assert resolution.drug
        assert resolution.drug.name == "vinblastine"

    @pytest.mark.parametrize("text", ["example", "Alias"])
    def test_refuses_a_name_that_it_has(self, text: str) -> None:
        drug = DrugNameFactory.create(drug=listed_drug("example"), text="alias").drug
        with pytest.raises(formulary.UnableToAddName, match="already has"):
            formulary.add_name(drug=drug, text=text, kind=NameKind.SYNONYM, on=JULY, **cleo())

    def test_refuses_a_name_of_signs(self) -> None:
        with pytest.raises(formulary.UnableToAddName, match="letters or digits"):
            formulary.add_name(drug=listed_drug("example"), text="®", kind=NameKind.BRAND, on=JULY, **cleo())


class TestMapChartedName:
    def test_makes_a_misspelling_a_name(self) -> None:
        drug = listed_drug("docetaxel")
        DrugNameFactory.create(drug=drug, text="docetaxol", kind=NameKind.MISSPELLING)
        assert selectors.resolve(name="docetaxol", on=JULY).drug is None
        name = formulary.map_charted_name(text="docetaxol", drug=drug, on=JULY, **cleo())
        assert name.kind == NameKind.CHARTED
        resolution = selectors.resolve(name="Docetaxol", on=JULY)
        assert (resolution.drug, resolution.matched_by) == (drug, selectors.MatchedBy.CHARTED)
        assert DrugName.objects.filter(drug=drug).count() == 2

    def test_refuses_a_name_that_means_a_drug(self) -> None:
        listed_drug("cefazolin")
        with pytest.raises(formulary.UnableToMapChartedName, match="already is cefazolin"):
            formulary.map_charted_name(text="cefazolin", drug=listed_drug("other"), on=JULY, **cleo())


class TestSetFamily:
    def test_ends_the_earlier_one_on_that_day(self) -> None:
        drug = listed_drug("example")
        formulary.set_family(drug=drug, family=Family.COMPLEX_BIOLOGIC, on=JULY, **cleo())
        families = DrugFamily.objects.filter(drug=drug)
        assert families.in_force(BEFORE).get().family == "therapeutic"
        assert families.in_force(JULY).get().family == "complex_biologic"
        assert families.count() == 3, "the first row is kept, withdrawn"

    def test_of_a_policy_layer_leaves_everybody_else_alone(self) -> None:
        drug = listed_drug("example")
        formulary.set_family(drug=drug, family=Family.COMPLEX_BIOLOGIC, on=JULY, policy_layer="payer-a", **cleo())
        assert DrugFamily.objects.in_force(JULY).get(drug=drug, policy_layer="").family == "therapeutic"

    def test_refuses_to_overrun_a_later_one(self) -> None:
        drug = listed_drug("example")
        formulary.set_family(drug=drug, family=Family.COMPLEX_BIOLOGIC, on=JULY, **cleo())
        with pytest.raises(formulary.UnableToSetFamily, match="later date"):
            formulary.set_family(drug=drug, family=Family.ANTINEOPLASTIC, on=BEFORE, **cleo())

    def test_refuses_what_holds_already(self) -> None:
        drug = listed_drug("example")
        with pytest.raises(formulary.UnableToSetFamily, match="already is"):
            formulary.set_family(drug=drug, family=Family.THERAPEUTIC, on=JULY, **cleo())


class TestAssignBillingCode:
    def test_bills_from_the_date(self) -> None:
        drug = listed_drug("example")
        listed_drug("other", code="J0002")
        formulary.assign_billing_code(drug=drug, code="J0002", on=JULY, routes=[Route.SC], **cleo())
        assert [c.hcpcs_id for c in selectors.billing_codes_for(drug=drug, on=JULY, route="SC")] == ["J0002"]
        assert not selectors.billing_codes_for(drug=drug, on=JULY, route="IV")
        assert not selectors.billing_codes_for(drug=drug, on=BEFORE)

    def test_refuses_a_code_without_a_meaning(self) -> None:
        with pytest.raises(formulary.UnableToAssignBillingCode, match="not a valid code"):
            formulary.assign_billing_code(drug=listed_drug("example"), code="J9999", on=JULY, **cleo())

    def test_refuses_a_code_that_it_has(self) -> None:
        drug = listed_drug("example", code="J0001")
        with pytest.raises(formulary.UnableToAssignBillingCode, match="already bills"):
            formulary.assign_billing_code(drug=drug, code="J0001", on=JULY, **cleo())


class TestSupersedeBillingCode:
    def supersede(self, code: str, successor: str, on: date = JULY) -> BillingCode:
        return formulary.supersede_billing_code(
            code=code,
            successor=successor,
            label="Inj, vancomycin hcl, 10 mg",
            per_amount=Decimal(10),
            per_unit=Unit.MG,
            on=on,
            **cleo(),
        )

    def test_bills_by_the_old_code_before_and_the_new_one_after(self) -> None:
        drug = listed_drug("vancomycin", code="J3370", per_amount="500")
        self.supersede("J3370", "J3373")
        (before,) = selectors.billing_codes_for(drug=drug, on=BEFORE)
        (after,) = selectors.billing_codes_for(drug=drug, on=JULY)
        assert (before.hcpcs_id, before.per_amount, before.replaced_by_id) == ("J3370", 500, "J3373")
        assert (after.hcpcs_id, after.per_amount) == ("J3373", 10)

    def test_keeps_product_and_routes_of_the_links(self) -> None:
        drug = listed_drug("vancomycin", code="J3370")
        product = ProductFactory.create(drug=drug)
        formulary.assign_billing_code(drug=drug, code="J3370", on=BEFORE, product=product, routes=[Route.IV], **cleo())
        self.supersede("J3370", "J3373")
        link = DrugBillingCode.objects.in_force(JULY).get(hcpcs="J3373", product=product)
        assert link.routes == ["IV"]

    def test_may_change_the_amount_of_the_code_itself(self) -> None:
        drug = listed_drug("example", code="J0001", per_amount="500")
        self.supersede("J0001", "J0001")
        assert [c.per for c in selectors.billing_codes_for(drug=drug, on=BEFORE)] == ["500 mg"]
        assert [c.per for c in selectors.billing_codes_for(drug=drug, on=JULY)] == ["10 mg"]

    def test_on_the_first_day_leaves_nothing_before(self) -> None:
        drug = listed_drug("example", code="J0001")
        self.supersede("J0001", "J0002", on=date(2024, 1, 1))
        assert not BillingCode.objects.current().filter(hcpcs="J0001").exists()
        assert [c.hcpcs_id for c in selectors.billing_codes_for(drug=drug, on=date(2024, 1, 1))] == ["J0002"]

    def test_refuses_a_code_that_is_not_in_force(self) -> None:
        with pytest.raises(formulary.UnableToSupersedeBillingCode, match="not in force"):
            self.supersede("J0001", "J0002")

    def test_refuses_a_successor_with_another_meaning(self) -> None:
        listed_drug("example", code="J0001")
        listed_drug("other", code="J0002")
        with pytest.raises(formulary.UnableToSupersedeBillingCode, match="already has a meaning"):
            self.supersede("J0001", "J0002")

    def test_refuses_a_successor_that_is_a_cpt_code(self) -> None:
        listed_drug("example", code="J0001")
        with pytest.raises(formulary.UnableToSupersedeBillingCode, match="Level II"):
            self.supersede("J0001", "96413")


class TestRetireDrug:
    def test_keeps_it_for_earlier_dates(self) -> None:
        drug = listed_drug("example", code="J0001")
        NdcFactory.create(ndc="00000000001", drug=drug)
        formulary.retire_drug(drug=drug, on=JULY, **cleo())
        assert selectors.resolve(name="example", on=BEFORE).drug == drug
        assert selectors.resolve(ndc="00000000001", on=BEFORE).drug == drug
        assert selectors.billing_codes_for(drug=drug, on=BEFORE)
        late = selectors.resolve(name="example", on=JULY)
        assert (late.drug, late.unresolved, late.candidates) == (
            None,
            selectors.Unresolved.NOT_IN_FORCE,
            (drug,),
        )
        assert not selectors.billing_codes_for(drug=drug, on=JULY)

    def test_refuses_a_drug_that_is_gone(self) -> None:
        drug = listed_drug("example")
        formulary.retire_drug(drug=drug, on=JULY, **cleo())
        with pytest.raises(formulary.UnableToRetireDrug, match="not in the formulary"):
            formulary.retire_drug(drug=drug, on=JULY, **cleo())
