from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from drugs.cms.files import FileKind
from drugs.cms.rows import HcpcsRow, NdcPackageRow, StatusRow
from drugs.formulary.imports.codes import compare_hcpcs, compare_statuses
from drugs.formulary.imports.comparing import Comparison
from drugs.formulary.imports.packages import compare_fda_packages
from drugs.models import FormularyRelease, ImportConflict, ImportDifference
from tests.drugs.formulary.imports.acts import sent
from tests.factories.drugs import (
    BillingCodeFactory,
    FormularyReleaseFactory,
    HcpcsCodeFactory,
    NdcFactory,
    listed_drug,
)

pytestmark = pytest.mark.django_db


def comparison(kind: FileKind) -> Comparison:
    return Comparison(sent(b"any file", kind=kind, quarter="2025Q3"), number=1)


def hcpcs(code: str, text: str, *, terminated: date | None = None) -> HcpcsRow:
    return HcpcsRow(
        line=10,
        code=code,
        is_modifier=False,
        long_description=text,
        label=text[:28],
        added=None,
        effective=None,
        terminated=terminated,
        action="N",
    )


def package(ndc: str) -> NdcPackageRow:
    return NdcPackageRow(
        line=3,
        ndc=ndc,
        product_ndc=ndc[:9],
        description="1 VIAL, SINGLE-DOSE",
        is_single_dose=True,
        is_sample=False,
        started=None,
        ended=None,
    )


def from_a_file() -> FormularyRelease:
    return FormularyReleaseFactory.create(kind=FormularyRelease.Kind.SEED, file_name="a file", sha256="0" * 64)


def found() -> list[tuple[str, str, date]]:
    return list(ImportDifference.objects.order_by("code").values_list("group", "code", "effective_from"))


class TestHcpcs:
    def test_brings_codes_of_drugs_and_leaves_out_supplies(self) -> None:
        dropped: Counter[str] = Counter()
        rows = [hcpcs("A4206", "Syringe with needle"), hcpcs("J3373", "Injection, vancomycin hydrochloride, 10 mg")]
        compare_hcpcs(comparison(FileKind.HCPCS), iter(rows), dropped)
        assert found() == [("code_new", "J3373", date(2025, 7, 1))]
        assert dropped == {"not a drug": 1}

    def test_ends_a_code_on_the_day_after_its_last_and_says_where_that_is_in_the_past(self) -> None:
        for code in ("J3370", "J3371"):
            BillingCodeFactory.create(
                hcpcs=HcpcsCodeFactory.create(code=code), source="CMS HCPCS Level II, 2025Q1", release=from_a_file()
            )
        text = "Injection, vancomycin hcl, 500 mg"
        rows = [
            hcpcs("J3370", text, terminated=date(2025, 6, 30)),
            hcpcs("J3371", text, terminated=date(2025, 3, 31)),
        ]
        compare_hcpcs(comparison(FileKind.HCPCS), iter(rows), Counter())
        assert found() == [("code_ended", "J3370", date(2025, 7, 1)), ("code_ended", "J3371", date(2025, 4, 1))]
        assert ImportConflict.objects.get(is_to_settle=True).code == "J3371"
        assert ImportDifference.objects.get(code="J3371").needs_own_decision

    def test_a_changed_amount_is_a_changed_unit_size(self) -> None:
        BillingCodeFactory.create(
            hcpcs=HcpcsCodeFactory.create(code="J3373"), per_amount=Decimal(500), source="CMS HCPCS Level II, 2025Q1"
        )
        compare_hcpcs(comparison(FileKind.HCPCS), iter([hcpcs("J3373", "Injection, vancomycin hcl, 10 mg")]), Counter())
        assert found() == [("unit_size", "J3373", date(2025, 7, 1))]


class TestStatuses:
    def test_are_kept_of_known_codes_for_the_quarter(self) -> None:
        HcpcsCodeFactory.create(code="J3373")
        dropped: Counter[str] = Counter()
        rows = [
            StatusRow(5, "J3373", "Vancomycin", "K", Decimal("0.5"), "0123"),
            StatusRow(6, "A4206", "Syringe", "N", None, ""),
        ]
        compare_statuses(comparison(FileKind.ADDENDUM_B), iter(rows), dropped)
        row = ImportDifference.objects.get()
        assert (row.group, row.code, row.effective_until) == ("status_new", "J3373", date(2025, 10, 1))
        assert dict(row.after or {}) == {
            "hcpcs_id": "J3373",
            "indicator": "K",
            "payment_rate": "0.5",
            "apc": "0123",
            # Addendum B marks with a star what ends some time in the year; it names no day.
            "pass_through_until": None,
        }
        assert dropped == {"code not in the formulary": 1}


class TestFdaPackages:
    def test_say_of_known_packages_whether_they_are_for_one_dose(self) -> None:
        drug = listed_drug("vancomycin")
        NdcFactory.create(ndc="00409653401", drug=drug, is_single_dose=None, release=from_a_file())
        NdcFactory.create(ndc="00409653501", drug=drug, is_single_dose=False, release=from_a_file())
        rows = [package(f"00409653{number}01") for number in (4, 5, 6)]
        compare_fda_packages(comparison(FileKind.NDC_PACKAGE), iter(rows), Counter())
        decided = dict(ImportDifference.objects.values_list("ndc", "needs_own_decision"))
        assert decided == {"00409653401": False, "00409653501": True}
        assert ImportConflict.objects.get().ndc == "00409653501"
