"""People, groups and tokens in the administration: who may do what is changed here, and every change recorded."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from rest_framework.authtoken.admin import TokenAdmin
from rest_framework.authtoken.models import TokenProxy

from encounters.audit import Tag
from encounters.recorded_admin import Recorded

HTTP_FOUND = 302

admin.site.unregister((User, Group, TokenProxy))


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
