from datetime import date, timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from drugs import facts
from drugs.facts import DrugQuestion
from rules.facts import BillingCodeFacts, DrugFacts, Quantity
from rules.vocabulary import Family
from tests.factories.drugs import (
    BillingCodeFactory,
    DrugBillingCodeFactory,
    DrugFactory,
    DrugFamilyFactory,
    DrugProfileFactory,
    HcpcsCodeFactory,
    MarketedSizeFactory,
    NdcFactory,
    PriceFactory,
    ProductFactory,
    listed_drug,
)

pytestmark = pytest.mark.django_db

ON = date(2026, 1, 15)


class TestDrugFacts:
    def test_hold_what_the_formulary_says(self) -> None:
        drug = DrugFactory.create(name="example")
        DrugProfileFactory.create(
            drug=drug,
            is_biologic=True,
            is_electrolyte=True,
            is_immunotherapy=True,
            is_new=True,
            needs_prior_auth=True,
            concentration_amount=Decimal("25.000000"),
            concentration_unit="mg",
            indications=["C18"],
        )
        DrugFamilyFactory.create(drug=drug, family="antineoplastic")
        hcpcs = HcpcsCodeFactory.create(code="J9035")
        BillingCodeFactory.create(hcpcs=hcpcs, label="Bevacizumab injection")
        DrugBillingCodeFactory.create(drug=drug, hcpcs=hcpcs, routes=["IV"])
        PriceFactory.create(hcpcs=hcpcs, payment_limit=Decimal("73.632"))
        MarketedSizeFactory.create(drug=drug, amount=Decimal(100))
        MarketedSizeFactory.create(drug=drug, amount=Decimal(400))
        assert facts.drug_facts(drug=drug, on=ON, route="IV") == DrugFacts(
            name="example",
            family=Family.ANTINEOPLASTIC,
            billing_codes=(
                BillingCodeFacts(
                    code="J9035",
                    per=Quantity(Decimal(10), "mg"),
                    routes=("IV",),
                    price=Decimal("73.632"),
                    label="Bevacizumab injection",
                ),
            ),
            is_electrolyte=True,
            is_biologic=True,
            is_immunotherapy=True,
            is_new=True,
            concentration=Quantity(Decimal(25), "mg"),
            marketed_sizes=(Quantity(Decimal(400), "mg"), Quantity(Decimal(100), "mg")),
            indications=("C18",),
            needs_prior_auth=True,
        )

    def test_read_the_same_however_a_number_was_stored(self) -> None:
        drug = listed_drug("example", code="J0001", per_amount="1000")
        (code,) = facts.drug_facts(drug=drug, on=ON).billing_codes or ()
        assert str(code.per.amount) == "1000"

    def test_keep_the_last_price_until_the_next_quarter_is_in(self) -> None:
        drug = listed_drug("example", code="J0001")
        price = PriceFactory.create(hcpcs=HcpcsCodeFactory.create(code="J0001"))
        (code,) = facts.drug_facts(drug=drug, on=date(2026, 4, 1)).billing_codes or ()
        assert code.price == price.payment_limit

    def test_have_no_price_before_its_quarter(self) -> None:
        drug = listed_drug("example", code="J0001")
        price = PriceFactory.create(hcpcs=HcpcsCodeFactory.create(code="J0001"))
        before = price.effective_from - timedelta(days=1)
        (code,) = facts.drug_facts(drug=drug, on=before).billing_codes or ()
        assert code.price is None

    def test_of_a_drug_outside_the_formulary_have_no_family_and_no_code(self) -> None:
        drug = listed_drug("example", code="J0001")
        assert facts.drug_facts(drug=drug, on=date(2023, 12, 31)) == DrugFacts(
            name="example", family=Family.OTHER, billing_codes=()
        )

    def test_of_a_drug_without_family_say_other(self) -> None:
        drug = DrugProfileFactory.create().drug
        assert facts.drug_facts(drug=drug, on=ON).family == Family.OTHER

    def test_leave_multi_dose_sizes_and_other_routes_and_products_out(self) -> None:
        drug = listed_drug("example")
        product, other = ProductFactory.create(drug=drug), ProductFactory.create(drug=drug)
        MarketedSizeFactory.create(drug=drug, amount=1)
        MarketedSizeFactory.create(drug=drug, amount=2, is_single_dose=False)
        MarketedSizeFactory.create(drug=drug, amount=3, is_single_dose=None)
        MarketedSizeFactory.create(drug=drug, amount=4, routes=["SC"])
        MarketedSizeFactory.create(drug=drug, amount=5, product=product)
        MarketedSizeFactory.create(drug=drug, amount=6, product=other)
        sizes = facts.drug_facts(drug=drug, on=ON, route="IV", product=product).marketed_sizes
        assert [int(size.amount) for size in sizes] == [5, 1]

    def test_know_the_product_by_the_package(self) -> None:
        drug = listed_drug("pemetrexed", code="J9305")
        product = ProductFactory.create(drug=drug)
        hcpcs = HcpcsCodeFactory.create(code="J9304")
        BillingCodeFactory.create(hcpcs=hcpcs)
        DrugBillingCodeFactory.create(drug=drug, hcpcs=hcpcs, product=product)
        NdcFactory.create(ndc="00000000001", drug=drug, product=product)
        (code,) = facts.drug_facts(drug=drug, on=ON, ndc="00000-0000-01").billing_codes or ()
        assert code.code == "J9304"


