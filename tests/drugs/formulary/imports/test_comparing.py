from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from drugs.cms.files import FileKind
from drugs.formulary import imports
from drugs.models import (
    BillingCode,
    ConflictKind,
    Decision,
    Drug,
    DrugBillingCode,
    FormularyImport,
    ImportConflict,
    Ndc,
    NdcBillingCode,
    Price,
)
from tests import personas
from tests.drugs.formulary.imports.acts import AT, all_approved, compared, found, groups, published
from tests.factories.cms import crosswalk_file, price_file
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

PRICING = FileKind.ASP_PRICING
CROSSWALK = FileKind.ASP_CROSSWALK
OLD = ("J3370", "Vancomycin hcl injection", "500 MG", "3.021")
NEW = ("J3373", "Inj, vancomycin hcl, 10 mg", "10 MG", "0.061")
VIAL = "00409-6534-01"
OTHERS = ("Q9999",)


def vial(code: str, units: str, *, ndc: str = VIAL, name: str = "Vancomycin") -> tuple[str, ...]:
    return (code, "Vancomycin hcl injection", name, ndc, "500 MG", "1", "10", units, str(int(units) * 10))


def said(formulary_import: FormularyImport, kind: ConflictKind) -> list[str]:
    rows = ImportConflict.objects.filter(formulary_import=formulary_import, kind=kind).order_by("pk")
    return list(rows.values_list("text", flat=True))


class TestPrices:
    def test_a_code_and_its_price_come_in_on_an_empty_formulary(self) -> None:
        found_groups = groups(compared(price_file("2025Q3", OLD), kind=PRICING))
        assert found_groups == {"code_new": ["J3370", "Q9999"], "price_new": ["J3370", "Q9999"]}

    def test_are_for_their_quarter_only(self) -> None:
        published(price_file("2025Q3", OLD), kind=PRICING)
        price = Price.objects.current().get(hcpcs="J3370")
        assert (price.payment_limit, price.effective_from, price.effective_until) == (
            Decimal("3.021"),
            date(2025, 7, 1),
            date(2025, 10, 1),
        )

    def test_of_the_next_quarter_are_changed_carried_on_or_first(self) -> None:
        published(price_file("2025Q3", OLD), kind=PRICING)
        later = compared(price_file("2025Q4", (*OLD[:3], "2.900"), NEW), kind=PRICING, quarter="2025Q4")
        assert groups(later) == {
            "code_new": ["J3373"],
            "price_changed": ["J3370"],
            "price_new": ["J3373"],
            "price_same": ["Q9999"],
        }

    def test_of_a_corrected_file_replace_those_of_the_quarter(self) -> None:
        published(price_file("2025Q3", OLD), kind=PRICING)
        published(price_file("2025Q3", (*OLD[:3], "2.900")), kind=PRICING)
        assert Price.objects.current().get(hcpcs="J3370").payment_limit == Decimal("2.900")

    def test_are_withdrawn_where_a_corrected_file_has_none(self) -> None:
        published(price_file("2025Q3", OLD, NEW), kind=PRICING)
        assert groups(compared(price_file("2025Q3", OLD), kind=PRICING))["price_ended"] == ["J3373"]


class TestUnits:
    def test_another_unit_of_the_same_code_is_its_own_group_and_takes_two_people(self) -> None:
        published(price_file("2025Q3", NEW), kind=PRICING)
        later = compared(price_file("2025Q4", (*NEW[:2], "1 MG", NEW[3])), kind=PRICING, quarter="2025Q4")
        row = found(later).get(group="unit_size")
        assert (row.code, row.needs_second) == ("J3373", True)
        assert (dict(row.before)["per_amount"], dict(row.after)["per_amount"]) == ("10", "1")

    def test_another_label_is_a_changed_descriptor(self) -> None:
        published(price_file("2025Q3", NEW), kind=PRICING)
        later = compared(price_file("2025Q4", (NEW[0], "Vancomycin", *NEW[2:])), kind=PRICING, quarter="2025Q4")
        assert groups(later)["descriptor"] == ["J3373"]

    def test_the_hcpcs_file_has_the_last_word_on_labels(self) -> None:
        BillingCodeFactory.create(
            hcpcs=HcpcsCodeFactory.create(code="J3373"), source="CMS HCPCS Level II, July 2025", label="Another label"
        )
        assert "descriptor" not in groups(compared(price_file("2025Q3", NEW), kind=PRICING))

    def test_a_unit_that_contradicts_the_hcpcs_file_is_a_conflict_of_its_own(self) -> None:
        BillingCodeFactory.create(
            hcpcs=HcpcsCodeFactory.create(code="J3373"), per_amount=Decimal(500), source="CMS HCPCS Level II, July 2025"
        )
        disputed = compared(price_file("2025Q3", NEW), kind=PRICING)
        assert found(disputed).get(group="unit_size").needs_own_decision
        assert said(disputed, ConflictKind.PUBLISHERS) == [
            "J3373: the price file has “10 MG”, CMS HCPCS Level II, July 2025 has 500 mg."
        ]

    def test_words_that_say_no_amount_are_reported_and_never_guessed(self) -> None:
        odd = compared(price_file("2025Q3", ("J9325", "Talimogene", "2MG/3MG", "1.0")), kind=PRICING)
        assert groups(odd)["code_new"] == ["Q9999"]
        assert said(odd, ConflictKind.UNREADABLE)[0].startswith("J9325 has no unit: “2MG/3MG”")


