"""Reading a file and comparing it, in the background. What is found appears whole or not at all.

A worker that dies leaves the import as it was; the next one begins anew. Two workers at once: the second goes away.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import structlog
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Q
from django.utils.timezone import localdate

from drugs.cms.files import CmsFile, FileKind, Quarter, Row, UnableToReadFile, open_file
from drugs.cms.rows import CrosswalkRow, HcpcsRow, NdcPackageRow, PriceRow, StatusRow
from drugs.dates import written
from drugs.formulary.imports.codes import compare_hcpcs, compare_prices, compare_statuses
from drugs.formulary.imports.comparing import Comparison
from drugs.formulary.imports.packages import compare_crosswalk, compare_fda_packages
from drugs.formulary.imports.permission import UnableToWorkOnImport, ask_permission, locked, record
from drugs.formulary.imports.receiving import kept_file
from drugs.models import (
    ConflictKind,
    Decision,
    FormularyImport,
    FormularyRelease,
    ImportAct,
    ImportConflict,
    ImportDifference,
    ImportState,
)
from drugs.models.imports import WAITING_FOR_PEOPLE, WAITING_FOR_WORKER

log = structlog.get_logger(__name__)

NUDGE_AGAIN_AFTER = timedelta(seconds=60)
"""A nudge that was answered by nobody for so long is taken for lost."""
ATTEMPTS = 3
"""How often a worker may die over the same file before it is refused."""
PROBLEMS_KEPT = 500
PROGRESS_EVERY = 500
PROGRESS_LASTS_SECONDS = 15 * 60


def read(*, import_id: int, at: datetime) -> bool:
    """Read and compare the import if it waits for that; return whether it was this call that finished it.

    A file that cannot be read is refused with place and reason, and nothing else has changed.
    """
    if not _begin(import_id, at):
        return False
    try:
        with transaction.atomic():
            formulary_import = (
                FormularyImport.objects.select_for_update(of=("self",), skip_locked=True)
                .filter(pk=import_id, state=ImportState.READING)
                .first()
            )
            if formulary_import is None:
                return False
            if formulary_import.attempts > ATTEMPTS:
                _refuse(import_id, at, "", f"Reading it broke off {ATTEMPTS} times; the log of the worker says why.")
                return False
            _read(formulary_import, at)
    except UnableToReadFile as error:
        _refuse(import_id, at, error.where, error.why)
        return False
    finally:
        cache.delete(_progress_key(import_id))
    return True


@transaction.atomic
def _begin(import_id: int, at: datetime) -> bool:
    """Count the attempt where all can see it; False where the import waits for no worker or has one."""
    waiting = (
        FormularyImport.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=import_id, state__in=WAITING_FOR_WORKER)
        .first()
    )
    if waiting is None:
        return False
    waiting.state, waiting.state_at, waiting.attempts = ImportState.READING, at, waiting.attempts + 1
    waiting.save(update_fields=["state", "state_at", "attempts"])
    return True


def _refuse(import_id: int, at: datetime, place: str, why: str) -> None:
    log.info("import refused", formulary_import=import_id, place=place)
    FormularyImport.objects.filter(pk=import_id, state=ImportState.READING).update(
        state=ImportState.REFUSED, state_at=at, error=why[:1000], error_place=place[:200]
    )


@dataclass(slots=True)
class _Counted:
    """How many rows passed by."""

    rows: int = 0


def _read(formulary_import: FormularyImport, at: datetime) -> None:
    head = FormularyRelease.objects.order_by("-pk").first()
    comparison = Comparison(formulary_import, number=formulary_import.round + 1)
    counted = _Counted()
    with kept_file(formulary_import) as kept:
        file = open_file(
            kept,  # type: ignore[arg-type]  # IO[bytes] is what a temporary file is called
            name=formulary_import.file_name,
            kind=FileKind(formulary_import.kind),
            quarter=Quarter.of(formulary_import.effective_from),
        )
        _compare(comparison, file, _followed(file, formulary_import.pk, counted))
    if not counted.rows:
        raise UnableToReadFile("", "The file has no rows.")
    comparison.flush()
    formulary_import.title = file.title[:300]
    formulary_import.rows_read = counted.rows
    formulary_import.rows_dropped = dict(file.dropped)
    formulary_import.problems = [problem._asdict() for problem in file.problems[:PROBLEMS_KEPT]]
    formulary_import.problem_count = len(file.problems)
    _report_retroactive(formulary_import, comparison.round)
    _carry_decisions_over(formulary_import, comparison.round)
    formulary_import.round = comparison.round
    formulary_import.compared_with = head
    formulary_import.compared_at = at
    formulary_import.state = state_of(formulary_import)
    formulary_import.state_at = at
    formulary_import.affected = None
    formulary_import.save()


def _compare(comparison: Comparison, file: CmsFile, rows: Iterator[Row]) -> None:
    dropped: Counter[str] = file.dropped
    match comparison.kind:
        case FileKind.ASP_PRICING:
            compare_prices(comparison, cast("Iterator[PriceRow]", rows), dropped)
        case FileKind.HCPCS:
            compare_hcpcs(comparison, cast("Iterator[HcpcsRow]", rows), dropped)
        case FileKind.ADDENDUM_B:
            compare_statuses(comparison, cast("Iterator[StatusRow]", rows), dropped)
        case FileKind.ASP_CROSSWALK | FileKind.NOC_CROSSWALK:
            compare_crosswalk(comparison, cast("Iterator[CrosswalkRow]", rows), dropped)
        case FileKind.NDC_PACKAGE:
            compare_fda_packages(comparison, cast("Iterator[NdcPackageRow]", rows), dropped)
        case _:
            raise UnableToReadFile("", f"The formulary keeps nothing of a file of the kind {comparison.kind.label}.")


def _followed(file: CmsFile, import_id: int, counted: _Counted) -> Iterator[Row]:
    """Yield the rows and let others see how far it got; the transaction hides everything else until it is done."""
    for row in file.rows:
        counted.rows += 1
        if counted.rows % PROGRESS_EVERY == 0:
            cache.set(_progress_key(import_id), counted.rows, timeout=PROGRESS_LASTS_SECONDS)
        yield row


def progress_of(formulary_import: FormularyImport) -> int:
    """Return how many rows of an import in the hands of a worker were read so far."""
    rows: int = cache.get(_progress_key(formulary_import.pk), 0)
    return rows


def _progress_key(import_id: int) -> str:
    return f"drugs:import:{import_id}:rows"


def _report_retroactive(formulary_import: FormularyImport, number: int) -> None:
    if not formulary_import.is_retroactive:
        return
    sent = written(localdate(formulary_import.requested_at))
    text = (
        f"Dates of service from {written(formulary_import.effective_from)} lie before {sent}, when the file was sent. "
        "Accepted encounters that would be coded otherwise are listed; none is changed."
    )
    ImportConflict.objects.create(
        formulary_import=formulary_import, round=number, kind=ConflictKind.RETROACTIVE, text=text
    )


def _carry_decisions_over(formulary_import: FormularyImport, number: int) -> None:
    """A row that says the same as in the round before keeps what was decided on it."""
    if not formulary_import.round:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE drugs_importdifference AS new SET decision = old.decision, first_by_id = old.first_by_id
            FROM drugs_importdifference AS old
            WHERE new.formulary_import_id = %(pk)s AND new.round = %(new)s
              AND old.formulary_import_id = %(pk)s AND old.round = %(old)s
              AND (new."group", new."table", new.code, new.ndc) = (old."group", old."table", old.code, old.ndc)
              AND new.before IS NOT DISTINCT FROM old.before AND new.after IS NOT DISTINCT FROM old.after
            """,
            {"pk": formulary_import.pk, "new": number, "old": formulary_import.round},
        )


