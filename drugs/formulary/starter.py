"""The starter formulary: the CSV files in `drugs/seed`, as one release.

Loading the same files twice changes nothing. Files that have changed since are loaded as a further release that
withdraws what is no longer in them and adds what is new, as long as nobody has changed the formulary in between.
"""

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from django.db import models, transaction

from drugs.formulary.releases import wait_for_other_writers
from drugs.models import (
    BillingCode,
    Drug,
    DrugBillingCode,
    DrugFamily,
    DrugName,
    DrugProfile,
    FormularyRelease,
    HcpcsCode,
    MarketedSize,
    Ndc,
    NdcBillingCode,
    Price,
    Product,
    VersionedRow,
)
from drugs.models.file_kind import FileKind
from drugs.models.names import normalise

SEED = Path(__file__).resolve().parent.parent / "seed"
FILES = (
    "billing_codes.csv",
    "drug_billing_codes.csv",
    "drugs.csv",
    "names.csv",
    "ndc_billing_codes.csv",
    "ndcs.csv",
    "prices.csv",
    "sizes.csv",
)
FIRST_DATE = date(2024, 1, 1)
"""The first quarter whose CMS files the starter formulary was checked against; it says nothing of earlier dates."""

SPEAKS_FOR = {
    FileKind.HCPCS: date(2025, 10, 1),
    FileKind.ASP_PRICING: date(2026, 1, 1),
    FileKind.ASP_CROSSWALK: date(2026, 1, 1),
}
"""First days of the newest quarters whose files the starter formulary was compiled from: an older file that is loaded
over it changes nothing from then on."""

Row = dict[str, str]


class UnableToLoadSeed(Exception):
    """The starter formulary cannot be loaded; the message says why. Nothing has changed."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: rows added and withdrawn, both 0 where the files were in the formulary already."""

    release: FormularyRelease
    added: int
    withdrawn: int


@transaction.atomic
def load_seed(*, at: datetime, folder: Path = SEED) -> Loaded:
    """Load the files of `folder`. Raises `UnableToLoadSeed` where others have changed the formulary since."""
    wait_for_other_writers()
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in FILES)).hexdigest()
    newest = FormularyRelease.objects.filter(kind=FormularyRelease.Kind.SEED).order_by("-pk").first()
    if newest and newest.sha256 == digest:
        return Loaded(newest, 0, 0)
    if FormularyRelease.objects.exclude(kind=FormularyRelease.Kind.SEED).exists():
        msg = "The formulary has been changed by hand or by import; a new starter formulary would undo that."
        raise UnableToLoadSeed(msg)
    release = FormularyRelease.objects.create(
        kind=FormularyRelease.Kind.SEED,
        name="Starter formulary",
        file_name="drugs/seed",
        sha256=digest,
        effective_date=FIRST_DATE,
        imported_at=at,
        source="Compiled from CMS and FDA public files; each row names its own",
    )
    added, withdrawn = _Loader(folder, release).load()
    return Loaded(release, added, withdrawn)


