"""Where the publishers' real files lie, beside this checkout."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from drugs.cms.files import Quarter, Row, open_file
from drugs.cms.rows import CrosswalkRow, HcpcsRow, NdcPackageRow, NdcProductRow, PriceRow

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


class Reading(NamedTuple):
    """A whole file, read once for every test that asks."""

    number: int
    """Of all its rows."""
    letters: frozenset[str]
    """With which codes begin."""
    problems: int
    quarter: Quarter | None
    rows: tuple[Row, ...]
    """Those that tests look into: all of a file of codes, the FDA's of January 2026's packages, else none."""


@cache
def reading(path: Path) -> Reading:
    file = open_file(path, is_excerpt="excerpt" in path.name)
    count, letters, rows = 0, set(), []
    for row in file.rows:
        count += 1
        letters.add(getattr(row, "code", "")[:-4])
        if isinstance(row, HcpcsRow) or _is_of_the_crosswalk(row):
            rows.append(row)
    return Reading(count, frozenset(letters), len(file.problems), file.quarter, tuple(rows))


@cache
def packages() -> frozenset[str]:
    return frozenset(row.ndc for row in crosswalk("2026Q1") if row.ndc)


@cache
def products() -> frozenset[str]:
    return frozenset(ndc[:9] for ndc in packages())


def _is_of_the_crosswalk(row: Row) -> bool:
    if isinstance(row, NdcPackageRow):
        return row.ndc in packages()
    return isinstance(row, NdcProductRow) and row.product_ndc in products()


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
    rows = reading(only("hcpcs/HCPCS_2025_OCT_level2_rebuilt.csv.gz")).rows
    return {row.code: row for row in rows if isinstance(row, HcpcsRow) and not row.is_modifier}
