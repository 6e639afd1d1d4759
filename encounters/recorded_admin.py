"""The administration's pages, recorded: what was seen, added, changed and deleted, with the values before and after."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from encounters.audit import Tag, access

if TYPE_CHECKING:
    AdminOfModel = admin.ModelAdmin[models.Model]
else:
    # Django's own class takes no type argument at run time.
    AdminOfModel = admin.ModelAdmin

SECRET = frozenset({"password", "password1", "password2", "usable_password", "key"})
WITHHELD = "(withheld)"


class Recorded(AdminOfModel):
    """Every page of a model leaves an event, and every change one with its values."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, seen."""
        self._note(request, Tag.RECORDS_VIEWED, "list")
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One record, seen."""
        if object_id is not None and request.method != "POST":
            self._note(request, Tag.RECORDS_VIEWED, object_id)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The history of one record, seen."""
        self._note(request, Tag.RECORDS_VIEWED, f"history of {object_id}")
        return super().history_view(request, object_id, extra_context)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 (Django's)
        """The record with all that belongs to it is stored, and what changed is in the trail."""
        super().save_related(request, form, formsets, change)
        names = [name for name in form.changed_data if name in form.cleaned_data]
        self._note(
            request,
            Tag.RECORD_CHANGED if change else Tag.RECORD_ADDED,
            str(form.instance.pk),
            before=_told({name: form.initial.get(name) for name in names}) if change else None,
            after=_told({name: form.cleaned_data[name] for name in names}),
        )

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        """One record is deleted, and stands in the trail."""
        with transaction.atomic():
            self._note(request, Tag.RECORD_DELETED, str(obj.pk), before={"name": str(obj)})
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Several records are deleted, and stand in the trail."""
        with transaction.atomic():
            for obj in queryset:
                self._note(request, Tag.RECORD_DELETED, str(obj.pk), before={"name": str(obj)})
            super().delete_queryset(request, queryset)

    def _note(
        self,
        request: HttpRequest,
        tag: Tag,
        which: str,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> None:
        user: Any = request.user
        if user.is_authenticated:
            what = f"{self.opts.verbose_name} {which}"
            access.administered(tag=tag, user=user, at=timezone.now(), what=what, before=before, after=after)


def _told(values: Mapping[str, object]) -> dict[str, object]:
    """The values as JSON takes them; of a secret that it is one."""
    return {name: WITHHELD if name in SECRET else _plain(value) for name, value in values.items()}


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | int | float | bool | date | Decimal):
        return value
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, Iterable):
        return sorted(str(each) for each in value)
    return str(value)
