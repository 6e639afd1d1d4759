"""People, groups and tokens in the administration: who may do what is changed here, and every change recorded.

The sign-in library's own pages are shut: they would show seeds, and leave no event.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from rest_framework.authtoken.admin import TokenAdmin
from rest_framework.authtoken.models import TokenProxy

from encounters.admin import ReadOnlyAdmin
from encounters.audit import Tag
from encounters.recorded_admin import Recorded

HTTP_FOUND = 302

admin.site.unregister((User, Group, TokenProxy))
admin.site.unregister((EmailAddress, SocialApp, SocialAccount, SocialToken, Authenticator))


@admin.register(User)
class RecordedUserAdmin(Recorded, UserAdmin):
    """People."""

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 (Django's)
        """Another one's password, set."""
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == HTTP_FOUND:
            self._note(request, Tag.RECORD_CHANGED, id, after={"password": "(withheld)"})
        return response


@admin.register(Group)
class RecordedGroupAdmin(Recorded, GroupAdmin):
    """Groups and their permissions."""


@admin.register(TokenProxy)
class RecordedTokenAdmin(Recorded, TokenAdmin):
    """Tokens of other systems."""

    def get_queryset(self, request: HttpRequest) -> Any:  # Django's query sets are generic
        """With their users."""
        return super().get_queryset(request).select_related("user")


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    """Second factors without their seeds; one that is lost is deleted, after proof in person."""

    list_display = ("user", "type", "created_at", "last_used_at")
    fields = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    ordering = ("user__username", "type")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """For superusers; the event tells whose it was."""
        return bool(getattr(request.user, "is_superuser", False))
