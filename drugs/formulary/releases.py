"""How a release is begun, and how standing rows give way to it."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TypeVar

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection

from drugs.models import DatedRow, FormularyRelease, VersionedRow

DatedRowT = TypeVar("DatedRowT", bound=DatedRow)

WRITER_LOCK = 0x44525547
"""Key of the advisory lock that lets one writer in at a time; the letters DRUG."""


def wait_for_other_writers() -> None:
    """Hold the formulary until the transaction ends, so that a higher release id is always the later version."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITER_LOCK])


def begin_release_by_hand(*, name: str, on: date, by: User, at: datetime, source: str) -> FormularyRelease:
    """Return the release of one act by a person; call it inside the transaction of the act.

    Raises `PermissionDenied` where `by` may not maintain the formulary.
    """
    if not by.has_perm("drugs.maintain_formulary"):
        msg = "Only those who maintain the formulary may change it."
        raise PermissionDenied(msg)
    wait_for_other_writers()
    return FormularyRelease.objects.create(
        kind=FormularyRelease.Kind.HAND,
        name=name[:200],
        effective_date=on,
        imported_at=at,
        imported_by_name=by.get_username(),
        source=source,
    )


def withdraw(row: VersionedRow, *, release: FormularyRelease) -> None:
    """Let `row` stand no longer from `release` on."""
    row.withdrawn_by = release
    row.save(update_fields=["withdrawn_by"])


def end(rows: Iterable[DatedRowT], *, on: date, release: FormularyRelease, **changes: object) -> list[DatedRowT]:
    """Let `rows` hold no longer from `on` on: each is withdrawn, and stands again, shortened, where it began before.

    `changes` are values of the shortened rows. Rows that end before `on` anyway stay as they are. Returns the rows that
    were withdrawn.
    """
    ended = []
    for row in rows:
        if row.effective_until is not None and row.effective_until <= on:
            continue
        withdraw(row, release=release)
        ended.append(row)
        if row.effective_from < on:
            copy_of(row, release_id=release.pk, effective_until=on, **changes).save(force_insert=True)
    return ended


def copy_of(row: DatedRowT, *, release_id: int | None, **changes: object) -> DatedRowT:
    """Return an unsaved row like `row` that belongs to a release, with `changes`."""
    values = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields  # noqa: SLF001 - Django's documented model API
        if not field.primary_key
    }
    return type(row)(**(values | {"release_id": release_id, "withdrawn_by_id": None} | changes))
