from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from drugs import selectors
from drugs.models import NameKind
from drugs.selectors import GapKind
from tests.factories.drugs import (
    BillingCodeFactory,
    DrugBillingCodeFactory,
    DrugFactory,
    DrugNameFactory,
    DrugProfileFactory,
    FormularyReleaseFactory,
    HcpcsCodeFactory,
    NdcBillingCodeFactory,
    NdcFactory,
    listed_drug,
)

pytestmark = pytest.mark.django_db

ON = date(2026, 1, 15)


def found(query: str) -> list[str]:
    return [summary.drug.name for summary in selectors.search(query, on=ON)]


class TestSearch:
    def test_of_nothing_lists_all_by_name(self) -> None:
        for name in ("b", "a", "c"):
            listed_drug(name)
        assert found(" ") == ["a", "b", "c"]

    def test_puts_the_closest_first(self) -> None:
        for name in ("iron", "spironolactone", "iron dextran", "carboxyl iron"):
            listed_drug(name)
        assert found("iron") == ["iron", "iron dextran", "carboxyl iron", "spironolactone"]

    def test_finds_by_brand_and_names_it(self) -> None:
        DrugNameFactory.create(drug=listed_drug("infliximab"), text="Remicade", kind=NameKind.BRAND)
        (summary,) = selectors.search("remi", on=ON)
        assert (summary.drug.name, summary.matched, summary.brands) == ("infliximab", "remicade", ("Remicade",))

    def test_finds_by_the_beginning_of_a_code(self) -> None:
        listed_drug("one", code="J9035")
        listed_drug("two", code="J9041")
        listed_drug("three", code="Q5107")
        assert found("j90") == ["one", "two"]
        assert found("Q5107") == ["three"]

    def test_finds_by_package(self) -> None:
        NdcFactory.create(ndc="50242006001", drug=listed_drug("bevacizumab"))
        (summary,) = selectors.search("50242-060-01", on=ON)
        assert (summary.drug.name, summary.matched) == ("bevacizumab", "50242-0060-01")

    def test_offers_names_that_are_alike(self) -> None:
        listed_drug("trastuzumab")
        assert found("trastuzamab") == ["trastuzumab"]
        assert found("zzz") == []

    def test_leaves_out_what_is_not_in_force(self) -> None:
        drug = DrugFactory.create(name="gone", release=FormularyReleaseFactory.create())
        DrugProfileFactory.create(drug=drug, effective_until=date(2025, 1, 1))
        DrugBillingCodeFactory.create(drug=drug, hcpcs__code="J0001")
        assert found("gone") == found("") == found("J0001") == []

    def test_needs_no_query_for_each_drug(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for number in range(5):
            listed_drug(f"drug {number}", code=f"J000{number}")
        found("")
        with django_assert_num_queries(2):
            selectors.search("", on=ON)


class TestGaps:
    def test_are_none_in_a_whole_formulary(self) -> None:
        listed_drug("one", code="J0001")
        assert selectors.gaps(ON) == []

    def test_name_a_drug_without_code(self) -> None:
        drug = listed_drug("one")
        (gap,) = selectors.gaps(ON)
        assert (gap.kind, gap.drug) == (GapKind.NO_CODE, drug)

    def test_accept_a_reason_for_having_no_code(self) -> None:
        profile = DrugProfileFactory.create(no_code_reason="HCPCS has none")
        assert [(g.kind, g.drug) for g in selectors.gaps(ON)] == [(GapKind.NO_FAMILY, profile.drug)]

    def test_name_a_code_that_ended(self) -> None:
        drug = listed_drug("one")
        hcpcs = HcpcsCodeFactory.create(code="J0001")
        BillingCodeFactory.create(hcpcs=hcpcs, effective_until=date(2025, 7, 1))
        DrugBillingCodeFactory.create(drug=drug, hcpcs=hcpcs)
        assert [(g.kind, g.drug) for g in selectors.gaps(ON)] == [(GapKind.CODE_ENDED, drug)]
        assert selectors.gaps(date(2025, 6, 30)) == []

    def test_name_a_name_of_two_drugs(self) -> None:
        for name in ("one", "two"):
            DrugNameFactory.create(drug=listed_drug(name, code="J0001"), text="mix")
        (gap,) = selectors.gaps(ON)
        assert (gap.kind, gap.detail) == (GapKind.NAME_OF_SEVERAL, "mix is one and two")

    def test_name_a_package_of_two_codes(self) -> None:
        drug = listed_drug("one", code="J0001")
        hcpcs = HcpcsCodeFactory.create(code="J0002")
        BillingCodeFactory.create(hcpcs=hcpcs)
        DrugBillingCodeFactory.create(drug=drug, hcpcs=hcpcs)
        NdcFactory.create(ndc="00000000001", drug=drug)
        for code in ("J0001", "J0002"):
            NdcBillingCodeFactory.create(ndc="00000000001", hcpcs__code=code)
        (gap,) = selectors.gaps(ON)
        assert (gap.kind, gap.drug, gap.detail) == (
            GapKind.PACKAGE_OF_SEVERAL,
            drug,
            "00000-0000-01 bills as J0001 and J0002",
        )


class TestFormularyVersion:
    def test_is_none_of_an_empty_formulary(self) -> None:
        assert selectors.formulary_version(ON) == "none"

    def test_is_the_last_release_that_changed_the_date(self) -> None:
        first = FormularyReleaseFactory.create(effective_date=date(2025, 1, 1))
        later = FormularyReleaseFactory.create(effective_date=date(2025, 7, 1))
        assert selectors.formulary_version(date(2025, 6, 30)) == first.version
        assert selectors.formulary_version(date(2025, 7, 1)) == later.version
        assert selectors.formulary_version(date(2024, 12, 31)) == "none"

    def test_moves_with_a_retroactive_release(self) -> None:
        FormularyReleaseFactory.create(effective_date=date(2025, 7, 1))
        back = FormularyReleaseFactory.create(effective_date=date(2025, 1, 1))
        assert selectors.formulary_version(date(2025, 8, 1)) == back.version