class _Loader:
    """Reads the files in the order in which rows refer to each other."""

    def __init__(self, folder: Path, release: FormularyRelease) -> None:
        self.folder = folder
        self.release = release
        self.drugs: dict[str, Drug] = {}
        self.products: dict[tuple[str, str], Product] = {}

    def load(self) -> tuple[int, int]:
        """Return how many rows were added and how many withdrawn."""
        self._load_drugs()
        self._load_codes()
        changes = [
            self._merge(Product, self._products()),
            *(
                self._merge(model, rows)
                for model, rows in (
                    (DrugProfile, self._profiles()),
                    (DrugFamily, self._families()),
                    (BillingCode, self._billing_codes()),
                    (Price, self._prices()),
                )
            ),
        ]
        self.products = {(row.drug.name, row.name): row for row in Product.objects.current().select_related("drug")}
        changes += [
            self._merge(model, rows)
            for model, rows in (
                (DrugName, self._names()),
                (DrugBillingCode, self._drug_codes()),
                (Ndc, self._ndcs()),
                (NdcBillingCode, self._ndc_codes()),
                (MarketedSize, self._sizes()),
            )
        ]
        return sum(added for added, _ in changes), sum(withdrawn for _, withdrawn in changes)

    def _read(self, name: str) -> Iterator[Row]:
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    def _merge(self, model: type[VersionedRow], wanted: Iterable[VersionedRow]) -> tuple[int, int]:
        """Withdraw standing rows that are not wanted any more and add those that do not stand yet."""
        standing = {_content(row): row.pk for row in model.objects.current()}
        desired = {_content(row): row for row in wanted}
        gone = [pk for content, pk in standing.items() if content not in desired]
        new = [row for content, row in desired.items() if content not in standing]
        for pk in gone:
            model.objects.filter(pk=pk).update(withdrawn_by=self.release)
        model.objects.bulk_create(new, batch_size=1000)
        return len(new), len(gone)

    def _load_drugs(self) -> None:
        known = set(Drug.objects.values_list("name", flat=True))
        Drug.objects.bulk_create(
            Drug(name=row["name"], release=self.release, source=row["source"])
            for row in self._read("drugs.csv")
            if row["name"] not in known
        )
        self.drugs = {drug.name: drug for drug in Drug.objects.all()}

    def _load_codes(self) -> None:
        codes = {row["code"] for row in self._read("billing_codes.csv")}
        HcpcsCode.objects.bulk_create((HcpcsCode(code=code) for code in sorted(codes)), ignore_conflicts=True)

    def _products(self) -> Iterator[Product]:
        named = {
            (row["drug"], row["product"])
            for name in ("drug_billing_codes.csv", "names.csv")
            for row in self._read(name)
            if row["product"]
        }
        for drug, name in sorted(named):
            yield Product(
                drug=self.drugs[drug],
                name=name,
                normalised=normalise(name),
                release=self.release,
                source="CMS HCPCS Level II, October 2025: the code's descriptor names the product",
            )

    def _profiles(self) -> Iterator[DrugProfile]:
        for row in self._read("drugs.csv"):
            reference = row["reference_drug"]
            yield DrugProfile(
                drug=self.drugs[row["name"]],
                routes=row["routes"].split(),
                is_biologic=bool(row["is_biologic"]),
                is_immunotherapy=bool(row["is_immunotherapy"]),
                is_electrolyte=bool(row["is_electrolyte"]),
                needs_prior_auth=bool(row["needs_prior_auth"]),
                reference_drug=self.drugs[reference] if reference else None,
                no_code_reason=row["no_code_reason"],
                effective_from=FIRST_DATE,
                release=self.release,
                source=row["source"],
            )

    def _families(self) -> Iterator[DrugFamily]:
        for row in self._read("drugs.csv"):
            yield DrugFamily(
                drug=self.drugs[row["name"]],
                family=row["family"],
                effective_from=FIRST_DATE,
                release=self.release,
                source=row["source"],
            )

    def _billing_codes(self) -> Iterator[BillingCode]:
        for row in self._read("billing_codes.csv"):
            yield BillingCode(
                hcpcs_id=row["code"],
                label=row["label"],
                per_amount=Decimal(row["per_amount"]),
                per_unit=row["per_unit"],
                counted_ingredient=row["counted_ingredient"],
                is_unclassified=bool(row["is_unclassified"]),
                replaced_by_id=row["replaced_by"] or None,
                effective_from=date.fromisoformat(row["effective_from"]),
                effective_until=_date(row["effective_until"]),
                release=self.release,
                source=row["source"],
            )

    def _prices(self) -> Iterator[Price]:
        for row in self._read("prices.csv"):
            for quarter in (key for key in row if key != "code" and row[key]):
                start, until = quarter_dates(quarter)
                yield Price(
                    hcpcs_id=row["code"],
                    payment_limit=Decimal(row[quarter]),
                    effective_from=start,
                    effective_until=until,
                    release=self.release,
                    source=f"CMS Medicare Part B payment limits, {quarter}",
                )

    def _names(self) -> Iterator[DrugName]:
        for row in self._read("names.csv"):
            yield DrugName(
                drug=self.drugs[row["drug"]],
                product=self.products[row["drug"], row["product"]] if row["product"] else None,
                text=row["text"],
                normalised=normalise(row["text"]),
                kind=row["kind"],
                release=self.release,
                source=row["source"],
            )

    def _drug_codes(self) -> Iterator[DrugBillingCode]:
        for row in self._read("drug_billing_codes.csv"):
            yield DrugBillingCode(
                drug=self.drugs[row["drug"]],
                hcpcs_id=row["code"],
                product=self.products[row["drug"], row["product"]] if row["product"] else None,
                routes=row["routes"].split(),
                circumstance=row["circumstance"],
                effective_from=date.fromisoformat(row["effective_from"]),
                effective_until=_date(row["effective_until"]),
                release=self.release,
                source=row["source"],
            )

    def _ndcs(self) -> Iterator[Ndc]:
        for row in self._read("ndcs.csv"):
            yield Ndc(
                ndc=row["ndc"],
                drug=self.drugs[row["drug"]],
                product=self.products[row["drug"], row["product"]] if row["product"] else None,
                name=row["name"],
                labeler=row["labeler"],
                package_size=_number(row["package_size"]),
                package_quantity=_number(row["package_quantity"]),
                is_single_dose=_answer(row["is_single_dose"]),
                effective_from=date.fromisoformat(row["effective_from"]),
                effective_until=_date(row["effective_until"]),
                release=self.release,
                source=row["source"],
            )

    def _ndc_codes(self) -> Iterator[NdcBillingCode]:
        for row in self._read("ndc_billing_codes.csv"):
            yield NdcBillingCode(
                ndc=row["ndc"],
                hcpcs_id=row["code"],
                billing_units=_number(row["billing_units"]),
                package_billing_units=_number(row["package_billing_units"]),
                effective_from=date.fromisoformat(row["effective_from"]),
                effective_until=_date(row["effective_until"]),
                release=self.release,
                source="CMS ASP NDC-HCPCS crosswalks, January 2024 to January 2026",
            )

    def _sizes(self) -> Iterator[MarketedSize]:
        for row in self._read("sizes.csv"):
            yield MarketedSize(
                drug=self.drugs[row["drug"]],
                product=self.products[row["drug"], row["product"]] if row["product"] else None,
                amount=Decimal(row["amount"]),
                unit=row["unit"],
                is_single_dose=_answer(row["is_single_dose"]),
                routes=row["routes"].split(),
                effective_from=FIRST_DATE,
                release=self.release,
                source=row["source"],
            )


