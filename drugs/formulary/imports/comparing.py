"""Holding a file's rows, one at a time, against the formulary as it stands on the first date that the file speaks for.

What is kept in memory grows with the formulary and not with the file: differences go to their table as they are found.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Min, QuerySet

from drugs.cms.files import FileKind
from drugs.dates import written
from drugs.formulary.imports.standing import Standing, StandingRow, read_standing, said_later
from drugs.formulary.imports.tables import LINEAGE, TABLES, Json, Key, Values
from drugs.models import ConflictKind, DifferenceTable, FormularyImport, Group, ImportConflict, ImportDifference
from drugs.models.imports import SECOND_APPROVER
from drugs.models.package import format_ndc

BATCH = 1000
DEFAULTS: dict[DifferenceTable, Values] = {
    DifferenceTable.MEANING: {"counted_ingredient": "", "is_unclassified": False, "replaced_by_id": None},
    DifferenceTable.STATUS: {"apc": "", "payment_rate": None, "pass_through_until": None},
    DifferenceTable.PACKAGE: {"drug_id": None, "product_id": None, "is_single_dose": None},
}
"""What a new row says where its file is silent."""


class Subject(NamedTuple):
    """What a row is about, for people."""

    code: str = ""
    ndc: str = ""
    name: str = ""
    line: int | None = None


class Groups(NamedTuple):
    """In which group a row goes by what happens to it."""

    new: Group
    changed: Group
    same: Group | None = None
    """Of a quarterly table: said again for the new quarter."""


class Comparison:
    """One round of one import: collects differences and conflicts."""

    def __init__(self, formulary_import: FormularyImport, *, number: int) -> None:
        """Round `number` of `formulary_import`."""
        self.formulary_import = formulary_import
        self.kind = FileKind(formulary_import.kind)
        self.round = number
        self.on: date = formulary_import.effective_from
        self.said_later = said_later(formulary_import)
        self._standing: dict[DifferenceTable, Standing] = {}
        self._differences: list[ImportDifference] = []
        self._conflicts: list[ImportConflict] = []

    def standing(self, which: DifferenceTable) -> Standing:
        """Return the rows of a table, read once."""
        if which not in self._standing:
            self._standing[which] = read_standing(which, on=self.on)
        return self._standing[which]

    def found(self) -> QuerySet[ImportDifference]:
        """Return the differences that are stored so far, all of them after `flush`."""
        return ImportDifference.objects.filter(formulary_import=self.formulary_import, round=self.round)

    def propose(
        self, which: DifferenceTable, key: Key, said: Mapping[str, Json], *, groups: Groups, subject: Subject
    ) -> StandingRow | None:
        """Hold what the file says of `key` against what stands, and return that."""
        standing = self.standing(which)
        row = standing.rows.get(key)
        identity = dict(zip(standing.table.key, key, strict=True))
        if row is None:
            before = standing.earlier.get(key)
            after = DEFAULTS.get(which, {}) | identity | dict(said)
            group = groups.new if before is None else groups.changed if before != after else groups.same
            self.differ(which, group or groups.changed, key, after=after, before=before, subject=subject)
            return None
        after = row.values | dict(said)
        if key in standing.seen:
            if after != row.values:
                self.conflict(ConflictKind.TWICE, subject, f"{_called(subject)} is listed twice, not the same way.")
            return row
        standing.seen.add(key)
        if after != row.values:
            self.change(which, groups.changed, key, row, after=after, subject=subject)
        return row

    def change(
        self,
        which: DifferenceTable,
        group: Group,
        key: Key,
        row: StandingRow,
        *,
        after: Values | None,
        subject: Subject,
        on: date | None = None,
        needs_own_decision: bool = False,
    ) -> None:
        """`row` would say `after` instead from `on`, or end where that is None."""
        if row.is_by_hand:
            since = written(row.since)
            text = f"{_called(subject)} was set by hand from {since} ({row.source}); the file would overrule that."
            self.conflict(ConflictKind.BY_HAND, subject, text, is_to_settle=True)
        self.differ(
            which,
            group,
            key,
            after=after,
            before=row.values
            | {
                "effective_from": row.since.isoformat(),
                "effective_until": row.until.isoformat() if row.until else None,
                "source": row.source,
            },
            standing_id=row.pk,
            subject=subject,
            on=on,
            needs_own_decision=needs_own_decision or row.is_by_hand,
        )

    def differ(
        self,
        which: DifferenceTable,
        group: Group,
        key: Key,
        *,
        after: Values | None,
        before: Values | None,
        subject: Subject,
        standing_id: int | None = None,
        on: date | None = None,
        needs_own_decision: bool = False,
    ) -> None:
        """Keep one difference."""
        self._differences.append(
            ImportDifference(
                formulary_import=self.formulary_import,
                round=self.round,
                group=group,
                table=which,
                code=subject.code,
                ndc=subject.ndc,
                name=subject.name[:200],
                line=subject.line,
                standing_id=standing_id,
                before=before,
                after=after,
                effective_from=on or self.on,
                effective_until=self._until(which, key),
                needs_second=group in SECOND_APPROVER,
                needs_own_decision=needs_own_decision,
            )
        )
        if len(self._differences) >= BATCH:
            self.flush()

    def end_unseen(self, which: DifferenceTable, group: Group) -> None:
        """Whatever a file of this kind brought and this one no longer lists would end."""
        for key, row in self.ended(which):
            self.change(which, group, key, row, after=None, subject=self.subject_of(which, row))

    def ended(self, which: DifferenceTable) -> list[tuple[Key, StandingRow]]:
        """Return the rows of this kind of file that this one does not list."""
        standing = self.standing(which)
        return [
            (key, row)
            for key, row in standing.rows.items()
            if key not in standing.seen and row.source.startswith(LINEAGE[self.kind])
        ]

    def subject_of(self, which: DifferenceTable, row: StandingRow) -> Subject:
        """Return what a standing row is about."""
        values = row.values
        return Subject(
            code=str(values.get("hcpcs_id") or ""),
            ndc=str(values.get("ndc") or ""),
            name=str(values.get("label") or values.get("name") or ""),
        )

    def conflict(self, kind: ConflictKind, subject: Subject, text: str, *, is_to_settle: bool = False) -> None:
        """Keep one conflict."""
        self._conflicts.append(
            ImportConflict(
                formulary_import=self.formulary_import,
                round=self.round,
                kind=kind,
                code=subject.code,
                ndc=subject.ndc,
                line=subject.line,
                text=text[:500],
                is_to_settle=is_to_settle,
            )
        )
        if len(self._conflicts) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Store what is in hand."""
        ImportDifference.objects.bulk_create(self._differences)
        ImportConflict.objects.bulk_create(self._conflicts)
        self._differences.clear()
        self._conflicts.clear()

    def settle_repeated(self) -> None:
        """Of new rows that the file lists twice the first stays; that they differ is a conflict."""
        self.flush()
        new = self.found().filter(standing_id__isnull=True)
        repeated = (
            new.values("table", "code", "ndc")
            .annotate(number=Count("pk"), first=Min("pk"))
            .filter(number__gt=1)
            .exclude(table=DifferenceTable.PACKAGE)
        )
        packages = (
            new.filter(table=DifferenceTable.PACKAGE)
            .values("table", "ndc")
            .annotate(number=Count("pk"), first=Min("pk"))
            .filter(number__gt=1)
        )
        for each in (*repeated, *packages):
            first = new.get(pk=each["first"])
            others = new.filter(table=first.table, ndc=first.ndc).exclude(pk=first.pk)
            if first.table != DifferenceTable.PACKAGE:
                others = others.filter(code=first.code)
            for other in others:
                if other.after != first.after:
                    subject = Subject(other.code, other.ndc, other.name, other.line)
                    text = f"{_called(subject)} is listed in lines {first.line} and {other.line}, not the same way."
                    self.conflict(ConflictKind.TWICE, subject, f"{text} The first stays.", is_to_settle=True)
                    new.filter(pk=first.pk).update(needs_own_decision=True)
            others.delete()
        self.flush()

    def _until(self, which: DifferenceTable, key: Key) -> date | None:
        if TABLES[which].is_quarterly:
            return self.formulary_import.effective_until
        return self.standing(which).until(key, said_later=self.said_later)


def _called(subject: Subject) -> str:
    return " ".join(filter(None, (format_ndc(subject.ndc) if subject.ndc else "", subject.code))) or subject.name
