from datetime import UTC, date, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from drugs import formulary, selectors
from rules.vocabulary import Family
from tests import personas
from tests.factories.drugs import (
    BillingCodeFactory,
    DrugBillingCodeFactory,
    DrugNameFactory,
    DrugProfileFactory,
    HcpcsCodeFactory,
    MarketedSizeFactory,
    NdcBillingCodeFactory,
    NdcFactory,
    PriceFactory,
    ProductFactory,
    listed_drug,
)

pytestmark = pytest.mark.django_db

ON = date(2026, 1, 15)


class TestDrugRecord:
    def test_holds_all_of_one_drug(self) -> None:
        drug = listed_drug("example", code="J0001")
        product = ProductFactory.create(drug=drug, name="Brand")
        DrugNameFactory.create(drug=drug, text="alias")
        MarketedSizeFactory.create(drug=drug)
        NdcFactory.create(ndc="00000000001", drug=drug)
        NdcBillingCodeFactory.create(ndc="00000000001", hcpcs__code="J0001")
        PriceFactory.create(hcpcs=HcpcsCodeFactory.create(code="J0001"))
        similar = DrugProfileFactory.create(reference_drug=drug).drug
        record = selectors.drug_record(drug, on=ON)
        assert record.profile
        assert [row.family for row in record.families] == ["therapeutic"]
        assert [row.text for row in record.names] == ["alias"]
        assert record.products == (product,)
        assert [(line.link.hcpcs_id, line.is_in_force) for line in record.codes] == [("J0001", True)]
        assert [(str(line.package), len(line.codes)) for line in record.packages] == [("00000-0000-01", 1)]
        assert [size.size for size in record.sizes] == ["100 mg"]
        assert record.quarters == (date(2026, 1, 1),)
        assert [(code, len(prices)) for code, prices in record.prices] == [("J0001", 1)]
        assert record.biosimilars == (similar,)

    def test_puts_codes_in_force_before_those_that_ended(self) -> None:
        drug = listed_drug("vancomycin")
        for code, until in (("J3370", date(2025, 7, 1)), ("J3373", None)):
            hcpcs = HcpcsCodeFactory.create(code=code)
            BillingCodeFactory.create(hcpcs=hcpcs, effective_until=until)
            DrugBillingCodeFactory.create(drug=drug, hcpcs=hcpcs, effective_until=until)
        codes = selectors.drug_record(drug, on=ON).codes
        assert [(line.link.hcpcs_id, line.is_in_force) for line in codes] == [("J3373", True), ("J3370", False)]
        assert all(line.meaning for line in codes)

    def test_tells_what_each_release_did(self) -> None:
        drug = listed_drug("example")
        formulary.set_family(
            drug=drug,
            family=Family.COMPLEX_BIOLOGIC,
            on=date(2025, 7, 1),
            by=personas.cleo(),
            at=datetime(2026, 1, 2, tzinfo=UTC),
            source="a letter",
        )
        newest = selectors.drug_record(drug, on=ON).history[0]
        assert newest.release.name == "example is complex_biologic"
        assert newest.changed == (
            (
                "therapeutic from 1 Jan 2024",
                "therapeutic from 1 Jan 2024 until 1 Jul 2025; complex biologic from 1 Jul 2025",
            ),
        )
        assert (newest.added, newest.withdrawn) == ((), ())

    def test_takes_a_fixed_number_of_queries(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        drug = listed_drug("example", code="J0001")
        for number in range(6):
            NdcFactory.create(ndc=f"{number:011}", drug=drug)
            MarketedSizeFactory.create(drug=drug, amount=number + 1)
            DrugNameFactory.create(drug=drug)
        with django_assert_max_num_queries(22):
            selectors.drug_record(drug, on=ON)
