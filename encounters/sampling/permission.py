"""Who may draw, read and export samples."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet

from encounters.audit.blinding import AUDIT
from encounters.models import Sample, SampleAudit, SampleItem
from encounters.sites import seen_by


def require(user: User) -> None:
    """Raise PermissionDenied for a user who may not audit."""
    if not user.has_perm(AUDIT):
        message = "Samples need the permission “audit reviews”."
        raise PermissionDenied(message)


def shown_to(user: User) -> QuerySet[Sample]:
    """Samples of encounters that are all of the user's sites, and those in which they audit, of whatever sites.

    Raises PermissionDenied.
    """
    require(user)
    theirs = SampleItem.objects.filter(seen_by(user, "encounter__location")).values("pk")
    elsewhere = SampleItem.objects.filter(sample=OuterRef("pk")).exclude(pk__in=theirs)
    audited = SampleAudit.objects.filter(item__sample=OuterRef("pk"), auditor=user)
    return Sample.objects.filter(~Exists(elsewhere) | Exists(audited))


def require_sample(user: User, sample: Sample) -> None:
    """Raise PermissionDenied for a sample that is not shown to the user."""
    if not shown_to(user).filter(pk=sample.pk).exists():
        message = "This sample holds encounters of sites that you do not work for."
        raise PermissionDenied(message)
