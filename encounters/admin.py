"""A window for operators: payers and locations are kept here, everything else is only read.

The chart changes through `encounters.intake`, reviews through `encounters.review`, and the trail not at all.
"""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from encounters.models import (
    AuditEvent,
    CodingRun,
    Encounter,
    IntakeBatch,
    IntakeRefusal,
    Location,
    Payer,
    Review,
    SiteAssignment,
)
from encounters.recorded_admin import Recorded


class ReadOnlyAdmin(Recorded):
    """Shows and never writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is added here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nothing is changed here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nothing is deleted here."""
        return False


@admin.register(Payer)
class PayerAdmin(Recorded):
    """Payers, their policy layer and how long a claim may wait."""

    list_display = ("code", "name", "kind", "policy_layer", "target_days", "filing_limit_days")
    ordering = ("code",)


@admin.register(Location)
class LocationAdmin(Recorded):
    """Clinics and departments."""

    list_display = ("code", "name", "setting", "place_of_service", "time_zone", "policy_layer")
    ordering = ("code",)


@admin.register(SiteAssignment)
class SiteAssignmentAdmin(Recorded):
    """Who works for which sites only; nobody's row is everybody's site."""

    list_display = ("user", "location")
    list_select_related = ("user", "location")
    ordering = ("user__username", "location__code")


@admin.register(Encounter)
class EncounterAdmin(ReadOnlyAdmin):
    """Encounters, the latest received first; those that could not be coded are found by their state."""

    list_display = ("id", "source", "external_id", "date_of_service", "coding_state", "coding_error")
    list_filter = ("coding_state", "source")
    search_fields = ("external_id",)
    ordering = ("-received_at",)


@admin.register(CodingRun)
class CodingRunAdmin(ReadOnlyAdmin):
    """Runs, the newest first."""

    list_display = ("id", "encounter", "number", "at", "trigger", "engine_version", "policy", "microseconds")
    list_filter = ("trigger", "engine_version")
    list_select_related = ("encounter",)
    ordering = ("-id",)


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """Reviews and who holds them."""

    list_display = ("id", "encounter", "state", "version", "assigned_to", "claimed_by", "lease_until")
    list_filter = ("state",)
    list_select_related = ("encounter", "assigned_to", "claimed_by")
    ordering = ("-id",)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The trail, the newest first."""

    list_display = ("id", "at", "tag", "actor_name", "encounter", "object_repr")
    list_filter = ("tag",)
    list_select_related = ("encounter",)
    ordering = ("-id",)


@admin.register(IntakeBatch)
class IntakeBatchAdmin(ReadOnlyAdmin):
    """Files and messages, the newest first."""

    list_display = ("id", "source", "file_name", "received_at", "records", "encounters_new", "refused")
    ordering = ("-id",)


@admin.register(IntakeRefusal)
class IntakeRefusalAdmin(ReadOnlyAdmin):
    """Refused records, the newest first."""

    list_display = ("id", "batch", "line", "column", "reason", "settled_at")
    list_select_related = ("batch",)
    ordering = ("-id",)
