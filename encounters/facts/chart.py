"""Charts as they are now: rows of encounters with later statements laid over them, read for many at a time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from django.db.models import Model, Prefetch, QuerySet, prefetch_related_objects

from drugs.index import FormularyIndex
from drugs.models import Drug, Product
from encounters.addenda import COLUMNS, Changes, Opened, Statement, overlaid, statement
from encounters.models import (
    Addendum,
    AdministrationPause,
    Container,
    Diagnosis,
    DrugAdministration,
    Encounter,
    Order,
    VascularAccess,
)

Row = TypeVar("Row")
Named = TypeVar("Named", bound=Model)


@dataclass(frozen=True, slots=True)
class Given:
    """An administration by the key of its row, and what is held to be true of it."""

    pk: int
    said: Statement


@dataclass(frozen=True, slots=True)
class Chart:
    """An encounter, its payer and location joined, with all that was charted of it, each in its order."""

    encounter: Encounter
    given: tuple[Given, ...]
    diagnoses: tuple[str, ...]
    accesses: tuple[VascularAccess, ...]
    orders: tuple[Order, ...]

    @property
    def said(self) -> list[Statement]:
        """What is held to be true of each administration."""
        return [given.said for given in self.given]

    def changed(self, wanted: Mapping[str, Changes]) -> "Chart":
        """The chart with changes laid over it: administration's external id → field → value.

        Raises `addenda.UnableToReadChange`; KeyError for an administration that the encounter does not have.
        """
        if unknown := wanted.keys() - {given.said.external_id for given in self.given}:
            raise KeyError(*sorted(unknown))
        return replace(self, given=tuple(_changed(given, wanted) for given in self.given)) if wanted else self


def with_chart(encounter: Encounter) -> Encounter:
    """The encounter with all of its chart, for `chart_of`; its payer and location are joined where known."""
    prefetch_related_objects([encounter], *_of_the_chart())
    return encounter


def chart_of(encounter: Encounter) -> Chart:
    """The chart that `with_chart` has read."""
    administrations = sorted(encounter.administrations.all(), key=lambda row: (row.position, row.pk))
    return Chart(
        encounter=encounter,
        given=tuple(Given(row.pk, statement(row)) for row in administrations),
        diagnoses=tuple(row.code for row in sorted(encounter.diagnoses.all(), key=lambda row: row.position)),
        accesses=tuple(sorted(encounter.accesses.all(), key=lambda row: row.pk)),
        orders=tuple(sorted(encounter.orders.all(), key=lambda row: row.pk)),
    )


def charts(pks: Sequence[int], *, index: FormularyIndex) -> Iterator[Chart]:
    """The charts of these encounters, by id, in a fixed number of queries; drugs are those of the formulary's `index`.

    Rows are read as plain values: for thousands of encounters, making objects of each takes most of the time.
    """
    given = _given(pks, index)
    diagnoses = _grouped(
        Diagnosis.objects.filter(encounter__in=pks).order_by("position").values_list("encounter_id", "code")
    )
    accesses = _grouped((row.encounter_id, row) for row in _rows_of(VascularAccess.objects.all(), pks))
    orders = _grouped((row.encounter_id, row) for row in _rows_of(Order.objects.all(), pks))
    for encounter in Encounter.objects.select_related("payer", "location").filter(pk__in=pks).order_by("pk"):
        pk = encounter.pk
        yield Chart(
            encounter=encounter,
            given=tuple(given[pk]),
            diagnoses=tuple(diagnoses[pk]),
            accesses=tuple(accesses[pk]),
            orders=tuple(orders[pk]),
        )


def _changed(given: Given, wanted: Mapping[str, Changes]) -> Given:
    changes = wanted.get(given.said.external_id)
    return Given(given.pk, overlaid(given.said, [changes])) if changes else given


def _of_the_chart() -> tuple[str | Prefetch, ...]:
    administrations = DrugAdministration.objects.select_related("drug", "product", "access", "order").prefetch_related(
        "pauses", "containers", Prefetch("addenda", queryset=Addendum.objects.order_by("at", "pk"))
    )
    return "diagnoses", "accesses", "orders", Prefetch("administrations", queryset=administrations)


def _given(pks: Sequence[int], index: FormularyIndex) -> defaultdict[int, list[Given]]:
    rows = list(
        DrugAdministration.objects.filter(encounter__in=pks)
        .order_by("position", "pk")
        .values_list("encounter_id", "pk", "access__label", "order__reference", *COLUMNS)
    )
    place = {name: 4 + nth for nth, name in enumerate(COLUMNS)}
    drugs = _known(Drug.objects.all(), index.drugs, {row[place["drug"]] for row in rows})
    products = _known(Product.objects.all(), index.products, {row[place["product"]] for row in rows})
    pauses, containers, addenda = _pauses(pks), _containers(pks), _addenda(pks)
    given: defaultdict[int, list[Given]] = defaultdict(list)
    for encounter_id, pk, access, order, *own in rows:
        charted = dict(zip(COLUMNS, own, strict=True))
        said = Statement(
            **charted
            | {
                "drug": drugs.get(charted["drug"]),
                "product": products.get(charted["product"]),
                "access": access or "",
                "order": order or "",
                "pauses": tuple(pauses[pk]),
                "containers": tuple(containers[pk]),
            }
        )
        given[encounter_id].append(Given(pk, overlaid(said, addenda[pk])))
    return given


def _known(rows: QuerySet[Named], known: Mapping[int, Named], pks: set[int | None]) -> dict[int, Named]:
    """Those rows, the known ones as they are: a chart may name a product that the formulary has withdrawn since."""
    named = {pk for pk in pks if pk is not None}
    found = {pk: known[pk] for pk in named if pk in known}
    missing = named - found.keys()
    return found | rows.in_bulk(missing) if missing else found


def _pauses(pks: Sequence[int]) -> defaultdict[int, list[tuple[object, ...]]]:
    rows = AdministrationPause.objects.filter(administration__encounter__in=pks).order_by("started_at", "pk")
    return _grouped(
        (pk, (begun, ended)) for pk, begun, ended in rows.values_list("administration_id", "started_at", "stopped_at")
    )


def _containers(pks: Sequence[int]) -> defaultdict[int, list[Opened]]:
    rows = Container.objects.filter(administration__encounter__in=pks).order_by("pk")
    values = rows.values_list("administration_id", "size_amount", "size_unit", "count", "is_single_dose")
    return _grouped((pk, Opened(size, unit, count, single)) for pk, size, unit, count, single in values)


def _addenda(pks: Sequence[int]) -> defaultdict[int, list[Changes]]:
    rows = Addendum.objects.filter(administration__encounter__in=pks).order_by("at", "pk")
    return _grouped(rows.values_list("administration_id", "changes"))


def _rows_of(rows: QuerySet[Named], pks: Sequence[int]) -> QuerySet[Named]:
    return rows.filter(encounter__in=pks).order_by("pk")


def _grouped(pairs: Iterable[tuple[int, Row]]) -> defaultdict[int, list[Row]]:
    groups: defaultdict[int, list[Row]] = defaultdict(list)
    for key, row in pairs:
        groups[key].append(row)
    return groups
