from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase
from pytest_django import DjangoAssertNumQueries

from drugs import selectors
from drugs.models import NameKind
from drugs.selectors import Charted, MatchedBy, Unresolved
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
    ProductFactory,
    listed_drug,
)

pytestmark = pytest.mark.django_db

ON = date(2026, 1, 15)
NDC = "50242006001"


class TestResolveByName:
    @pytest.mark.parametrize("charted", ["bevacizumab", "BEVACIZUMAB ", "Bevacizumab 400 mg/16 mL", "bevacizumab inj"])
    def test_finds_the_ingredient(self, charted: str) -> None:
        drug = listed_drug("bevacizumab")
        resolution = selectors.resolve(name=charted, on=ON)
        assert (resolution.drug, resolution.matched_by) == (drug, MatchedBy.NAME)

    @pytest.mark.parametrize("kind", [NameKind.SYNONYM, NameKind.BRAND, NameKind.CHARTED])
    def test_finds_by_a_further_name(self, kind: NameKind) -> None:
        name = DrugNameFactory.create(drug=listed_drug("acetaminophen"), text="Tylenol", kind=kind)
        resolution = selectors.resolve(name="tylenol", on=ON)
        assert (resolution.drug, resolution.matched_by) == (name.drug, MatchedBy(kind.value))

    def test_only_suggests_for_a_known_misspelling(self) -> None:
        DrugNameFactory.create(drug=listed_drug("pembrolizumab"), text="pembro lizard", kind=NameKind.MISSPELLING)
        resolution = selectors.resolve(name="Pembro Lizard", on=ON)
        assert (resolution.drug, resolution.unresolved) == (None, Unresolved.UNKNOWN)
        assert resolution.suggestions == ("pembrolizumab",)

    def test_only_suggests_for_a_name_that_is_alike(self) -> None:
        listed_drug("ondansetron")
        resolution = selectors.resolve(name="odansetron", on=ON)
        assert (resolution.drug, resolution.suggestions) == (None, ("ondansetron",))

    def test_suggests_nothing_for_a_name_that_is_not(self) -> None:
        listed_drug("ondansetron")
        resolution = selectors.resolve(name="zzz", on=ON)
        assert (resolution.unresolved, resolution.suggestions) == (Unresolved.UNKNOWN, ())

    def test_of_two_drugs_finds_neither(self) -> None:
        one, two = listed_drug("one"), listed_drug("two")
        DrugNameFactory.create(drug=one, text="mix")
        DrugNameFactory.create(drug=two, text="mix")
        resolution = selectors.resolve(name="mix", on=ON)
        assert (resolution.drug, resolution.unresolved) == (None, Unresolved.SEVERAL_DRUGS)
        assert set(resolution.candidates) == {one, two}

    def test_of_two_drugs_finds_the_one_given_by_the_route(self) -> None:
        one, two = DrugFactory.create(), DrugFactory.create()
        DrugProfileFactory.create(drug=one, routes=["IV"])
        DrugProfileFactory.create(drug=two, routes=["SC"])
        for drug in (one, two):
            DrugNameFactory.create(drug=drug, text="mix")
        assert selectors.resolve(name="mix", route="SC", on=ON).drug == two
        assert selectors.resolve(name="mix", route="IM", on=ON).unresolved == Unresolved.SEVERAL_DRUGS

    def test_does_not_drop_a_percentage(self) -> None:
        listed_drug("sodium chloride 0.9%")
        assert selectors.resolve(name="sodium chloride 3%", on=ON).drug is None

    def test_does_not_find_a_name_that_was_withdrawn(self) -> None:
        drug = listed_drug("one")
        DrugNameFactory.create(drug=drug, text="once", withdrawn_by=FormularyReleaseFactory.create())
        assert selectors.resolve(name="once", on=ON).drug is None

    @pytest.mark.parametrize("name", [None, "", "   ", "®"])
    def test_finds_nothing_in_nothing(self, name: str | None) -> None:
        listed_drug("one")
        assert selectors.resolve(name=name, on=ON).unresolved == Unresolved.UNKNOWN


