"""Who may read encounters."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

READ = "encounters.view_encounter"


def require(user: User) -> None:
    """Raise PermissionDenied for a user who may not read encounters."""
    if not user.has_perm(READ):
        message = "Reading encounters needs the permission “view encounter”."
        raise PermissionDenied(message)
