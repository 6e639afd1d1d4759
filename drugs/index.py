"""The standing rows of the formulary's newest version, in memory, indexed for questions by date.

Tens of thousands of encounters are coded against a few thousand rows, so a process reads the rows once a version.
Each question costs one small query that asks whether a newer release exists; `formulary` writes one release at a
time, so a higher id is a later version.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

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
)
from drugs.models.names import normalise, reduce_name


class Dated(Protocol):
    """Anything that holds for a period."""

    def is_in_force(self, on: date) -> bool:
        """Whether the period includes `on`."""


Row = TypeVar("Row")
DatedT = TypeVar("DatedT", bound=Dated)
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class NameEntry:
    """What a comparable name stands for; `kind` is a `NameKind` or `name` for the ingredient itself."""

    drug_id: int
    product_id: int | None
    kind: str
    is_misspelling: bool = False


@dataclass(frozen=True, slots=True)
class FormularyIndex:
    """One version of the formulary. Lists keep every period; `in_force` picks those of a date."""

    head: tuple[int, datetime] | None
    releases: tuple[FormularyRelease, ...]
    drugs: dict[int, Drug]
    products: dict[int, Product]
    names: dict[str, tuple[NameEntry, ...]]
    reduced_names: dict[str, tuple[NameEntry, ...]]
    brands: dict[int, tuple[str, ...]]
    profiles: dict[int, tuple[DrugProfile, ...]]
    families: dict[int, tuple[DrugFamily, ...]]
    sizes: dict[int, tuple[MarketedSize, ...]]
    codes_of_drug: dict[int, tuple[DrugBillingCode, ...]]
    drugs_of_code: dict[str, tuple[DrugBillingCode, ...]]
    meanings: dict[str, tuple[BillingCode, ...]]
    prices: dict[str, tuple[Price, ...]]
    packages: dict[str, tuple[Ndc, ...]]
    codes_of_package: dict[str, tuple[NdcBillingCode, ...]]

    def profile(self, drug_id: int, on: date) -> DrugProfile | None:
        """The drug's profile in force on `on`, None where it is not in the formulary then."""
        return next(in_force(self.profiles.get(drug_id, ()), on), None)

    def meaning(self, code: str, on: date) -> BillingCode | None:
        """What `code` stands for on `on`, None where it is not valid then."""
        return next(in_force(self.meanings.get(code, ()), on), None)


def in_force(rows: Iterable[DatedT], on: date) -> Iterator[DatedT]:
    """Yield the rows whose period includes `on`."""
    return (row for row in rows if row.is_in_force(on))


_cached: list[FormularyIndex] = []


def current_index() -> FormularyIndex:
    """Return the index of the newest version, read anew only when there is a newer release."""
    head = FormularyRelease.objects.order_by("-pk").values_list("pk", "imported_at").first()
    if not _cached or _cached[0].head != head:
        _cached[:] = [build_index(head)]
    return _cached[0]


def build_index(head: tuple[int, datetime] | None) -> FormularyIndex:
    """Return the index of all standing rows, in a fixed number of queries."""
    drugs = {drug.pk: drug for drug in Drug.objects.all()}
    names, reduced = _names(drugs)
    links = list(DrugBillingCode.objects.current().order_by("hcpcs_id", "pk"))
    return FormularyIndex(
        head=head,
        releases=tuple(FormularyRelease.objects.order_by("pk")),
        drugs=drugs,
        products={row.pk: row for row in Product.objects.current()},
        names=names,
        reduced_names=reduced,
        brands=_brands(),
        profiles=_grouped(DrugProfile.objects.current(), lambda row: row.drug_id),
        families=_grouped(DrugFamily.objects.current(), lambda row: row.drug_id),
        sizes=_grouped(MarketedSize.objects.current().order_by("-amount", "pk"), lambda row: row.drug_id),
        codes_of_drug=_grouped(links, lambda row: row.drug_id),
        drugs_of_code=_grouped(links, lambda row: row.hcpcs_id),
        meanings=_grouped(BillingCode.objects.current(), lambda row: row.hcpcs_id),
        prices=_grouped(Price.objects.current(), lambda row: row.hcpcs_id),
        packages=_grouped(Ndc.objects.current(), lambda row: row.ndc),
        codes_of_package=_grouped(NdcBillingCode.objects.current().order_by("hcpcs_id"), lambda row: row.ndc),
    )


def _grouped(rows: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, tuple[Row, ...]]:
    groups: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {k: tuple(v) for k, v in groups.items()}


def _names(drugs: dict[int, Drug]) -> tuple[dict[str, tuple[NameEntry, ...]], dict[str, tuple[NameEntry, ...]]]:
    """Return all names by their comparable form, and again by the reduced form; misspellings only in the first."""
    pairs = [(normalise(drug.name), NameEntry(drug.pk, None, "name")) for drug in drugs.values()]
    for row in DrugName.objects.current():
        entry = NameEntry(row.drug_id, row.product_id, row.kind, row.kind == "misspelling")
        pairs.append((row.normalised, entry))
    exact = _grouped(pairs, lambda pair: pair[0])
    reduced = _grouped([pair for pair in pairs if not pair[1].is_misspelling], lambda pair: reduce_name(pair[0]))
    return (
        {name: tuple(entry for _, entry in group) for name, group in exact.items()},
        {name: tuple(entry for _, entry in group) for name, group in reduced.items()},
    )


def _brands() -> dict[int, tuple[str, ...]]:
    rows = DrugName.objects.current().filter(kind="brand").order_by("text").values_list("drug", "text")
    return {drug: tuple(text for _, text in group) for drug, group in _grouped(rows, lambda row: row[0]).items()}