class TestEndedCodes:
    def test_a_code_that_only_price_files_knew_ends_when_they_no_longer_list_it(self) -> None:
        published(price_file("2025Q2", OLD), kind=PRICING, quarter="2025Q2")
        published(price_file("2025Q3", NEW), kind=PRICING)
        old = BillingCode.objects.current().get(hcpcs="J3370")
        assert (old.effective_from, old.effective_until) == (date(2025, 4, 1), date(2025, 7, 1))

    def test_names_its_replacement_where_its_packages_moved_to_one(self) -> None:
        published(price_file("2025Q2", OLD), kind=PRICING, quarter="2025Q2")
        published(crosswalk_file("2025Q2", vial("J3370", "1")), kind=CROSSWALK, quarter="2025Q2")
        published(crosswalk_file("2025Q3", vial("J3373", "50")), kind=CROSSWALK)
        published(price_file("2025Q3", NEW), kind=PRICING)
        old = BillingCode.objects.current().get(hcpcs="J3370")
        assert (old.replaced_by_id, old.effective_until, old.per) == ("J3373", date(2025, 7, 1), "500 mg")
        assert BillingCode.objects.in_force(date(2025, 6, 30)).get(hcpcs="J3370").per == "500 mg"
        assert BillingCode.objects.in_force(date(2025, 7, 1)).get(hcpcs="J3373").per == "10 mg"

    def test_a_code_of_the_hcpcs_file_stays_without_a_price(self) -> None:
        BillingCodeFactory.create(
            hcpcs=HcpcsCodeFactory.create(code="J3370"), per_amount=Decimal(500), source="CMS HCPCS Level II, 2025Q2"
        )
        published(price_file("2025Q2", OLD), kind=PRICING, quarter="2025Q2")
        unlisted = compared(price_file("2025Q3", NEW), kind=PRICING)
        assert "code_ended" not in groups(unlisted)
        assert said(unlisted, ConflictKind.STILL_VALID)[0].startswith("J3370 Injection, example has no price any more")


