"""One outpatient encounter with what hangs on it directly: diagnoses, orders, vascular accesses."""

from django.db import models
from django.db.models import Q

from encounters.models.patient import SETTINGS, Location, Patient, Payer
from rules.vocabulary import AccessReason, Setting


class CodingState(models.TextChoices):
    """PENDING is the job: a row in this state is coded by whoever comes first, task or sweep."""

    PENDING = "pending", "Waiting to be coded"
    CODED = "coded", "Coded"
    FAILED = "failed", "Could not be coded"


class Encounter(models.Model):
    """One visit as one system sent it; (`source`, `external_id`) names it once and for all.

    `chart_version` rises by one with each change to the chart, so that a coding run can say what it saw.
    `documents` and `other_services` are JSON in the shape of `rules.facts.Documents` and `OtherService`.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="encounters")
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.PROTECT)
    payer = models.ForeignKey(Payer, null=True, blank=True, on_delete=models.PROTECT)
    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=80)
    setting = models.CharField(max_length=10, choices=SETTINGS)
    place_of_service = models.CharField(max_length=2, blank=True)
    is_professional_claim = models.BooleanField(null=True, blank=True)
    date_of_service = models.DateField()
    time_zone = models.CharField(max_length=40)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    inpatient_order_at = models.DateTimeField(null=True, blank=True)
    has_earlier_encounter = models.BooleanField(default=False)
    is_340b = models.BooleanField(default=False)
    regimen = models.CharField(max_length=120, blank=True)
    primary_reason = models.CharField(max_length=80, blank=True)
    documents = models.JSONField(default=dict, blank=True)
    other_services = models.JSONField(default=list, blank=True)
    are_diagnoses_known = models.BooleanField(default=True)
    content_digest = models.CharField(max_length=64, blank=True)
    chart_version = models.PositiveIntegerField(default=1)
    coding_state = models.CharField(max_length=10, choices=CodingState, default=CodingState.PENDING)
    coding_error = models.TextField(blank=True)
    nudged_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="encounter_sent_once"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(started_at__isnull=True)
                | Q(ended_at__gte=models.F("started_at")),
                name="encounter_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(coding_state__in=CodingState.values), name="encounter_coding_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(setting__in=[word.value for word in Setting]), name="encounter_setting_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(coding_state=CodingState.FAILED) | ~Q(coding_error=""), name="encounter_failure_says_why"
            ),
            models.CheckConstraint(condition=Q(chart_version__gte=1), name="encounter_chart_version_counts_from_one"),
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=Q(coding_state="pending"),
                name="encounter_pending",
            ),
            models.Index(fields=["received_at"], condition=Q(coding_state="failed"), name="encounter_failed"),
            models.Index(fields=["date_of_service"], name="encounter_date"),
        ]
        permissions = [("take_in", "Can send encounters in and settle refused records")]

    def __str__(self) -> str:
        return f"{self.source}:{self.external_id}"


class Diagnosis(models.Model):
    """An ICD-10-CM code at its charted place, 1 first."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="diagnoses")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["encounter", "position"], name="diagnosis_place_once"),
            models.CheckConstraint(condition=Q(position__gte=1), name="diagnosis_place_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.code}"


class Order(models.Model):
    """What was ordered; administrations name it by `reference`."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="orders")
    reference = models.CharField(max_length=80)
    drug_name = models.CharField(max_length=200)
    dose_amount = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    dose_unit = models.CharField(max_length=12, blank=True)
    route = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["encounter", "reference"], name="order_reference_once")]

    def __str__(self) -> str:
        return f"{self.reference} {self.drug_name}"


class VascularAccess(models.Model):
    """A way into a vessel used in the encounter; `reason` says why a further one was needed."""

    REASONS = [(word.value, word.value.capitalize()) for word in AccessReason]

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="accesses")
    label = models.CharField(max_length=20)
    kind = models.CharField(max_length=40, blank=True)
    body_site = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=14, choices=REASONS, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["encounter", "label"], name="access_label_once")]

    def __str__(self) -> str:
        return self.label
