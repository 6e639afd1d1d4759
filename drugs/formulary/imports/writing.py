"""What differences come to in rows: which give way, which come in. Nothing here touches the database but to read."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from drugs.cms.files import FileKind
from drugs.formulary.imports.tables import LINEAGE, TABLES, Values, row_of
from drugs.formulary.releases import copy_of
from drugs.models import DatedRow, DifferenceTable, FormularyImport, Group, ImportDifference

BATCH = 1000


@dataclass(slots=True)
class Writes:
    """Rows of one table."""

    withdrawn: dict[int, DatedRow] = field(default_factory=dict)
    added: list[DatedRow] = field(default_factory=list)


def writes_of(
    formulary_import: FormularyImport, differences: Iterable[ImportDifference], *, release_id: int | None
) -> Iterator[tuple[DifferenceTable, Writes]]:
    """Yield what `differences` come to, some hundreds at a time; a table may come several times.

    Half-open throughout: a row that gives way stands again until the day before, and again from the day on which
    something later is said already.
    """
    batch: defaultdict[DifferenceTable, list[ImportDifference]] = defaultdict(list)
    for difference in differences:
        which = DifferenceTable(difference.table)
        batch[which].append(difference)
        if len(batch[which]) >= BATCH:
            yield which, _writes(formulary_import, which, batch.pop(which), release_id)
    for which, rest in batch.items():
        yield which, _writes(formulary_import, which, rest, release_id)


def _writes(
    formulary_import: FormularyImport, which: DifferenceTable, batch: list[ImportDifference], release_id: int | None
) -> Writes:
    table = TABLES[which]
    standing = table.model.objects.in_bulk([d.standing_id for d in batch if d.standing_id is not None])
    writes = Writes()
    for difference in batch:
        after = None if difference.group == Group.CODE_ENDED else difference.after
        row = standing.get(difference.standing_id)
        if row is not None:
            writes.withdrawn[row.pk] = row
            writes.added += _remains(row, difference, release_id)
        if after is not None:
            writes.added.append(
                row_of(
                    table,
                    after,
                    release_id=release_id,
                    source=_source(formulary_import, row),
                    since=difference.effective_from,
                    until=difference.effective_until,
                )
            )
    return writes


def _remains(row: DatedRow, difference: ImportDifference, release_id: int | None) -> Iterator[DatedRow]:
    """Yield the parts of `row` before and after the dates of the difference."""
    since, until = difference.effective_from, difference.effective_until
    if row.effective_from < since:
        changes: Values = {}
        if difference.group == Group.CODE_ENDED and difference.after:
            changes = difference.after
        yield copy_of(row, release_id=release_id, effective_until=since, **changes)
    if until is not None and (row.effective_until is None or until < row.effective_until):
        yield copy_of(row, release_id=release_id, effective_from=until)


def _source(formulary_import: FormularyImport, row: DatedRow | None) -> str:
    """Return the source of a new row. What the FDA adds to a package of the crosswalk leaves that its first source."""
    own = f"{LINEAGE[FileKind(formulary_import.kind)]}, {formulary_import.quarter}"
    if row is not None and formulary_import.kind == FileKind.NDC_PACKAGE and not row.source.startswith(own):
        return f"{row.source.split('; dose: ')[0]}; dose: {own}"[:300]
    return own
