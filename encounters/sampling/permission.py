"""Who may draw, read and export samples."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from encounters.audit.blinding import AUDIT


def require(user: User) -> None:
    """Raise PermissionDenied for a user who may not audit."""
    if not user.has_perm(AUDIT):
        message = "Samples need the permission “audit reviews”."
        raise PermissionDenied(message)
