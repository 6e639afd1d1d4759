"""Reads: what was sent in, and what of it was refused."""

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet

from encounters.intake.permission import require_permission
from encounters.models import IntakeBatch, IntakeRefusal
from encounters.sites import is_bound


def batches(*, user: User) -> QuerySet[IntakeBatch]:
    """Files and messages, newest first; `open_refusals` counts those that hold an encounter back.

    Whoever works for some sites only sees what they sent themselves: a file may hold any site's. Raises
    PermissionDenied for a user who may not take in.
    """
    require_permission(user)
    is_open = Q(refusals__settled_at__isnull=True, refusals__encounter__isnull=False)
    return (
        IntakeBatch.objects.filter(~Q(is_bound(user)) | Q(actor=user.pk))
        .select_related("actor")
        .annotate(open_refusals=Count("refusals", filter=is_open))
        .order_by("-pk")
    )


def refusals(*, batch: IntakeBatch, user: User) -> QuerySet[IntakeRefusal]:
    """The refused records of a batch in the order of the file. Raises PermissionDenied as `batches` does."""
    require_permission(user)
    return batch.refusals.select_related("encounter").order_by("line", "pk")
