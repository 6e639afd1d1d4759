"""Who may act on an import, and how an act is written down."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from drugs.models import FormularyImport, ImportAct


class UnableToWorkOnImport(Exception):
    """The base of every refusal of an act on an import; the message is for the person."""


def ask_permission(by: User) -> None:
    """Raise `PermissionDenied` where `by` may not maintain the formulary."""
    if not by.has_perm("drugs.maintain_formulary"):
        msg = "Only those who maintain the formulary may change it."
        raise PermissionDenied(msg)


def locked(formulary_import: FormularyImport) -> FormularyImport:
    """Return the import as it stands now, held until the transaction ends."""
    # Only the row itself: those it refers to are read by everybody.
    return FormularyImport.objects.select_for_update(of=("self",)).get(pk=formulary_import.pk)


def record(
    *,
    formulary_import: FormularyImport,
    verb: ImportAct.Verb,
    by: User,
    at: datetime,
    group: str = "",
    differences: Iterable[int] = (),
    reason: str = "",
) -> ImportAct:
    """Write down what `by` did; call it in the transaction of the act."""
    return ImportAct.objects.create(
        formulary_import=formulary_import,
        verb=verb,
        group=group,
        differences=sorted(differences),
        by=by,
        by_name=by.get_username(),
        at=at,
        reason=reason[:500],
    )
