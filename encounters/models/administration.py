"""What was given: administrations as charted, their pauses and containers, and later addenda."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from drugs.models import Drug, Product
from encounters.models.append_only import AppendOnly
from encounters.models.encounter import Encounter, Order, VascularAccess
from rules.vocabulary import AdministrationStatus, Kind, Purpose, Route, Technique

ROUTES = [(word.value, word.value) for word in Route]
TECHNIQUES = [(word.value, word.value.replace("_", " ")) for word in Technique]
PURPOSES = [(word.value, word.value.replace("_", " ")) for word in Purpose]
STATUSES = [(word.value, word.value.replace("_", " ")) for word in AdministrationStatus]
KINDS = [(word.value, word.value.replace("_", " ")) for word in Kind]


class DrugAdministration(models.Model):
    """An entry of the medication record as it was charted; it never changes, addenda lie over it.

    `drug` is what the charted name resolved to, null while unmapped; `product` the brand or maker's version that it
    names, where it names one. `kind` is set only where the sender names the family itself. `minutes`: a duration
    charted where a clock time is missing.
    """

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="administrations")
    external_id = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()
    drug_name = models.CharField(max_length=200)
    drug = models.ForeignKey(Drug, null=True, blank=True, on_delete=models.PROTECT)
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT)
    kind = models.CharField(max_length=16, choices=KINDS, blank=True)
    ndc = models.CharField(max_length=16, blank=True)
    hcpcs = models.CharField(max_length=5, blank=True)
    route = models.CharField(max_length=16, choices=ROUTES, blank=True)
    technique = models.CharField(max_length=16, choices=TECHNIQUES, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    minutes = models.PositiveIntegerField(null=True, blank=True)
    access = models.ForeignKey(VascularAccess, null=True, blank=True, on_delete=models.PROTECT)
    bag = models.CharField(max_length=40, blank=True)
    purpose = models.CharField(max_length=20, choices=PURPOSES, blank=True)
    status = models.CharField(max_length=20, choices=STATUSES, default=AdministrationStatus.GIVEN.value)
    visit = models.PositiveSmallIntegerField(default=1)
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.PROTECT)
    dose_amount = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    dose_unit = models.CharField(max_length=12, blank=True)
    discarded_amount = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    discarded_unit = models.CharField(max_length=12, blank=True)
    volume_ml = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    rate = models.CharField(max_length=40, blank=True)
    lot = models.CharField(max_length=40, blank=True)
    diagnosis = models.CharField(max_length=120, blank=True)
    is_implanted = models.BooleanField(default=False)
    lesions = models.PositiveSmallIntegerField(default=1)
    is_new_setup = models.BooleanField(default=False)
    is_puncture_by_other = models.BooleanField(default=False)
    is_without_tap = models.BooleanField(default=False)
    is_on_pump = models.BooleanField(default=False)
    charted_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["encounter", "external_id"], name="administration_sent_once"),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True) | Q(started_at__isnull=True) | Q(stopped_at__gte=F("started_at")),
                name="administration_stops_after_start",
            ),
            models.CheckConstraint(
                condition=Q(visit__gte=1) & Q(lesions__gte=1), name="administration_counts_from_one"
            ),
            models.CheckConstraint(
                condition=(Q(dose_amount__isnull=True) | Q(dose_amount__gte=0))
                & (Q(discarded_amount__isnull=True) | Q(discarded_amount__gte=0)),
                name="administration_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(product__isnull=True) | Q(drug__isnull=False), name="administration_product_is_of_a_drug"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} {self.drug_name}"


class AdministrationPause(models.Model):
    """A stretch of an administration in which nothing ran."""

    administration = models.ForeignKey(DrugAdministration, on_delete=models.CASCADE, related_name="pauses")
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stopped_at__gte=F("started_at")), name="pause_stops_after_start")
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%H:%M}-{self.stopped_at:%H:%M}"


class Container(models.Model):
    """`count` containers of one labelled size that were opened; `is_single_dose` null: not known."""

    administration = models.ForeignKey(DrugAdministration, on_delete=models.CASCADE, related_name="containers")
    size_amount = models.DecimalField(max_digits=16, decimal_places=6)
    size_unit = models.CharField(max_length=12)
    count = models.PositiveSmallIntegerField(default=1)
    is_single_dose = models.BooleanField(null=True, blank=True)
    ndc = models.CharField(max_length=16, blank=True)
    lot = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size_amount__gt=0) & Q(count__gte=1), name="container_holds_something")
        ]

    def __str__(self) -> str:
        return f"{self.count} × {self.size_amount.normalize():f} {self.size_unit}"


class Addendum(AppendOnly):
    """A later statement about an administration; append-only, the newest value of a field counts.

    `changes` maps a field of DrugAdministration to its new value as JSON (times in ISO 8601), `before` to the value
    that held until then; it is empty for addenda older than that column. `withdraws`: the addendum that this one takes
    back, by stating again what held before it.
    """

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="addenda")
    administration = models.ForeignKey(DrugAdministration, on_delete=models.PROTECT, related_name="addenda")
    changes = models.JSONField()
    before = models.JSONField(default=dict, blank=True)
    withdraws = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="withdrawn_by"
    )
    reason = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    author_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="addendum_says_why"),
            models.CheckConstraint(condition=~Q(changes={}), name="addendum_changes_something"),
        ]

    def __str__(self) -> str:
        return f"{self.administration_id} {self.at:%Y-%m-%d %H:%M}"