class TestPackages:
    def test_a_package_of_no_drug_is_kept_as_a_gap(self) -> None:
        published(crosswalk_file("2025Q3", vial("J3370", "1")), kind=CROSSWALK)
        assert Ndc.objects.current().get(ndc="00409653401").drug is None

    def test_a_package_belongs_to_the_drug_and_product_of_its_code(self) -> None:
        drug = listed_drug("vancomycin", code="J3370", per_amount="500")
        product = ProductFactory.create(drug=drug, name="Mylan vancomycin")
        DrugBillingCodeFactory.create(drug=drug, hcpcs=HcpcsCodeFactory.create(code="J3371"), product=product)
        published(crosswalk_file("2025Q3", vial("J3370", "1"), vial("J3371", "1", ndc="67457-0340-00")), kind=CROSSWALK)
        owners = dict(Ndc.objects.current().exclude(drug=None).values_list("ndc", "product"))
        assert owners == {"00409653401": None, "67457034000": product.pk}

    def test_of_two_drugs_under_one_code_the_name_decides_or_nobody(self) -> None:
        first, second = listed_drug("denosumab", code="J0897"), listed_drug("denosumab-bbdz")
        DrugBillingCodeFactory.create(drug=second, hcpcs=HcpcsCodeFactory.create(code="J0897"))
        row = ("J0897", "Denosumab injection", "Denosumab", "55513-0710-01", "1 MG", "1", "1", "60", "60")
        unclear = (*row[:2], "Somebody's", "55513-0730-01", *row[4:])
        published(crosswalk_file("2025Q3", row, unclear), kind=CROSSWALK)
        owners = dict(Ndc.objects.current().filter(name__in=(row[2], unclear[2])).values_list("ndc", "drug"))
        assert owners == {"55513071001": first.pk, "55513073001": None}

    def test_non_breaking_spaces_inside_codes_are_no_other_codes(self) -> None:
        published(crosswalk_file("2025Q3", vial("J3370", "1")), kind=CROSSWALK)
        spaced = vial("J3370\u00a0", "1", ndc=f"{VIAL}\u00a0", name="Vancomycin\u00a0")
        again = compared(crosswalk_file("2025Q4", spaced), kind=CROSSWALK, quarter="2025Q4")
        assert groups(again) == {}

    def test_a_package_that_is_no_longer_listed_keeps_its_earlier_dates(self) -> None:
        published(crosswalk_file("2025Q2", vial("J3370", "1")), kind=CROSSWALK, quarter="2025Q2")
        published(crosswalk_file("2025Q3"), kind=CROSSWALK)
        row = Ndc.objects.current().get(ndc="00409653401")
        assert (row.effective_from, row.effective_until) == (date(2025, 4, 1), date(2025, 7, 1))

    def test_a_package_under_two_codes_has_both_and_a_conflict(self) -> None:
        both = compared(crosswalk_file("2025Q3", vial("J3370", "1"), vial("J3371", "1")), kind=CROSSWALK)
        assert groups(both)["package_new"] == ["00409653401", "65219082401"]
        assert said(both, ConflictKind.TWO_CODES) == [
            "00409-6534-01 Vancomycin bills as J3370 and J3371: a line with this package is ambiguous."
        ]
        assert set(found(both).filter(needs_own_decision=True).values_list("code", flat=True)) == {"J3370", "J3371"}

    def test_a_package_that_is_only_renamed_is_told_from_one_that_changed(self) -> None:
        published(crosswalk_file("2025Q2", vial("J3370", "1")), kind=CROSSWALK, quarter="2025Q2")
        renamed = compared(crosswalk_file("2025Q3", vial("J3370", "1", name="VANCOMYCIN")), kind=CROSSWALK)
        assert groups(renamed) == {"package_renamed": ["00409653401"]}


class TestMovedPackages:
    def test_vancomycin_moves_to_10_mg_on_1_july_2025(self) -> None:
        drug = listed_drug("vancomycin", code="J3370", per_amount="500")
        published(crosswalk_file("2025Q2", vial("J3370", "1")), kind=CROSSWALK, quarter="2025Q2")
        published(price_file("2025Q3", NEW), kind=PRICING)
        moved = compared(crosswalk_file("2025Q3", vial("J3373", "50")), kind=CROSSWALK)
        assert groups(moved) == {"crosswalk_moved": ["00409653401"], "drug_moved": ["J3373"]}
        assert set(found(moved).values_list("needs_second", flat=True)) == {True}

        all_approved(moved)
        imports.publish(formulary_import=moved, by=personas.cleo(), at=AT, reason="as published")
        links = {
            d: DrugBillingCode.objects.in_force(d).get(drug=drug).hcpcs_id
            for d in (date(2025, 6, 30), date(2025, 7, 1))
        }
        assert links == {date(2025, 6, 30): "J3370", date(2025, 7, 1): "J3373"}
        pairs = NdcBillingCode.objects.current().filter(ndc="00409653401").order_by("effective_from")
        assert [(p.hcpcs_id, p.effective_from, p.effective_until, p.billing_units) for p in pairs] == [
            ("J3370", date(2025, 4, 1), date(2025, 7, 1), 1),
            ("J3373", date(2025, 7, 1), None, 50),
        ]


