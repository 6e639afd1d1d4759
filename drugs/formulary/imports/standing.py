"""The formulary as it stands on the first date that a file speaks for, to hold the file's rows against."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import Q

from drugs.cms.files import FileKind
from drugs.formulary.imports.tables import TABLES, Key, Table, Values, to_json
from drugs.formulary.starter import SPEAKS_FOR
from drugs.models import (
    DifferenceTable,
    FormularyImport,
    FormularyRelease,
    ImportState,
)


class StandingRow(NamedTuple):
    """A row in force on the date, or for a price the row of the same quarter."""

    pk: int
    values: Values
    since: date
    until: date | None
    source: str
    is_by_hand: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """The rows of one table."""

    table: Table
    rows: dict[Key, StandingRow]
    next_from: dict[Key, date]
    """Where the next row of the same key begins after the date."""
    earlier: dict[Key, Values]
    """Of a quarterly table, what the latest quarter before said."""
    seen: set[Key]
    """Keys of `rows` that the file has named."""

    def until(self, key: Key, *, said_later: date | None) -> date | None:
        """Return where something said of `key` from the date on has to end."""
        row = self.rows.get(key)
        ends = (said_later, self.next_from.get(key), row.until if row else None)
        return min((end for end in ends if end), default=None)

    def unseen(self) -> list[StandingRow]:
        """Rows that the file did not name."""
        return [row for key, row in self.rows.items() if key not in self.seen]


def read_standing(which: DifferenceTable, *, on: date) -> Standing:
    """Return what stands in a table on `on`. Plain values: tens of thousands of model instances would take seconds."""
    table = TABLES[which]
    standing = Standing(table, {}, {}, {}, set())
    columns = (*table.key, *table.said)
    current = table.model.objects.current()
    if table.is_quarterly:
        rows = current.filter(effective_from__lte=on)
    else:
        rows = current.filter(Q(effective_until__isnull=True) | Q(effective_until__gt=on))
    latest: dict[Key, date] = {}
    for pk, since, until, source, kind, *cells in rows.values_list(
        "pk", "effective_from", "effective_until", "source", "release__kind", *columns
    ).iterator(chunk_size=2000):
        key = tuple(cells[: len(table.key)])
        if since > on:
            standing.next_from[key] = min(since, standing.next_from.get(key, date.max))
            continue
        values: Values = {column: to_json(cell) for column, cell in zip(columns, cells, strict=True)}
        if not table.is_quarterly or since == on:
            is_by_hand = kind == FormularyRelease.Kind.HAND
            standing.rows[key] = StandingRow(pk, values, since, until, source, is_by_hand)
        elif since > latest.get(key, date.min):
            latest[key] = since
            standing.earlier[key] = values
    return standing


def said_later(formulary_import: FormularyImport) -> date | None:
    """Return the first date from which a later file of the same kind speaks already, None where there is none.

    A quarter that comes in late must not overrun the quarters after it.
    """
    published = FormularyImport.objects.filter(
        kind=formulary_import.kind, state=ImportState.PUBLISHED, effective_from__gt=formulary_import.effective_from
    ).order_by("effective_from")
    dates = list(published.values_list("effective_from", flat=True)[:1])
    starter = SPEAKS_FOR.get(FileKind(formulary_import.kind))
    if starter and starter > formulary_import.effective_from and _has_starter():
        dates.append(starter)
    return min(dates, default=None)


def _has_starter() -> bool:
    return FormularyRelease.objects.filter(kind=FormularyRelease.Kind.SEED).exists()