class TestResolveByNdc:
    def test_understands_ten_digits_by_their_hyphens_only(self) -> None:
        package = NdcFactory.create(ndc=NDC, drug=listed_drug("bevacizumab"))
        found = selectors.resolve(ndc="50242-060-01", on=ON)
        assert (found.drug, found.matched_by, found.is_ndc_invalid) == (package.drug, MatchedBy.NDC, False)
        bare = selectors.resolve(ndc="5024206001", on=ON)
        assert (bare.drug, bare.is_ndc_invalid) == (None, True)

    def test_outweighs_the_name_and_says_so(self) -> None:
        package = NdcFactory.create(ndc=NDC, drug=listed_drug("bevacizumab-awwb"))
        listed_drug("bevacizumab")
        resolution = selectors.resolve(ndc=NDC, name="bevacizumab", on=ON)
        assert resolution.drug == package.drug
        assert resolution.disagreements == ("name: bevacizumab",)

    def test_that_is_unknown_leaves_it_to_the_name(self) -> None:
        drug = listed_drug("bevacizumab")
        resolution = selectors.resolve(ndc="99999999999", name="bevacizumab", on=ON)
        assert (resolution.drug, resolution.matched_by, resolution.disagreements) == (drug, MatchedBy.NAME, ())

    def test_with_two_codes_is_ambiguous(self) -> None:
        drug = listed_drug("albuterol")
        NdcFactory.create(ndc=NDC, drug=drug)
        for code in ("J7611", "J7612"):
            hcpcs = HcpcsCodeFactory.create(code=code)
            BillingCodeFactory.create(hcpcs=hcpcs)
            NdcBillingCodeFactory.create(ndc=NDC, hcpcs=hcpcs)
        resolution = selectors.resolve(ndc=NDC, on=ON)
        assert (resolution.drug, resolution.ambiguous_codes) == (drug, ("J7611", "J7612"))

    def test_is_found_on_its_dates_only(self) -> None:
        NdcFactory.create(ndc=NDC, drug=listed_drug("one"), effective_from=date(2026, 2, 1))
        assert selectors.resolve(ndc=NDC, on=ON).drug is None


class TestResolveByCode:
    def test_finds_the_drug_that_it_bills(self) -> None:
        drug = listed_drug("bevacizumab", code="J9035")
        resolution = selectors.resolve(hcpcs=" j9035 ", on=ON)
        assert (resolution.drug, resolution.matched_by) == (drug, MatchedBy.HCPCS)

    def test_finds_the_product_that_it_names(self) -> None:
        product = ProductFactory.create(drug=listed_drug("pemetrexed", code="J9305"), name="Pemfexy")
        DrugBillingCodeFactory.create(drug=product.drug, hcpcs__code="J9304", product=product)
        assert selectors.resolve(hcpcs="J9304", on=ON).product == product

    def test_of_two_drugs_needs_the_name(self) -> None:
        one = listed_drug("iohexol", code="Q9967")
        listed_drug("iopamidol", code="Q9967")
        assert selectors.resolve(hcpcs="Q9967", on=ON).unresolved == Unresolved.SEVERAL_DRUGS
        assert selectors.resolve(hcpcs="Q9967", name="iohexol", on=ON).drug == one

    def test_that_is_unknown_finds_nothing(self) -> None:
        assert selectors.resolve(hcpcs="J0000", on=ON).drug is None


class TestDates:
    def test_a_drug_is_found_while_it_is_in_the_formulary(self) -> None:
        drug = DrugFactory.create(name="example")
        DrugProfileFactory.create(drug=drug, effective_from=date(2025, 1, 1), effective_until=date(2025, 7, 1))
        assert selectors.resolve(name="example", on=date(2025, 6, 30)).drug == drug
        late = selectors.resolve(name="example", on=date(2025, 7, 1))
        assert (late.drug, late.unresolved, late.candidates) == (None, Unresolved.NOT_IN_FORCE, (drug,))


class TestResolveMany:
    def test_answers_in_order(self) -> None:
        one, two = listed_drug("one"), listed_drug("two")
        asked = [Charted(on=ON, name=name) for name in ("two", "one", "none", "two")]
        assert [r.drug for r in selectors.resolve_many(asked)] == [two, one, None, two]

    def test_asks_the_database_once_however_many(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        listed_drug("one", code="J0001")
        selectors.resolve(name="one", on=ON)
        with django_assert_num_queries(1):
            selectors.resolve_many(Charted(on=ON, name=f"one {n} mg") for n in range(500))

    def test_looks_for_nothing_alike(self) -> None:
        listed_drug("ondansetron")
        charted = Charted(on=ON, name="ondansetrom")
        assert selectors.resolve(name=charted.name, on=ON).suggestions == ("ondansetron",)
        (found,) = selectors.resolve_many([charted])
        assert (found.unresolved, found.suggestions) == (Unresolved.UNKNOWN, ())

    def test_sees_what_has_just_changed(self) -> None:
        listed_drug("one")
        assert selectors.resolve(name="two", on=ON).drug is None
        two = listed_drug("two")
        assert selectors.resolve(name="two", on=ON).drug == two


class TestAnyText(HypothesisTestCase):
    @settings(deadline=None)
    @given(st.text(max_size=40))
    def test_resolves_alike_however_it_is_cased_and_spaced(self, text: str) -> None:
        listed_drug("one")
        plain = selectors.resolve(name=text, on=ON)
        shifted = selectors.resolve(name=f" {text} ", on=ON)
        assert (plain.drug, plain.unresolved) == (shifted.drug, shifted.unresolved)

    @settings(deadline=None)
    @given(st.text(max_size=20), st.text(max_size=14), st.text(max_size=6))
    def test_never_raises(self, name: str, ndc: str, hcpcs: str) -> None:
        listed_drug("one")
        assert selectors.resolve(name=name, ndc=ndc, hcpcs=hcpcs, on=ON).drug is None or "one" in name.casefold()