class TestWhatWasSetByHand:
    def test_is_overruled_by_no_approval_of_a_group(self) -> None:
        NdcFactory.create(ndc="00409653401", drug=listed_drug("vancomycin"), name="Vancomycin", labeler="Example Inc.")
        NdcBillingCodeFactory.create(
            ndc="00409653401", hcpcs=HcpcsCodeFactory.create(code="J3370"), billing_units=2, package_billing_units=20
        )
        disputed = compared(crosswalk_file("2025Q3", vial("J3370", "1")), kind=CROSSWALK)
        assert found(disputed).get(group="crosswalk_units").needs_own_decision
        assert len(said(disputed, ConflictKind.BY_HAND)) == 2


class TestAQuarterThatComesInLate:
    def test_overruns_no_later_quarter(self) -> None:
        published(crosswalk_file("2025Q4", vial("J3373", "50")), kind=CROSSWALK, quarter="2025Q4")
        published(crosswalk_file("2025Q3", vial("J3370", "1")), kind=CROSSWALK)
        pairs = NdcBillingCode.objects.current().filter(ndc="00409653401").order_by("effective_from")
        assert [(p.hcpcs_id, p.effective_from, p.effective_until) for p in pairs] == [
            ("J3370", date(2025, 7, 1), date(2025, 10, 1)),
            ("J3373", date(2025, 10, 1), None),
        ]

    def test_leaves_what_a_later_quarter_says_of_a_row_that_it_ends(self) -> None:
        published(crosswalk_file("2025Q2", vial("J3370", "1")), kind=CROSSWALK, quarter="2025Q2")
        published(
            crosswalk_file("2025Q4", vial("J3370", "1"), vial("J3371", "1", ndc="67457-0340-00")),
            kind=CROSSWALK,
            quarter="2025Q4",
        )
        published(crosswalk_file("2025Q3"), kind=CROSSWALK)
        periods = Ndc.objects.current().filter(ndc="00409653401").order_by("effective_from")
        assert [(p.effective_from, p.effective_until) for p in periods] == [
            (date(2025, 4, 1), date(2025, 7, 1)),
            (date(2025, 10, 1), None),
        ]

    def test_is_said_to_change_dates_in_the_past(self) -> None:
        late = compared(price_file("2025Q3", NEW), kind=PRICING, at=datetime(2025, 9, 1, 12, 0, tzinfo=UTC))
        assert late.is_retroactive
        assert said(late, ConflictKind.RETROACTIVE)[0].startswith(
            "Dates of service from 1 Jul 2025 lie before 1 Sep 2025"
        )


class TestFamiliesThatAreEasilyMixedUp:
    @pytest.mark.parametrize(
        ("codes", "names"),
        [
            (("J0640", "J0641", "J0642"), ("leucovorin", "levoleucovorin", "levoleucovorin (khapzory)")),
            (("J0897", "Q5136"), ("denosumab", "denosumab-bbdz")),
            (("J2506", "Q5108", "Q5111"), ("pegfilgrastim", "pegfilgrastim-jmdb", "pegfilgrastim-cbqv")),
            (("J9035", "C9257"), ("bevacizumab", "bevacizumab")),
        ],
        ids=["leucovorin", "denosumab", "pegfilgrastim", "bevacizumab"],
    )
    def test_each_package_goes_to_the_drug_of_its_own_code(
        self, codes: tuple[str, ...], names: tuple[str, ...]
    ) -> None:
        drugs: dict[str, Drug] = {}
        for code, name in zip(codes, names, strict=True):
            if name in drugs:
                DrugBillingCodeFactory.create(drug=drugs[name], hcpcs=HcpcsCodeFactory.create(code=code))
            else:
                drugs[name] = listed_drug(name, code=code)
        rows = [
            (code, "Example", "Brand", f"11111-{number:04}-01", "1 MG", "1", "1", "10", "10")
            for number, code in enumerate(codes)
        ]
        published(crosswalk_file("2025Q3", *rows), kind=CROSSWALK)
        owners = dict(Ndc.objects.current().exclude(drug=None).values_list("ndc", "drug__name"))
        assert owners == {f"11111{number:04}01": name for number, name in enumerate(names)}


class TestTheSameFileAgain:
    def test_of_the_same_quarter_says_nothing_new(self) -> None:
        published(crosswalk_file("2025Q3", vial("J3370", "1")), kind=CROSSWALK)
        again = compared(crosswalk_file("2025Q3", vial("J3370", "1")) + b"\r\n", kind=CROSSWALK)
        assert (again.state, groups(again)) == ("differences", {})
        assert not found(again).exclude(decision=Decision.OPEN).exists()
