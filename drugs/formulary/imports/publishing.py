"""Publishing what was approved, as one release."""

from collections import Counter
from datetime import datetime
from itertools import islice

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from drugs.consequences import code_again
from drugs.formulary.imports.permission import UnableToWorkOnImport, ask_permission, locked, record
from drugs.formulary.imports.proposing import counted, is_counted
from drugs.formulary.imports.tables import LINEAGE, TABLES
from drugs.formulary.imports.writing import Writes, writes_of
from drugs.formulary.releases import wait_for_other_writers
from drugs.models import (
    Decision,
    DifferenceTable,
    FormularyImport,
    FormularyRelease,
    Group,
    HcpcsCode,
    ImportAct,
    ImportDifference,
    ImportState,
)
from drugs.models.file_kind import FileKind
from drugs.models.imports import WAITING_FOR_PEOPLE

NAMED = 400
"""How many withheld rows a release names one by one; the import lists them all."""


class UnableToPublish(UnableToWorkOnImport):
    """The import cannot be published as it stands; the message says why. Nothing has changed."""


@transaction.atomic
def publish(*, formulary_import: FormularyImport, by: User, at: datetime, reason: str = "") -> FormularyRelease:
    """Return the release that holds what was approved. What was withheld is named in it.

    The open encounters that it changes, which are known by then, are coded again.

    Raises `UnableToPublish` while a row is undecided or the encounters are being counted, where nothing was approved,
    where the file speaks for dates in the past and no reason is given, and where the formulary has changed under an
    approved row since it was compared.
    """
    ask_permission(by)
    wait_for_other_writers()
    current = locked(formulary_import)
    if current.state not in WAITING_FOR_PEOPLE:
        msg = f"{current} is {current.get_state_display().lower()}."
        raise UnableToPublish(msg)
    rows = ImportDifference.objects.filter(formulary_import=current, round=current.round)
    approved = rows.filter(decision=Decision.APPROVED)
    _check(current, rows, approved, reason)
    if not is_counted(current):
        msg = "The encounters that it would change are still being counted. Publish it once they are."
        raise UnableToPublish(msg)
    withheld = rows.filter(decision=Decision.WITHHELD)
    release = FormularyRelease.objects.create(
        kind=FormularyRelease.Kind.IMPORT,
        name=f"{current}: {approved.count()} rows, {withheld.count()} withheld",
        file_name=current.file_name,
        sha256=current.sha256,
        effective_date=min(approved.order_by("effective_from").values_list("effective_from", flat=True)[:1]),
        imported_at=at,
        imported_by_name=by.get_username(),
        source=f"{LINEAGE[FileKind(current.kind)]}, {current.quarter}",
        note=_note(withheld, reason),
    )
    try:
        with transaction.atomic():
            _write(current, approved, release)
    except IntegrityError as error:
        msg = "Something of this file was written into the formulary by others since. Have it compared again."
        raise UnableToPublish(msg) from error
    record(formulary_import=current, verb=ImportAct.Verb.PUBLISHED, by=by, at=at, reason=reason)
    current.state, current.state_at, current.release = ImportState.PUBLISHED, at, release
    current.save(update_fields=["state", "state_at", "release"])
    _code_open_encounters_again(current, by, at)
    return release


def _code_open_encounters_again(current: FormularyImport, by: User, at: datetime) -> None:
    """Those that were counted, and whoever was coded since; accepted ones stay as they are."""
    ids, since = counted(current)
    code_again(encounter_ids=ids, since=since, reason=f"Published {current}", by=by, at=at)


def _check(
    current: FormularyImport, rows: QuerySet[ImportDifference], approved: QuerySet[ImportDifference], reason: str
) -> None:
    undecided = Counter(rows.values_list("decision", flat=True))
    if undecided[Decision.FIRST]:
        msg = f"{undecided[Decision.FIRST]} rows await a second approver."
        raise UnableToPublish(msg)
    if undecided[Decision.OPEN]:
        msg = f"{undecided[Decision.OPEN]} rows are neither approved nor withheld."
        raise UnableToPublish(msg)
    if not undecided[Decision.APPROVED]:
        msg = "Nothing was approved, so there is nothing to publish. Give the import up instead."
        raise UnableToPublish(msg)
    if current.is_retroactive and not reason.strip():
        msg = "Dates of service in the past would change. Say why."
        raise UnableToPublish(msg)
    head = FormularyRelease.objects.order_by("-pk").first()
    if head != current.compared_with:
        _check_standing(approved)


def _check_standing(approved: QuerySet[ImportDifference]) -> None:
    """Raise where a row that would give way was withdrawn by others since."""
    for which, table in TABLES.items():
        held = approved.filter(table=which, standing_id__isnull=False)
        gone = table.model.objects.filter(pk__in=held.values("standing_id"), withdrawn_by__isnull=False).values_list(
            "pk", flat=True
        )
        if stale := list(held.filter(standing_id__in=list(gone)).values_list("code", "ndc")[:5]):
            named = ", ".join(" ".join(filter(None, each)) for each in stale)
            msg = f"The formulary has changed since under {named}. Have the file compared again."
            raise UnableToPublish(msg)


def _write(current: FormularyImport, approved: QuerySet[ImportDifference], release: FormularyRelease) -> None:
    codes = set(approved.exclude(code="").values_list("code", flat=True))
    for after in approved.filter(group=Group.CODE_ENDED, after__isnull=False).values_list("after", flat=True):
        codes.update(filter(None, [dict(after or {}).get("replaced_by_id")]))
    HcpcsCode.objects.bulk_create((HcpcsCode(code=code) for code in sorted(codes)), ignore_conflicts=True)
    for which, writes in writes_of(current, approved.order_by("pk").iterator(chunk_size=2000), release_id=release.pk):
        write(which, writes, release)


def write(which: DifferenceTable, writes: Writes, release: FormularyRelease) -> None:
    """Let rows give way to others, in bulk, as `release`."""
    model = TABLES[which].model
    model.objects.filter(pk__in=writes.withdrawn).update(withdrawn_by=release)
    model.objects.bulk_create(writes.added, batch_size=1000)


def _note(withheld: QuerySet[ImportDifference], reason: str) -> str:
    parts = [reason.strip()] if reason.strip() else []
    named = [
        f"{Group(group).label}: {' '.join(filter(None, (ndc, code)))}"
        for group, code, ndc in islice(withheld.order_by("pk").values_list("group", "code", "ndc"), NAMED)
    ]
    if named:
        more = withheld.count() - len(named)
        parts.append(f"Withheld: {'; '.join(named)}{f'; and {more} more' if more else ''}.")
    return "\n".join(parts)
