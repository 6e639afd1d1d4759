"""Who a session belongs to, read with what they may do in one query: every page needs both."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Permission, User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat


class PermissionsAtOnce:
    """Before a backend of Django's kind: the person of a session comes with their permissions, as of now."""

    def get_user(self, user_id: Any) -> User | None:
        """The active person of that id, None where there is none."""
        found = User.objects.annotate(held_permissions=ArraySubquery(_permissions())).filter(pk=user_id).first()
        if found is None or not found.is_active:
            return None
        if not found.is_superuser:
            # Where Django itself keeps what it has read, for as long as the object lives.
            found._perm_cache = set(found.held_permissions)  # type: ignore[attr-defined]  # noqa: SLF001
        return found


class PeopleWithPermissions(PermissionsAtOnce, AuthenticationBackend):
    """Signs in as allauth does, whose own backend would ask for the person and then twice for permissions."""


def _permissions() -> QuerySet[Any]:
    """What a person may do by themselves or by their groups, in Django's spelling: application.permission."""
    of_person = Q(user=OuterRef("pk")) | Q(group__user=OuterRef("pk"))
    spelled = Concat(F("content_type__app_label"), Value("."), F("codename"))
    return Permission.objects.filter(of_person).order_by().annotate(spelled=spelled).values("spelled")
