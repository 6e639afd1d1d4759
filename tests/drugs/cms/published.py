"""Where the publishers' real files lie, beside this checkout."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from drugs.cms.files import open_file
from drugs.cms.rows import CrosswalkRow, HcpcsRow, PriceRow

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
QUARTERS = (*(f"{year}Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4)), "2026Q1")
where_present = pytest.mark.skipif(
    not (DATA / "asp").is_dir(), reason="the files of CMS are not beside this checkout (../shared/data)"
)


def only(pattern: str) -> Path:
    (path,) = DATA.glob(pattern)
    return path


def pricing_path(quarter: str) -> Path:
    (path,) = (*DATA.glob(f"asp/{quarter}_*Pricing*.gz"), *DATA.glob(f"asp/{quarter}_*Payment Limit*.gz"))
    return path


class Package(NamedTuple):
    """A crosswalk row that gives all its numbers, as every row of 2026Q1 does."""

    line: int
    code: str
    ndc: str
    """Empty where the row has an alternate id."""
    dosage: str
    package_size: Decimal
    package_quantity: Decimal
    billing_units: Decimal
    package_billing_units: Decimal


@cache
def prices(quarter: str) -> dict[str, PriceRow]:
    return {row.code: row for row in open_file(pricing_path(quarter)).rows if isinstance(row, PriceRow)}


@cache
def crosswalk(quarter: str) -> tuple[Package, ...]:
    return tuple(map(_package, open_file(only(f"asp/{quarter}_*Crosswalk*.gz")).rows))


def _package(row: object) -> Package:
    assert isinstance(row, CrosswalkRow)
    assert row.package_size is not None
    assert row.package_quantity is not None
    assert row.billing_units is not None
    assert row.package_billing_units is not None
    numbers = (row.package_size, row.package_quantity, row.billing_units, row.package_billing_units)
    return Package(row.line, row.code, row.ndc or "", row.dosage, *numbers)


@cache
def descriptors() -> dict[str, HcpcsRow]:
    rows = open_file(only("hcpcs/HCPCS_2025_OCT_level2_rebuilt.csv.gz")).rows
    return {row.code: row for row in rows if isinstance(row, HcpcsRow) and not row.is_modifier}
