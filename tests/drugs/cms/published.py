"""Where the publishers' real files lie, beside this checkout."""

from functools import cache
from pathlib import Path

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


@cache
def prices(quarter: str) -> dict[str, PriceRow]:
    return {row.code: row for row in open_file(pricing_path(quarter)).rows}


@cache
def crosswalk(quarter: str) -> tuple[CrosswalkRow, ...]:
    return tuple(open_file(only(f"asp/{quarter}_*Crosswalk*.gz")).rows)


@cache
def descriptors() -> dict[str, HcpcsRow]:
    rows = open_file(only("hcpcs/HCPCS_2025_OCT_level2_rebuilt.csv.gz")).rows
    return {row.code: row for row in rows if not row.is_modifier}
