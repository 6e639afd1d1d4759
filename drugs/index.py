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
    DatedRow,
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
DatedRowT = TypeVar("DatedRowT", bound=DatedRow)


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


@dataclass(frozen=True, slots=True)
class Differences:
    """By what a chart leads to anything that is not the same in two versions of the formulary.

    `names` are comparable names, whole and reduced, `ndcs` packages of 11 digits, `codes` HCPCS codes as a chart
    may name them. The dates of service are those in `[effective_from, effective_until)`; None has no bound. Prices
    are left out: they weigh a line and never make one.
    """

    names: frozenset[str]
    ndcs: frozenset[str]
    codes: frozenset[str]
    drug_ids: frozenset[int]
    effective_from: date | None
    effective_until: date | None

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.names or self.ndcs or self.codes or self.drug_ids)


def differences(now: FormularyIndex, then: FormularyIndex) -> Differences:
    """Return what differs between two versions, followed to everything that charts can name.

    A code leads to its drugs and packages, a drug to its names, packages and codes, in either version.
    """
    period = _Period()
    codes = _changed(now.meanings, then.meanings, period)
    drugs = _changed(now.profiles, then.profiles, period) | _changed(now.families, then.families, period)
    drugs |= _changed(now.sizes, then.sizes, period) | _changed(now.codes_of_drug, then.codes_of_drug, period)
    ndcs = _changed(now.packages, then.packages, period)
    ndcs |= _changed(now.codes_of_package, then.codes_of_package, period)
    charted_codes = codes | _changed(now.drugs_of_code, then.drugs_of_code, period)
    names = _renamed(now.names, then.names) | _renamed(now.reduced_names, then.reduced_names)
    products = [
        index.products[pk]
        for index in (now, then)
        for pk in now.products.keys() ^ then.products.keys()
        if pk in index.products
    ]
    drugs |= {product.drug_id for product in products}
    if names or products:
        # Names and products have no dates.
        period.is_open_at_start = period.is_open_at_end = True
    for index in (now, then):
        drugs |= {link.drug_id for code in codes for link in index.drugs_of_code.get(code, ())}
        ndcs |= {ndc for ndc, rows in index.codes_of_package.items() if any(row.hcpcs_id in codes for row in rows)}
    for index in (now, then):
        known = (index.names, index.reduced_names)
        names |= {name for of in known for name, entries in of.items() if any(e.drug_id in drugs for e in entries)}
        ndcs |= {ndc for ndc, rows in index.packages.items() if any(row.drug_id in drugs for row in rows)}
        charted_codes |= {code for code, links in index.drugs_of_code.items() if any(x.drug_id in drugs for x in links)}
    return Differences(
        frozenset(names), frozenset(ndcs), frozenset(charted_codes), frozenset(drugs), period.first, period.until
    )


class _Period:
    """The dates of service of all differences so far, as one stretch."""

    def __init__(self) -> None:
        self._starts: list[date] = []
        self._ends: list[date] = []
        self.is_open_at_start = self.is_open_at_end = False

    def add(self, start: date, end: date | None) -> None:
        """Let it reach over `[start, end)` too."""
        self._starts.append(start)
        if end is None:
            self.is_open_at_end = True
        else:
            self._ends.append(end)

    @property
    def first(self) -> date | None:
        """Its first day, None where it has none."""
        return None if self.is_open_at_start else min(self._starts, default=None)

    @property
    def until(self) -> date | None:
        """The day after its last, None where it has no end."""
        return None if self.is_open_at_end else max(self._ends, default=None)


def _changed(
    now: dict[Key, tuple[DatedRowT, ...]], then: dict[Key, tuple[DatedRowT, ...]], period: _Period
) -> set[Key]:
    """Return the keys under which the two say something else on some date; those dates join `period`."""
    found = set()
    for key in now.keys() | then.keys():
        before, after = now.get(key, ()), then.get(key, ())
        if before == after:
            continue
        days = sorted({day for row in (*before, *after) for day in (row.effective_from, row.effective_until) if day})
        for start, end in zip(days, [*days[1:], None], strict=True):
            if [_said(row) for row in in_force(before, start)] != [_said(row) for row in in_force(after, start)]:
                period.add(start, end)
                found.add(key)
    return found


def _renamed(now: dict[str, tuple[NameEntry, ...]], then: dict[str, tuple[NameEntry, ...]]) -> set[str]:
    return {name for name in now.keys() | then.keys() if now.get(name, ()) != then.get(name, ())}


NOT_SAID = frozenset({"id", "release_id", "withdrawn_by_id", "source", "effective_from", "effective_until"})
"""Columns by which two rows that say the same may differ."""


def _said(row: DatedRow) -> tuple[object, ...]:
    fields = row._meta.concrete_fields  # noqa: SLF001 - Django's documented model API
    return tuple(getattr(row, field.attname) for field in fields if field.attname not in NOT_SAID)
