"""Encounters that are to be coded again for one reason. The rows are the job; a task is a nudge."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from encounters.models.coding import CodingRun
from encounters.models.encounter import Encounter


class Recoding(models.Model):
    """A reason to code a set of encounters again, such as a name that was mapped. `reason` is for people to read."""

    trigger = models.CharField(max_length=10, choices=CodingRun.Trigger)
    reason = models.CharField(max_length=300)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT)
    requested_by_name = models.CharField(max_length=150)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="recoding_says_why"),
            models.CheckConstraint(condition=~Q(requested_by_name=""), name="recoding_names_who_asked"),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(finished_at__isnull=True), name="recoding_unfinished")]

    def __str__(self) -> str:
        return self.reason


class RecodingItem(models.Model):
    """One encounter of a recoding. `coded_at`: when it was its turn, whether or not anything changed."""

    recoding = models.ForeignKey(Recoding, on_delete=models.CASCADE, related_name="items")
    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="recodings")
    coded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recoding", "encounter"], name="recoding_names_an_encounter_once")
        ]
        indexes = [
            models.Index(fields=["recoding", "id"], condition=Q(coded_at__isnull=True), name="recoding_item_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.recoding_id}: {self.encounter_id}"