def quarter_dates(quarter: str) -> tuple[date, date]:
    """Return the first day of a quarter such as `2026Q1` and the first day after it."""
    year, number = int(quarter[:4]), int(quarter[5])
    start = date(year, 3 * number - 2, 1)
    return start, date(year + 1, 1, 1) if number == 4 else date(year, 3 * number + 1, 1)  # noqa: PLR2004 - of the year


def _content(row: models.Model) -> tuple[object, ...]:
    """Return all that a row says, without its id and its releases."""
    skipped = {"id", "release_id", "withdrawn_by_id"}
    values = (
        getattr(row, field.attname)
        for field in row._meta.concrete_fields  # noqa: SLF001 - Django's documented model API
        if field.attname not in skipped
    )
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _answer(text: str) -> bool | None:
    return {"1": True, "0": False, "": None}[text]


def seeded_electrolytes(*, folder: Path = SEED) -> frozenset[str]:
    """Every name, lower case, of the drugs that the starter formulary marks as electrolytes; needs no database."""
    with (folder / "drugs.csv").open(encoding="utf-8", newline="") as file:
        drugs = {row["name"] for row in csv.DictReader(file) if row["is_electrolyte"]}
    with (folder / "names.csv").open(encoding="utf-8", newline="") as file:
        names = {row["text"].lower() for row in csv.DictReader(file) if row["drug"] in drugs}
    return frozenset(drugs | names)
