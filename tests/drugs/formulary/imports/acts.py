"""Acts on imports as tests do them."""

import io
from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet

from drugs.cms.files import FileKind, Quarter
from drugs.formulary import imports
from drugs.models import FormularyImport, Group, ImportDifference
from tests import personas
from tests.factories.users import UserFactory

AT = datetime(2025, 6, 20, 15, 0, tzinfo=UTC)
"""Before the third quarter of 2025 begins, so that its files change no date in the past."""


def second_person() -> User:
    """Keeps the formulary too."""
    known = User.objects.filter(username="dana").first()
    return known or UserFactory.create(username="dana", groups=["formulary_admin"])


def sent(content: bytes, *, kind: FileKind, quarter: str, at: datetime = AT) -> FormularyImport:
    """An import that is received and not yet read."""
    return imports.receive_file(
        file=io.BytesIO(content),
        file_name=f"{kind}.csv",
        kind=kind,
        quarter=Quarter.parse(quarter),
        by=personas.cleo(),
        at=at,
    )


def compared(content: bytes, *, kind: FileKind, quarter: str = "2025Q3", at: datetime = AT) -> FormularyImport:
    """An import that is read and compared, or refused."""
    formulary_import = sent(content, kind=kind, quarter=quarter, at=at)
    imports.read(import_id=formulary_import.pk, at=at)
    formulary_import.refresh_from_db()
    return formulary_import


def all_approved(formulary_import: FormularyImport, *, at: datetime = AT) -> None:
    """Two people approve every row."""
    for who in (personas.cleo(), second_person()):
        for group in sorted(set(found(formulary_import).values_list("group", flat=True))):
            try:
                imports.approve(
                    formulary_import=formulary_import,
                    by=who,
                    at=at,
                    group=Group(group),
                    with_conflicts=True,
                    reason="as published",
                )
            except imports.UnableToDecide:
                continue


def published(content: bytes, *, kind: FileKind, quarter: str = "2025Q3", at: datetime = AT) -> FormularyImport:
    """An import that is approved as a whole and published."""
    formulary_import = compared(content, kind=kind, quarter=quarter, at=at)
    assert not formulary_import.error, f"{formulary_import.error_place}: {formulary_import.error}"
    all_approved(formulary_import, at=at)
    if not imports.is_counted(formulary_import):
        imports.count_affected(import_id=formulary_import.pk, at=at)
    imports.publish(formulary_import=formulary_import, by=personas.cleo(), at=at, reason="as published")
    formulary_import.refresh_from_db()
    return formulary_import


def found(formulary_import: FormularyImport) -> QuerySet[ImportDifference]:
    """The differences of the last comparison."""
    return ImportDifference.objects.filter(formulary_import=formulary_import, round=formulary_import.round)


def groups(formulary_import: FormularyImport) -> dict[str, list[str]]:
    """What differs, by group: the package, else the code."""
    by_group: dict[str, list[str]] = {}
    for row in found(formulary_import).order_by("group", "code", "ndc"):
        by_group.setdefault(row.group, []).append(row.ndc or row.code)
    return by_group
