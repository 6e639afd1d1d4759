"""Who may send encounters in."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

TAKE_IN = "encounters.take_in"


def require_permission(user: User | None) -> None:
    """Raise PermissionDenied for a user who may not take in; None is the operator at the machine itself."""
    if user is not None and not user.has_perm(TAKE_IN):
        msg = "Taking in encounters needs the permission “take in” (coder, lead, interface, operator)."
        raise PermissionDenied(msg)
