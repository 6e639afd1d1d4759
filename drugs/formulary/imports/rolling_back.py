"""Rolling an import back: one more release, which restores what stood before."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from drugs.consequences import code_again
from drugs.formulary.imports.permission import UnableToWorkOnImport, ask_permission, locked, record
from drugs.formulary.imports.proposing import counted
from drugs.formulary.imports.publishing import write
from drugs.formulary.imports.tables import TABLES
from drugs.formulary.imports.writing import Writes
from drugs.formulary.releases import copy_of, wait_for_other_writers
from drugs.models import FormularyImport, FormularyRelease, ImportAct, ImportState


class UnableToRollBack(UnableToWorkOnImport):
    """The import cannot be rolled back; the message says why. Nothing has changed."""


@transaction.atomic
def roll_back(*, formulary_import: FormularyImport, by: User, at: datetime, reason: str) -> FormularyRelease:
    """Return the release that withdraws what the import brought and lets stand again what it withdrew.

    Raises `UnableToRollBack` where it is not published, without a reason, and where a later release has built on a
    row of it: that one has to be rolled back first.
    """
    ask_permission(by)
    wait_for_other_writers()
    current = locked(formulary_import)
    published = current.release
    if current.state != ImportState.PUBLISHED or published is None:
        msg = f"{current} is {current.get_state_display().lower()}."
        raise UnableToRollBack(msg)
    if not reason.strip():
        msg = "Say why it is rolled back."
        raise UnableToRollBack(msg)
    _check_untouched(published)
    release = FormularyRelease.objects.create(
        kind=FormularyRelease.Kind.ROLL_BACK,
        name=f"Rolled back {current}"[:200],
        file_name=current.file_name,
        sha256=current.sha256,
        effective_date=published.effective_date,
        imported_at=at,
        imported_by_name=by.get_username(),
        source=f"Roll-back of version {published.version}",
        note=reason,
    )
    try:
        with transaction.atomic():
            _restore(published, release)
    except IntegrityError as error:
        msg = "A later release speaks for dates that would have to be restored. Roll that one back first."
        raise UnableToRollBack(msg) from error
    record(formulary_import=current, verb=ImportAct.Verb.ROLLED_BACK, by=by, at=at, reason=reason)
    current.state, current.state_at, current.rolled_back_by = ImportState.ROLLED_BACK, at, release
    current.save(update_fields=["state", "state_at", "rolled_back_by"])
    ids, since = counted(current)
    code_again(encounter_ids=ids, since=since, reason=f"Rolled back {current}", by=by, at=at)
    return release


def _check_untouched(published: FormularyRelease) -> None:
    later: set[int] = set()
    for table in TABLES.values():
        touched = table.model.objects.filter(release=published, withdrawn_by__isnull=False)
        later.update(touched.values_list("withdrawn_by", flat=True).distinct())
    if later:
        releases = FormularyRelease.objects.filter(pk__in=later).order_by("-pk")
        named = "; ".join(f"{release.name} ({release.version})" for release in releases[:3])
        msg = f"Later releases changed rows that this one brought: {named}. Roll those back first, the newest first."
        raise UnableToRollBack(msg)


def _restore(published: FormularyRelease, release: FormularyRelease) -> None:
    for which, table in TABLES.items():
        brought = {row.pk: row for row in table.model.objects.filter(release=published)}
        gave_way = table.model.objects.filter(withdrawn_by=published).order_by("pk")
        restored = [copy_of(row, release_id=release.pk) for row in gave_way]
        write(which, Writes(brought, restored), release)
