"""Reads: what was sent in, and what of it was refused."""

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet

from encounters.intake.permission import require_permission
from encounters.models import IntakeBatch, IntakeRefusal


def batches(*, user: User) -> QuerySet[IntakeBatch]:
    """Files and messages, newest first; `open_refusals` counts those that hold an encounter back.

    Raises PermissionDenied for a user who may not take in.
    """
    require_permission(user)
    is_open = Q(refusals__settled_at__isnull=True, refusals__encounter__isnull=False)
    return (
        IntakeBatch.objects.select_related("actor")
        .annotate(open_refusals=Count("refusals", filter=is_open))
        .order_by("-pk")
    )


def refusals(*, batch: IntakeBatch, user: User) -> QuerySet[IntakeRefusal]:
    """The refused records of a batch in the order of the file. Raises PermissionDenied as `batches` does."""
    require_permission(user)
    return batch.refusals.select_related("encounter").order_by("line", "pk")
