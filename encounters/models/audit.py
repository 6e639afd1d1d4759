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
            # A report counts the pends of months; views of patients are most of the rows.
            models.Index(fields=["at"], condition=models.Q(tag="review:encounter:pended"), name="event_pended"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.tag}"


class AuditSeal(AppendOnly):
    """The place of one event in the chain of its stream, made by who holds the key of the trail.

    `stream` is the encounter's id, 0 for events of no encounter; `sequence` counts from 1 without a gap. `content` is
    the HMAC-SHA-256 of the event as it stands, `link` that of its place, the link before and `content`.
    """

    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, primary_key=True, related_name="seal")
    stream = models.BigIntegerField()
    sequence = models.PositiveBigIntegerField()
    content = models.BinaryField(max_length=32)
    link = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "sequence"], name="seal_place_once"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="seal_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.stream}/{self.sequence}"


class AuditPurge(AppendOnly):
    """The signed summary of the beginning of a stream that was purged: the chain goes on from `link`.

    `last_sequence` was the last purged; `event` is the event that says who purged, why, and how many.
    """

    stream = models.BigIntegerField()
    first_sequence = models.PositiveBigIntegerField()
    last_sequence = models.PositiveBigIntegerField()
    link = models.BinaryField(max_length=32)
    event = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="purges")
    proof = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "first_sequence"], name="purge_of_a_place_once"),
            models.CheckConstraint(
                condition=Q(first_sequence__gte=1, last_sequence__gte=models.F("first_sequence")),
                name="purge_is_a_range",
            ),
        ]
        indexes = [models.Index(fields=["stream", "-last_sequence"], name="purge_last_of_stream")]

    def __str__(self) -> str:
        return f"{self.stream}/{self.first_sequence}-{self.last_sequence}"