class TestFamily:
    def test_is_that_of_the_last_layer_that_says_one(self) -> None:
        drug = listed_drug("infliximab", family="complex_biologic")
        DrugFamilyFactory.create(drug=drug, policy_layer="payer", family="therapeutic")
        DrugFamilyFactory.create(drug=drug, policy_layer="facility", family="antineoplastic")

        def family(*layers: str) -> Family | str:
            return facts.drug_facts(drug=drug, on=ON, policy_layers=layers).family

        assert family() == Family.COMPLEX_BIOLOGIC
        assert family("payer") == Family.THERAPEUTIC
        assert family("payer", "facility") == Family.ANTINEOPLASTIC
        assert family("payer", "silent") == Family.THERAPEUTIC

    def test_is_that_of_the_date(self) -> None:
        drug = DrugProfileFactory.create().drug
        july = date(2025, 7, 1)
        DrugFamilyFactory.create(drug=drug, family="antineoplastic", effective_until=july)
        DrugFamilyFactory.create(drug=drug, family="therapeutic", effective_from=july)
        assert facts.drug_facts(drug=drug, on=date(2025, 6, 30)).family == Family.ANTINEOPLASTIC
        assert facts.drug_facts(drug=drug, on=july).family == Family.THERAPEUTIC


class TestManyQuestions:
    def test_are_answered_in_order_with_one_query(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        drugs = [listed_drug(name, code="J0001") for name in ("one", "two")]
        facts.drug_facts(drug=drugs[0], on=ON)
        questions = [DrugQuestion(drug=drug, on=ON) for drug in drugs * 100]
        with django_assert_num_queries(1):
            answers = facts.drug_facts_of_many(questions)
        assert [answer.name for answer in answers] == ["one", "two"] * 100


class TestUnmapped:
    def test_has_no_family_and_no_code_and_says_so(self) -> None:
        assert facts.unmapped_drug_facts(" Drug  A") == DrugFacts(
            name="drug a", family=Family.OTHER, billing_codes=(), is_unmapped=True
        )

    def test_keeps_a_name_of_signs(self) -> None:
        assert facts.unmapped_drug_facts("®").name == "®"


class TestFormularyVersion:
    def test_stamps_a_run(self) -> None:
        drug = listed_drug("one")
        assert facts.formulary_version(ON).split(":")[0].isdigit()
        assert drug.release.version.endswith(":hand")
