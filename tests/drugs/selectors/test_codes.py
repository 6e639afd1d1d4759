from datetime import date

import pytest

from drugs import selectors
from drugs.models import BillingCode, Drug, Product
from tests.factories.drugs import (
    BillingCodeFactory,
    DrugBillingCodeFactory,
    HcpcsCodeFactory,
    NdcBillingCodeFactory,
    NdcFactory,
    ProductFactory,
    listed_drug,
)

pytestmark = pytest.mark.django_db

ON = date(2026, 1, 15)
NDC = "50242006001"


def also_bills(drug: Drug, code: str, product: Product | None = None, circumstance: str = "", route: str = "") -> None:
    hcpcs = HcpcsCodeFactory.create(code=code)
    BillingCodeFactory.create(hcpcs=hcpcs)
    DrugBillingCodeFactory.create(
        drug=drug, hcpcs=hcpcs, product=product, circumstance=circumstance, routes=[route] if route else []
    )


def codes(found: tuple[BillingCode, ...]) -> list[str]:
    return [meaning.hcpcs_id for meaning in found]


class TestBillingCodesFor:
    def test_a_named_product_takes_its_own_code(self) -> None:
        drug = listed_drug("pemetrexed", code="J9305")
        product = ProductFactory.create(drug=drug)
        also_bills(drug, "J9304", product)
        assert codes(selectors.billing_codes_for(drug=drug, on=ON, product=product)) == ["J9304"]

    def test_no_product_takes_the_code_of_all_others(self) -> None:
        drug = listed_drug("pemetrexed", code="J9305")
        also_bills(drug, "J9304", ProductFactory.create(drug=drug))
        assert codes(selectors.billing_codes_for(drug=drug, on=ON)) == ["J9305"]
        without = ProductFactory.create(drug=drug)
        assert codes(selectors.billing_codes_for(drug=drug, on=ON, product=without)) == ["J9305"]

    def test_no_product_where_each_has_its_own_takes_them_all(self) -> None:
        drug = listed_drug("immune globulin")
        also_bills(drug, "J1459", ProductFactory.create(drug=drug))
        also_bills(drug, "J1561", ProductFactory.create(drug=drug))
        assert codes(selectors.billing_codes_for(drug=drug, on=ON)) == ["J1459", "J1561"]

    def test_the_package_outweighs_the_product(self) -> None:
        drug = listed_drug("pemetrexed", code="J9305")
        product = ProductFactory.create(drug=drug)
        also_bills(drug, "J9304", product)
        NdcFactory.create(ndc=NDC, drug=drug)
        NdcBillingCodeFactory.create(ndc=NDC, hcpcs__code="J9305")
        found = selectors.billing_codes_for(drug=drug, on=ON, product=product, ndc="50242-060-01")
        assert codes(found) == ["J9305"]

    def test_a_package_of_two_circumstances_takes_the_usual_one(self) -> None:
        drug = listed_drug("epoetin alfa", code="J0885")
        also_bills(drug, "Q4081", circumstance="esrd_on_dialysis")
        for code in ("J0885", "Q4081"):
            NdcBillingCodeFactory.create(ndc=NDC, hcpcs__code=code)
        assert codes(selectors.billing_codes_for(drug=drug, on=ON, ndc=NDC)) == ["J0885"]
        found = selectors.billing_codes_for(drug=drug, on=ON, ndc=NDC, circumstance="esrd_on_dialysis")
        assert codes(found) == ["Q4081"]

    def test_the_route_decides_where_codes_have_routes(self) -> None:
        drug = listed_drug("ustekinumab")
        also_bills(drug, "J3358", route="IV")
        also_bills(drug, "J3357", route="SC")
        assert codes(selectors.billing_codes_for(drug=drug, on=ON, route="SC")) == ["J3357"]
        assert codes(selectors.billing_codes_for(drug=drug, on=ON, route="IM")) == []
        assert codes(selectors.billing_codes_for(drug=drug, on=ON)) == ["J3357", "J3358"]

    def test_a_code_without_a_meaning_on_the_date_is_none(self) -> None:
        drug = listed_drug("example")
        DrugBillingCodeFactory.create(drug=drug, hcpcs__code="J0001")
        assert selectors.billing_codes_for(drug=drug, on=ON) == ()
