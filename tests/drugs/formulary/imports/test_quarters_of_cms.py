"""The nine real quarters, one after another, where the files lie beside this checkout."""

from collections import Counter
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from django.db import transaction

from drugs.cms.files import FileKind
from drugs.formulary import load_seed
from drugs.models import BillingCode, FormularyImport, ImportDifference, Ndc, NdcBillingCode, Price
from tests.drugs.formulary.imports.acts import compared, found, published

DATA = Path(__file__).resolve().parents[5] / "shared" / "data" / "asp"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason="the files of CMS are not beside this checkout (../shared/data)"),
]
PRICING = FileKind.ASP_PRICING
CROSSWALK = FileKind.ASP_CROSSWALK
QUARTERS = (*tuple(f"{year}Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4)), "2026Q1")
ON = date(2026, 1, 1)
AT = datetime(2023, 12, 21, 12, 0, tzinfo=UTC)
SAID = (
    (BillingCode, ("hcpcs", "label", "per_amount", "per_unit", "counted_ingredient", "replaced_by")),
    (Price, ("hcpcs", "payment_limit", "effective_from", "effective_until")),
    (Ndc, ("ndc", "drug", "name", "labeler", "package_size", "package_quantity", "is_single_dose")),
    (NdcBillingCode, ("ndc", "hcpcs", "billing_units", "package_billing_units")),
)
CODES = {
    # New, ended, other unit, other descriptor.
    "2024Q1": (698, 0, 0, 0),
    "2024Q2": (20, 16, 0, 0),
    "2024Q3": (16, 9, 0, 0),
    "2024Q4": (11, 7, 2, 9),
    "2025Q1": (30, 3, 1, 0),
    "2025Q2": (35, 7, 0, 5),
    "2025Q3": (28, 10, 0, 1),
    "2025Q4": (24, 1, 0, 3),
    "2026Q1": (21, 9, 0, 0),
}
PAIRS = {
    # Packages newly under a code, taken off, moved to another, with other units.
    "2024Q1": (5961, 0, 0, 0),
    "2024Q2": (204, 94, 113, 1),
    "2024Q3": (304, 17, 0, 3),
    "2024Q4": (163, 23, 64, 5),
    "2025Q1": (308, 355, 5, 11),
    "2025Q2": (306, 241, 52, 4),
    "2025Q3": (208, 18, 155, 201),
    "2025Q4": (236, 8, 13, 4),
    "2026Q1": (405, 242, 4, 0),
}


@cache
def content(quarter: str, kind: FileKind) -> bytes:
    """The file as CMS published it."""
    is_crosswalk = kind == CROSSWALK
    (path,) = (p for p in DATA.glob(f"{quarter}*.csv.gz") if ("rosswalk" in p.name) == is_crosswalk)
    return path.read_bytes()


def counted(loaded: FormularyImport, *groups: str) -> tuple[int, ...]:
    numbers = Counter(found(loaded).values_list("group", flat=True))
    return tuple(numbers[group] for group in groups)


def state() -> dict[str, set[tuple[object, ...]]]:
    return {model.__name__: set(model.objects.in_force(ON).values_list(*columns)) for model, columns in SAID}


def test_nine_quarters_end_where_the_last_one_alone_ends() -> None:
    codes, pairs = {}, {}
    with transaction.atomic():
        for quarter in QUARTERS:
            crosswalk = published(content(quarter, CROSSWALK), kind=CROSSWALK, quarter=quarter, at=AT)
            prices = published(
                content(quarter, FileKind.ASP_PRICING), kind=FileKind.ASP_PRICING, quarter=quarter, at=AT
            )
            codes[quarter] = counted(prices, "code_new", "code_ended", "unit_size", "descriptor")
            pairs[quarter] = counted(
                crosswalk, "crosswalk_new", "crosswalk_ended", "crosswalk_moved", "crosswalk_units"
            )
        one_after_another = state()
        old = BillingCode.objects.current().get(hcpcs="J3370")
        transaction.set_rollback(True)
    assert codes == CODES
    assert pairs == PAIRS
    assert (old.effective_until, old.replaced_by_id, old.per) == (date(2025, 7, 1), "J3373", "500 mg")
    for kind in (CROSSWALK, PRICING):
        published(content("2026Q1", kind), kind=kind, quarter="2026Q1", at=AT)
    alone = state()
    assert {name: len(rows) for name, rows in alone.items()} == {
        "BillingCode": 821,
        "Price": 843,
        "Ndc": 6919,
        "NdcBillingCode": 7097,
    }
    assert one_after_another == alone


def test_january_2026_says_nothing_new_of_what_the_starter_formulary_holds() -> None:
    load_seed(at=AT)
    prices = compared(content("2026Q1", FileKind.ASP_PRICING), kind=FileKind.ASP_PRICING, quarter="2026Q1", at=AT)
    crosswalk = compared(
        content("2026Q1", FileKind.ASP_CROSSWALK), kind=FileKind.ASP_CROSSWALK, quarter="2026Q1", at=AT
    )
    # Two codes whose price file gives the strength of the one presentation while the descriptor counts whole doses.
    assert set(found(prices).filter(group="unit_size").values_list("code", flat=True)) == {"J1454", "J2790"}
    of_prices = set(found(prices).values_list("group", flat=True))
    assert of_prices == {"code_new", "price_new", "unit_size"}
    assert set(found(crosswalk).values_list("group", flat=True)) == {"crosswalk_new", "package_new"}


def test_october_2025_of_hcpcs_is_compared_with_the_prices_of_its_quarter_and_published() -> None:
    published(content("2025Q4", PRICING), kind=PRICING, quarter="2025Q4", at=AT)
    release = (DATA.parent / "hcpcs" / "HCPC2025_OCT_ANWEB.fwf-resliced.csv.gz").read_bytes()
    hcpcs = published(release, kind=FileKind.HCPCS, quarter="2025Q4", at=AT)
    assert (hcpcs.rows_read, hcpcs.problem_count) == (8846, 0)
    assert hcpcs.rows_dropped == {"modifier": 383, "not a drug": 6474, "no amount in the descriptor": 416}
    assert counted(hcpcs, "code_new", "code_ended", "unit_size", "descriptor") == (764, 0, 6, 9)
    # Where the descriptor and the price file's column do not count the same, the descriptor has the last word.
    assert {row.code: (old["per_amount"], new["per_amount"]) for row, old, new in unit_sizes(hcpcs)} == {
        "J0695": ("75", "50"),
        "J0714": ("0.625", "0.5"),
        "J1454": ("0.25", "235"),
        "J7308": ("354", "1"),
        "J7354": ("3.2", "1"),
        "J8655": ("0.5", "300"),
    }
    standing = {row.hcpcs_id: row for row in BillingCode.objects.in_force(date(2025, 10, 1))}
    assert str(standing["J9035"].per) == "10 mg"
    assert (standing["J0695"].per, standing["J0695"].source) == ("50 mg", "CMS HCPCS Level II, 2025Q4")


def unit_sizes(of: FormularyImport) -> list[tuple[ImportDifference, dict[str, str], dict[str, str]]]:
    return [(row, dict(row.before or {}), dict(row.after or {})) for row in found(of).filter(group="unit_size")]
