"""The one stream of what happened, append-only for Python and for the database."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from encounters.models.append_only import AppendOnly
from encounters.models.encounter import Encounter


class AuditEvent(AppendOnly):
    """What somebody did or saw, with the names as they were that day.

    `tag` is `subject:object:past-verb` of `encounters.audit.Tag`. `before` and `after` hold only what changed.
    """

    at = models.DateTimeField()
    tag = models.CharField(max_length=60)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT)
    actor_name = models.CharField(max_length=150)
    encounter = models.ForeignKey(Encounter, null=True, blank=True, on_delete=models.PROTECT, related_name="events")
    object_repr = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(actor_name=""), name="event_names_its_actor"),
            models.CheckConstraint(
                condition=Q(tag__regex=r"^[a-z_]+:[a-z_]+:[a-z_]+$"), name="event_tag_is_subject_object_verb"
            ),
        ]
        indexes = [
            models.Index(fields=["encounter", "id"], name="event_encounter"),
            models.Index(fields=["at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.tag}"
