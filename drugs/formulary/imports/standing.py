"""The formulary as it stands on the first date that a file speaks for, to hold the file's rows against."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import F, Q

from drugs.cms.files import FileKind
from drugs.formulary.imports.tables import TABLES, Key, Table, Values, key_of, values_of
from drugs.formulary.starter import SPEAKS_FOR
from drugs.models import (
    DatedRow,
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
    """Return what stands in a table on `on`."""
    table = TABLES[which]
    standing = Standing(table, {}, {}, {}, set())
    current = table.model.objects.current().annotate(release_kind=F("release__kind"))
    if table.is_quarterly:
        latest: dict[Key, date] = {}
        for row in current.filter(effective_from__lte=on).iterator(chunk_size=2000):
            key = key_of(table, row)
            if row.effective_from == on:
                standing.rows[key] = _standing(table, row)
            elif row.effective_from > latest.get(key, date.min):
                latest[key] = row.effective_from
                standing.earlier[key] = values_of(table, row)
        return standing
    ahead = current.filter(Q(effective_until__isnull=True) | Q(effective_until__gt=on))
    for row in ahead.iterator(chunk_size=2000):
        key = key_of(table, row)
        if row.effective_from <= on:
            standing.rows[key] = _standing(table, row)
        else:
            standing.next_from[key] = min(row.effective_from, standing.next_from.get(key, date.max))
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


def _standing(table: Table, row: DatedRow) -> StandingRow:
    return StandingRow(
        pk=row.pk,
        values=values_of(table, row),
        since=row.effective_from,
        until=row.effective_until,
        source=row.source,
        is_by_hand=getattr(row, "release_kind", "") == FormularyRelease.Kind.HAND,
    )