def state_of(formulary_import: FormularyImport) -> ImportState:
    """Return whether nothing or something of an open import was decided; see that `round` is set before."""
    decided = ImportDifference.objects.filter(formulary_import=formulary_import, round=formulary_import.round).exclude(
        decision=Decision.OPEN
    )
    return ImportState.IN_PART if decided.exists() else ImportState.DIFFERENCES


@transaction.atomic
def compare_again(*, formulary_import: FormularyImport, by: User, at: datetime) -> FormularyImport:
    """Have the kept file compared with the formulary as it is now; what was decided stays where nothing differs.

    Whoever calls tells a worker on commit. Raises `UnableToWorkOnImport` where the import is not open.
    """
    ask_permission(by)
    current = locked(formulary_import)
    if current.state not in WAITING_FOR_PEOPLE:
        msg = f"{current} is {current.get_state_display().lower()}."
        raise UnableToWorkOnImport(msg)
    record(formulary_import=current, verb=ImportAct.Verb.COMPARED_AGAIN, by=by, at=at)
    current.state, current.state_at, current.attempts, current.nudged_at = ImportState.RECEIVED, at, 0, None
    current.save(update_fields=["state", "state_at", "attempts", "nudged_at"])
    return current


@transaction.atomic
def waiting_for_a_worker(*, at: datetime) -> list[int]:
    """Return the imports whose nudge was lost or whose worker died, each to one caller only."""
    overdue = Q(nudged_at__lte=at - NUDGE_AGAIN_AFTER) | Q(nudged_at__isnull=True, state_at__lte=at - NUDGE_AGAIN_AFTER)
    # One that a worker holds is not lost.
    waiting = FormularyImport.objects.select_for_update(of=("self",), skip_locked=True).filter(
        overdue, state__in=WAITING_FOR_WORKER
    )
    found = [row.pk for row in waiting]
    FormularyImport.objects.filter(pk__in=found).update(nudged_at=at)
    return found
