"""The starter formulary against the files that CMS published, where they lie beside this checkout."""

import csv
import gzip
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from drugs.formulary.starter import SEED, quarter_dates

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (DATA / "asp").is_dir(), reason="the files of CMS are not beside this checkout (../shared/data)"
)
QUARTERS = (*tuple(f"{year}Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4)), "2026Q1")
LEVEL_II = re.compile(r"[A-V]\d{4}")
DOSAGE = re.compile(r"(?:(?:UP TO|PER)\s+)?([\d,]*\.?\d+)\s*([A-Z. :]+?)(?:\s*\(.*\))?")
UNITS = {
    "MG": "mg",
    "MCG": "mcg",
    "GM": "g",
    "UNIT": "units",
    "UNITS": "units",
    "USP UNIT": "units",
    "IU": "units",
    "I.U. VWF:RCO": "units",
    "MEQ": "mEq",
    "ML": "mL",
    "CC": "mL",
}
UNREADABLE = {
    # Two amounts, of which the first is counted.
    "J0741": "2MG/3MG",
    "J2865": "5MG-1MG",
    "J9153": "1 MG/2.27 MG",
    "J9298": "3 mg/1 mg",
    # A whole thing, however much is in it.
    "J0850": "PER VIAL",
    "J7186": "PER FACTOR VIII IU",
    "J9029": "PER THERAPEUTIC DOSE",
    "J9266": "1 EA",
    "J9325": "1 million PFU",
    "Q2041": "UP TO 200 MILLION CAR T CELLS",
    "Q2042": "up to 600 million CAR-positive viable T cells",
    "Q2043": "Per infusion (minimum 50 million cells)",
    "Q2053": "UP TO 200 MILLION AUTOLOGOUS ANTI-CD19 CAR POSITIVE VIABLE T CELLS",
    "Q2054": "Up to 110 million CAR-positive viable T cells, per therapeutic dose",
    "Q2055": "UP TO 510 MILLION AUTOLOGOUS ANTI-BCMA CAR-POSITIVE VIABLE T CELLS",
    "Q2056": "up to 100 million autologous b-cell maturation antigen (bcma) directed car-positive t cells",
    "Q9991": "Less than or equal to 100 MG",
    "Q9992": "Greater than 100 MG",
}
"""Dosages of January 2026 that do not say one amount; their rows were set by hand after the long descriptor."""
WHOLE_THINGS = {
    # The file gives the strength of the one presentation, the descriptor counts whole doses.
    "J1454": "0.25 MG",
    "J2790": "300 MCG (1500 IU)",
}
MISPRINTS = {
    # The descriptor and every other quarter have 0.25 mg.
    ("2024Q3", "J2277"),
    # Later quarters and the descriptor have mg.
    ("2024Q1", "J7178"),
    ("2024Q2", "J7178"),
    ("2024Q3", "J7178"),
}


def rows_of(path: Path) -> Iterator[list[str]]:
    text = gzip.decompress(path.read_bytes()).decode("cp1252")
    for row in csv.reader(io.StringIO(text)):
        cells = [" ".join(cell.replace("\u00a0", " ").split()) for cell in row]
        if cells and LEVEL_II.fullmatch(cells[0]):
            yield cells


def only(pattern: str) -> Path:
    (path,) = DATA.glob(pattern)
    return path


@cache
def pricing(quarter: str) -> dict[str, list[str]]:
    names = [*DATA.glob(f"asp/{quarter}_*Pricing*.gz"), *DATA.glob(f"asp/{quarter}_*Payment Limit*.gz")]
    return {row[0]: row for row in rows_of(names[0])}


@cache
def crosswalk(quarter: str) -> dict[tuple[str, str], list[str]]:
    rows = rows_of(only(f"asp/{quarter}_*Crosswalk*.gz"))
    return {(row[3].replace("-", ""), row[0]): row for row in rows}


@cache
def descriptors() -> dict[str, dict[str, str]]:
    text = gzip.decompress((DATA / "hcpcs/HCPCS_2025_OCT_level2_rebuilt.csv.gz").read_bytes()).decode()
    return {row["code"]: row for row in csv.DictReader(io.StringIO(text)) if row["kind"] == "procedure"}


@cache
def addendum_b(pattern: str) -> frozenset[str]:
    return frozenset(row[0] for row in rows_of(only(pattern)))


def seed(name: str) -> list[dict[str, str]]:
    with (SEED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_in_force(row: dict[str, str], quarter: str) -> bool:
    start, until = (day.isoformat() for day in quarter_dates(quarter))
    return row["effective_from"] <= start and (not row["effective_until"] or row["effective_until"] >= until)


def amount_of(dosage: str) -> tuple[Decimal, str] | None:
    found = DOSAGE.fullmatch(dosage.upper())
    if not found or found[2].strip() not in UNITS:
        return None
    return Decimal(found[1].replace(",", "")), UNITS[found[2].strip()]


class TestCodes:
    def test_of_2026_exist_in_2026(self) -> None:
        published = pricing("2026Q1").keys() | addendum_b("opps/2026Q2_*.gz")
        published |= {code for _, code in crosswalk("2026Q1")}
        standing = [row["code"] for row in seed("billing_codes.csv") if is_in_force(row, "2026Q1")]
        assert len(standing) > 600
        assert [code for code in standing if code not in published] == []

    def test_have_the_amount_that_the_pricing_files_print(self) -> None:
        wrong, compared = [], 0
        for row in seed("billing_codes.csv"):
            for quarter in QUARTERS:
                code = row["code"]
                printed = pricing(quarter).get(code)
                if not printed or not is_in_force(row, quarter) or (quarter, code) in MISPRINTS:
                    continue
                amount = amount_of(printed[2])
                if amount is None or code in UNREADABLE or code in WHOLE_THINGS:
                    continue
                compared += 1
                if amount != (Decimal(row["per_amount"]), row["per_unit"]):
                    wrong.append((code, quarter, printed[2], row["per_amount"], row["per_unit"]))
        assert wrong == []
        assert compared > 4000

    def test_whose_dosage_is_not_one_amount_are_these(self) -> None:
        seeded = {row["code"] for row in seed("billing_codes.csv") if is_in_force(row, "2026Q1")}
        unread = {code: row[2] for code, row in pricing("2026Q1").items() if code in seeded and not amount_of(row[2])}
        assert unread == UNREADABLE

    def test_without_a_price_have_the_amount_of_the_long_descriptor(self) -> None:
        spelled = {"mcg": r"(?:mcg|micrograms?)", "g": r"(?:g|gm|grams?)", "mL": r"(?:ml|cc)", "units": "(?:units?|iu)"}
        wrong = []
        for row in seed("billing_codes.csv"):
            priced = any(row["code"] in pricing(quarter) for quarter in QUARTERS)
            if priced or row["is_unclassified"] or row["code"] not in descriptors():
                continue
            text = descriptors()[row["code"]]["long_description"].lower()
            if row["per_unit"] == "each":
                is_right = re.search(r"\b(each|per unit|per single use vial|therapeutic dose)\b", text) is not None
            elif row["code"] == "J2186":
                is_right = "10mg/10mg (20mg)" in text
            else:
                unit = spelled.get(row["per_unit"], re.escape(row["per_unit"].lower()))
                is_right = re.search(rf"\b{re.escape(row['per_amount'])} ?{unit}\b", text) is not None
            if not is_right:
                wrong.append((row["code"], row["per_amount"], row["per_unit"], text))
        assert wrong == []

    def test_carry_the_label_of_the_publisher(self) -> None:
        wrong = [
            (row["code"], row["label"])
            for row in seed("billing_codes.csv")
            if row["code"] in descriptors() and row["label"] != descriptors()[row["code"]]["short_description"]
        ]
        assert wrong == []

    def test_that_ended_are_in_no_later_file(self) -> None:
        wrong = []
        for row in seed("billing_codes.csv"):
            if not row["effective_until"]:
                continue
            later = [q for q in QUARTERS if quarter_dates(q)[0].isoformat() >= row["effective_until"]]
            listed = [q for q in later if row["code"] in pricing(q)]
            is_in_opps = row["code"] in addendum_b("opps/2026Q2_*.gz")
            if listed or is_in_opps:
                wrong.append((row["code"], row["effective_until"], listed))
        assert wrong == []

    def test_began_no_later_than_they_were_priced(self) -> None:
        wrong = []
        for row in seed("billing_codes.csv"):
            priced = [q for q in QUARTERS if row["code"] in pricing(q)]
            if priced and row["effective_from"] > quarter_dates(priced[0])[0].isoformat():
                wrong.append((row["code"], row["effective_from"], priced[0]))
        assert wrong == []


class TestPrices:
    def test_are_those_published(self) -> None:
        wrong, compared = [], 0
        for row in seed("prices.csv"):
            for quarter in QUARTERS:
                if row.get(quarter):
                    compared += 1
                    if Decimal(pricing(quarter)[row["code"]][3].replace("$", "")) != Decimal(row[quarter]):
                        wrong.append((row["code"], quarter))
        assert wrong == []
        assert compared > 2000


class TestPackages:
    def test_bill_as_the_crosswalk_of_2026_has_it(self) -> None:
        said = {(row["ndc"], row["code"]): row for row in seed("ndc_billing_codes.csv") if is_in_force(row, "2026Q1")}
        assert [key for key in said if key not in crosswalk("2026Q1")] == []
        wrong = [
            key
            for key, row in said.items()
            if Decimal(crosswalk("2026Q1")[key][8].replace(",", "")) != Decimal(row["billing_units"])
        ]
        assert wrong == []

    def test_bill_as_the_crosswalks_had_it_in_every_quarter(self) -> None:
        known: dict[str, list[dict[str, str]]] = defaultdict(list)
        codes = {row["code"]: row for row in seed("billing_codes.csv")}
        for row in seed("ndc_billing_codes.csv"):
            known[row["ndc"]].append(row)
        wrong = []
        for quarter in QUARTERS:
            for ndc, rows in known.items():
                said = {row["code"] for row in rows if is_in_force(row, quarter)}
                printed = {code for code in codes if (ndc, code) in crosswalk(quarter)}
                if missing := {code for code in printed - said if is_in_force(codes[code], quarter)}:
                    wrong.append((ndc, quarter, missing))
        assert wrong == []

    def test_have_the_sizes_that_their_units_make(self) -> None:
        codes = {row["code"]: row for row in seed("billing_codes.csv")}
        made: dict[str, set[Decimal]] = defaultdict(set)
        for (_, code), row in crosswalk("2026Q1").items():
            if code in codes and re.fullmatch(r"[\d.,]+", row[8]):
                made[codes[code]["per_unit"]].add(Decimal(row[8].replace(",", "")) * Decimal(codes[code]["per_amount"]))
        unmade = [
            (row["drug"], row["amount"])
            for row in seed("sizes.csv")
            if not any(abs(size - Decimal(row["amount"])) <= size / 400 for size in made[row["unit"]])
        ]
        assert unmade == []
