"""Studies of what a proposed change would do, and what they found. The row is the job; a task is a nudge."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from encounters.models.append_only import AppendOnly
from encounters.models.encounter import Encounter


class ImpactStudy(models.Model):
    """What would be otherwise if `overrides` or `files` held for dates of service in `[first_date, until_date)`.

    `overrides` are values of policy keys, `files` rule files by their names, laid over those that are installed; with
    neither, the installed rules are asked. With `identified_date` accepted encounters billed for more are listed.
    """

    class State(models.TextChoices):
        """Where a study stands."""

        WAITING = "waiting", "Waits for the worker"
        RUNNING = "running", "Being worked out"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"

    name = models.CharField(max_length=200)
    proposed = models.CharField(max_length=300)
    """What is proposed, in words."""
    overrides = models.JSONField(default=dict, blank=True)
    files = models.JSONField(default=dict, blank=True)
    rulebook_version = models.CharField(max_length=64)
    """Of the rules as proposed, whole."""
    first_date = models.DateField(null=True, blank=True)
    until_date = models.DateField(null=True, blank=True)
    identified_date = models.DateField(null=True, blank=True)
    """When overpayments were identified: their deadline counts from here. None where none were asked for."""
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_by_name = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    begun_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often a worker began."""
    to_look_at = models.PositiveIntegerField(default=0)
    """Encounters of those dates, counted when it began; for overpayments the accepted ones."""
    done = models.PositiveIntegerField(default=0)
    """How many of them were looked at so far, as far as that is told."""
    error = models.CharField(max_length=500, blank=True)
    looked_at = models.PositiveIntegerField(default=0)
    open_changed = models.PositiveIntegerField(default=0)
    accepted_changed = models.PositiveIntegerField(default=0)
    lines_changed = models.PositiveIntegerField(default=0)
    findings_only = models.PositiveIntegerField(default=0)
    dollars_before = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    dollars_after = models.DecimalField(max_digits=14, decimal_places=2, default=0)

    class Meta:
        permissions = [("study_impact", "Can study what a change would do, and list overpayments")]
        constraints = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(requested_by_name=""), name="impact_study_says_what_for"),
            models.CheckConstraint(
                condition=Q(first_date__isnull=True) | Q(until_date__isnull=True) | Q(until_date__gt=F("first_date")),
                name="impact_study_period_is_not_empty",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("finished", "failed")) ^ Q(finished_at__isnull=True),
                name="impact_study_ends_once",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=("waiting", "running")), name="impact_study_unfinished")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def dollars(self) -> Decimal:
        """What the lines of the encounters that would change would be worth then, less what they are worth now."""
        return self.dollars_after - self.dollars_before


class StudiedEncounter(AppendOnly):
    """One encounter that would be coded otherwise: its lines now and then, as `J1745 × 40`. `position` is its weight's.

    The first is the one of most weight: accepted ones before others, then by dollars.
    """

    study = models.ForeignKey(ImpactStudy, on_delete=models.PROTECT, related_name="encounters")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    is_accepted = models.BooleanField()
    before = ArrayField(models.CharField(max_length=60))
    after = ArrayField(models.CharField(max_length=60))
    dollars_before = models.DecimalField(max_digits=14, decimal_places=2)
    dollars_after = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "position"], name="studied_encounter_once")]

    def __str__(self) -> str:
        return f"{self.study_id}: {self.encounter_id}"

    @property
    def dollars(self) -> Decimal:
        """What its lines would be worth then, less what they are worth now, in US dollars."""
        return self.dollars_after - self.dollars_before


class IdentifiedOverpayment(AppendOnly):
    """An accepted encounter billed for more than a study's rules give, and the day by which to return it.

    `lines` are `[code, units billed, units given]`; `dollars` US dollars; codes in excess without a price are
    `unpriced`.
    """

    study = models.ForeignKey(ImpactStudy, on_delete=models.PROTECT, related_name="overpayments")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="overpayments")
    accepted_at = models.DateTimeField()
    lines = models.JSONField()
    dollars = models.DecimalField(max_digits=14, decimal_places=2)
    unpriced = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    return_by = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "encounter"], name="overpayment_once_a_study")]
        indexes = [models.Index(fields=["return_by", "id"], name="overpayments_by_deadline")]

    def __str__(self) -> str:
        return f"{self.encounter_id} by {self.return_by}"
