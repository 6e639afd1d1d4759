"""What arrived, and what of it was refused: nothing that was sent is lost."""

from django.conf import settings
from django.db import models

from encounters.models.encounter import Encounter


class IntakeBatch(models.Model):
    """One file or message: its digest, and how many of its records went where."""

    source = models.CharField(max_length=60)
    file_name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT)
    records = models.PositiveIntegerField(default=0)
    encounters_new = models.PositiveIntegerField(default=0)
    encounters_changed = models.PositiveIntegerField(default=0)
    encounters_unchanged = models.PositiveIntegerField(default=0)
    administrations_kept = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.source} {self.file_name or self.sha256[:8]}"


class IntakeRefusal(models.Model):
    """A record that could not be taken in: where it stood, what was wrong, and the record itself.

    While `settled_at` is null and `encounter` is known, that encounter cannot be accepted unseen.
    """

    batch = models.ForeignKey(IntakeBatch, on_delete=models.CASCADE, related_name="refusals")
    encounter = models.ForeignKey(Encounter, null=True, blank=True, on_delete=models.PROTECT, related_name="refusals")
    line = models.PositiveIntegerField(null=True, blank=True)
    column = models.CharField(max_length=80, blank=True)
    reason = models.TextField()
    record = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["encounter"], name="refusal_encounter")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
