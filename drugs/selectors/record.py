"""All that the formulary says and said of one drug."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from django.db.models import F

from drugs.dates import written
from drugs.models import (
    BillingCode,
    Drug,
    DrugBillingCode,
    DrugFamily,
    DrugName,
    DrugProfile,
    FormularyRelease,
    MarketedSize,
    Ndc,
    NdcBillingCode,
    Price,
    Product,
    StatusIndicator,
    VersionedRow,
)
from drugs.selectors.chart import PriceChart, price_charts

Identity: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code of a drug in one of its periods."""

    link: DrugBillingCode
    meaning: BillingCode | None
    """What the code stands for at the end of the period, or on the date asked for where that lies in it."""
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class PackageLine:
    """A package and what it bills as on the date asked for."""

    package: Ndc
    codes: tuple[NdcBillingCode, ...]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What one release did to the drug and its codes, in words."""

    release: FormularyRelease
    changed: tuple[tuple[str, str], ...]
    """What stood before, and what stands instead."""
    added: tuple[str, ...]
    withdrawn: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrugRecord:
    """One drug as of a date, with its other periods and its history."""

    drug: Drug
    on: date
    profile: DrugProfile | None
    families: tuple[DrugFamily, ...]
    names: tuple[DrugName, ...]
    products: tuple[Product, ...]
    codes: tuple[CodeLine, ...]
    packages: tuple[PackageLine, ...]
    sizes: tuple[MarketedSize, ...]
    quarters: tuple[date, ...]
    """First days of the quarters of `prices`."""
    prices: tuple[tuple[str, tuple[Price | None, ...]], ...]
    """For each code its payment limits by quarter, None where none was published."""
    charts: tuple[PriceChart, ...]
    """One for each code that has prices, drawn from `prices`."""
    statuses: tuple[StatusIndicator, ...]
    """How Medicare pays a hospital for the codes, the newest first."""
    biosimilars: tuple[Drug, ...]
    history: tuple[HistoryEntry, ...]


def drug_record(drug: Drug, *, on: date) -> DrugRecord:
    """Return all that the formulary says of `drug`, in a fixed number of queries."""
    codes = _codes(drug, on)
    listed = sorted({line.link.hcpcs_id for line in codes})
    quarters, prices = _prices(listed)
    similar = DrugProfile.objects.in_force(on).filter(reference_drug=drug).values("drug")
    return DrugRecord(
        drug=drug,
        on=on,
        profile=DrugProfile.objects.in_force(on).filter(drug=drug).select_related("reference_drug").first(),
        families=tuple(DrugFamily.objects.current().filter(drug=drug).order_by("policy_layer", "-effective_from")),
        names=tuple(
            DrugName.objects.current().filter(drug=drug).select_related("product").order_by("kind", "normalised")
        ),
        products=tuple(Product.objects.current().filter(drug=drug).order_by("name")),
        codes=codes,
        packages=_packages(drug, on),
        sizes=tuple(
            MarketedSize.objects.in_force(on)
            .filter(drug=drug)
            .select_related("product")
            .order_by(F("product__name").asc(nulls_first=True), "unit", "is_single_dose", "amount")
        ),
        quarters=quarters,
        prices=prices,
        charts=price_charts(quarters, prices),
        statuses=tuple(StatusIndicator.objects.current().filter(hcpcs__in=listed).order_by("hcpcs", "-effective_from")),
        biosimilars=tuple(Drug.objects.filter(pk__in=similar).order_by("name")),
        history=_history(drug, listed),
    )


def _codes(drug: Drug, on: date) -> tuple[CodeLine, ...]:
    links = list(
        DrugBillingCode.objects.current()
        .filter(drug=drug)
        .select_related("product")
        .order_by("product__name", "-effective_from", "hcpcs")
    )
    meanings: defaultdict[str, list[BillingCode]] = defaultdict(list)
    for row in BillingCode.objects.current().filter(hcpcs__in=[link.hcpcs_id for link in links]):
        meanings[row.hcpcs_id].append(row)
    lines = []
    for link in links:
        known = sorted(meanings[link.hcpcs_id], key=lambda row: row.effective_from)
        meaning = next((row for row in known if row.is_in_force(on)), known[-1] if known else None)
        lines.append(CodeLine(link, meaning, link.is_in_force(on)))
    lines.sort(key=lambda line: (not line.is_in_force, line.link.product is not None))
    return tuple(lines)


def _packages(drug: Drug, on: date) -> tuple[PackageLine, ...]:
    packages = list(Ndc.objects.in_force(on).filter(drug=drug).select_related("product").order_by("name", "ndc"))
    codes: defaultdict[str, list[NdcBillingCode]] = defaultdict(list)
    for row in NdcBillingCode.objects.in_force(on).filter(ndc__in=[p.ndc for p in packages]).order_by("hcpcs"):
        codes[row.ndc].append(row)
    return tuple(PackageLine(package, tuple(codes[package.ndc])) for package in packages)


def _prices(
    codes: list[str],
) -> tuple[tuple[date, ...], tuple[tuple[str, tuple[Price | None, ...]], ...]]:
    rows = list(Price.objects.current().filter(hcpcs__in=codes).order_by("effective_from"))
    quarters = tuple(sorted({row.effective_from for row in rows}))
    by_key = {(row.hcpcs_id, row.effective_from): row for row in rows}
    priced = [code for code in codes if any((code, quarter) in by_key for quarter in quarters)]
    return quarters, tuple((code, tuple(by_key.get((code, quarter)) for quarter in quarters)) for code in priced)


def _history(drug: Drug, codes: list[str]) -> tuple[HistoryEntry, ...]:
    """What each release did, the newest first; a row that gave way to one of the same kind and name is a change."""
    added: defaultdict[int, defaultdict[Identity, list[str]]] = defaultdict(lambda: defaultdict(list))
    withdrawn: defaultdict[int, defaultdict[Identity, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in _rows_of(drug, codes):
        said = _said(row)
        added[row.release_id][_identity(row)].append(said)
        if row.withdrawn_by_id:
            withdrawn[row.withdrawn_by_id][_identity(row)].append(said)
    releases = FormularyRelease.objects.filter(pk__in=added.keys() | withdrawn.keys()).order_by("-pk")
    return tuple(_entry(release, added[release.pk], withdrawn[release.pk]) for release in releases)


def _entry(
    release: FormularyRelease, added: dict[Identity, list[str]], withdrawn: dict[Identity, list[str]]
) -> HistoryEntry:
    both = [key for key in withdrawn if key in added]
    return HistoryEntry(
        release,
        changed=tuple(("; ".join(withdrawn[key]), "; ".join(added[key])) for key in both),
        added=tuple(said for key, rows in added.items() if key not in both for said in rows),
        withdrawn=tuple(said for key, rows in withdrawn.items() if key not in both for said in rows),
    )


def _rows_of(drug: Drug, codes: list[str]) -> list[VersionedRow]:
    of_drug = (DrugProfile, DrugFamily, DrugBillingCode, Product, DrugName, Ndc, MarketedSize)
    rows: list[VersionedRow] = [
        row for model in of_drug for row in model.objects.filter(drug=drug).select_related("drug").order_by("pk")
    ]
    of_code = (BillingCode, StatusIndicator)
    return rows + [row for model in of_code for row in model.objects.filter(hcpcs__in=codes).order_by("pk")]


def _identity(row: VersionedRow) -> Identity:
    """What makes two rows versions of the same statement."""
    named = {DrugFamily: "policy_layer", Ndc: "ndc", MarketedSize: "size", Product: "name", DrugName: "text"}
    named |= dict.fromkeys((DrugBillingCode, BillingCode, StatusIndicator), "hcpcs_id")
    name = named.get(type(row))
    return type(row).__name__, str(getattr(row, name)) if name else ""


def _said(row: VersionedRow) -> str:
    """Return what a row says, without the drug's name."""
    match row:
        case DrugFamily():
            layer = f" for {row.policy_layer}" if row.policy_layer else ""
            said = row.get_family_display() + layer
        case DrugBillingCode():
            said = row.hcpcs_id
        case DrugProfile():
            said = "in the formulary"
        case Ndc():
            said = f"package {row}"
        case MarketedSize():
            said = f"size {row.size}"
        case BillingCode():
            said = f"{row.hcpcs_id} is {row.per}"
        case StatusIndicator():
            said = f"{row.hcpcs_id} has status {row.indicator}"
        case _:
            return f"name {row}"
    until = f" until {written(row.effective_until)}" if row.effective_until else ""
    return f"{said} from {written(row.effective_from)}{until}"
