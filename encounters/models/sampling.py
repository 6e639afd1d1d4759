"""Samples of accepted encounters, and what auditors say of them. Rows are written once and never changed."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from encounters.models.append_only import AppendOnly
from encounters.models.coding import DIGEST, CodingRun
from encounters.models.encounter import Encounter
from encounters.models.review import Review


class Allocation(models.TextChoices):
    """How a sample is shared out over the strata of its frame."""

    PROPORTIONAL = "proportional", "in proportion to the encounters"
    NEYMAN = "neyman", "by encounters and spread of their value (Neyman)"
    EQUAL = "equal", "the same of each"


class Stratum(models.TextChoices):
    """What the frame is divided by."""

    NONE = "none", "nothing"
    PAYER = "payer", "payer"
    CODER = "coder", "coder"
    SETTING = "setting", "setting"
    VALUE = "value", "value"


class Sample(AppendOnly):
    """A sample drawn from a frozen frame; everything that is needed to draw it again stands here.

    `definition` says in words of `encounters.sampling.frames.Frame` what was asked for, `frame` lists the units that
    fitted at that moment, a line each, and `frame_hash` is its SHA-256. `sizes` maps stratum → units drawn.
    `planned_for` holds what the size was computed from; `confidence` is that of the intervals.
    """

    name = models.CharField(max_length=120)
    definition = models.JSONField()
    frame = models.TextField()
    frame_hash = models.CharField(max_length=64)
    frame_size = models.PositiveIntegerField()
    stratified_by = models.CharField(max_length=8, choices=Stratum, default=Stratum.NONE)
    allocation = models.CharField(max_length=12, choices=Allocation, default=Allocation.PROPORTIONAL)
    sizes = models.JSONField()
    size = models.PositiveIntegerField()
    size_reason = models.TextField()
    planned_for = models.JSONField(default=dict)
    confidence = models.DecimalField(max_digits=4, decimal_places=3)
    seed = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=40)
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drawn_by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(size_reason=""), name="sample_says_what_and_why"),
            models.CheckConstraint(
                condition=Q(size__gte=1) & Q(size__lte=models.F("frame_size")), name="sample_fits_its_frame"
            ),
            models.CheckConstraint(condition=Q(frame_hash__regex=DIGEST), name="sample_frame_hash_is_hex"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0.5) & Q(confidence__lt=1), name="sample_confidence_is_one"
            ),
        ]
        indexes = [models.Index(fields=["-at", "-id"], name="sample_newest")]

    def __str__(self) -> str:
        return self.name


class SampleItem(AppendOnly):
    """One encounter of a sample at its place in the draw, with the acceptance that is audited."""

    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveIntegerField()
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="sample_items")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    acceptance = models.PositiveSmallIntegerField()
    run = models.ForeignKey(CodingRun, on_delete=models.PROTECT, related_name="+")
    coder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    coder_name = models.CharField(max_length=150)
    stratum = models.CharField(max_length=150)
    key = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sample", "position"], name="sample_item_place_once"),
            models.UniqueConstraint(fields=["sample", "encounter"], name="sample_item_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sample_id}/{self.position}"


class SampleAudit(AppendOnly):
    """An auditor is to review an item; until it is locked the encounter's lines are covered for them.

    `place` 1 is whose lines are scored against, 2 reads the same again. `had_seen`: the trail knows that they had
    looked at the encounter before, so that this is not a blind review in the full sense.
    """

    item = models.ForeignKey(SampleItem, on_delete=models.PROTECT, related_name="audits")
    place = models.PositiveSmallIntegerField()
    auditor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sample_audits")
    auditor_name = models.CharField(max_length=150)
    had_seen = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "place"], name="sample_audit_place_once"),
            models.UniqueConstraint(fields=["item", "auditor"], name="sample_audit_auditor_once"),
            models.CheckConstraint(condition=Q(place__in=[1, 2]), name="sample_audit_by_two_at_most"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} by {self.auditor_name}"

    @property
    def is_locked(self) -> bool:
        """Whether the auditor has locked what they coded."""
        return hasattr(self, "lock")


class SampleLock(AppendOnly):
    """The auditor has locked their lines: from here on nothing is covered, and nothing of theirs changes."""

    audit = models.OneToOneField(SampleAudit, on_delete=models.PROTECT, related_name="lock")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.audit_id} locked"


class AuditedLine(AppendOnly):
    """A line as the auditor codes it; `drugs` and `words` are the auditor's own: what for, and by which rule."""

    lock = models.ForeignKey(SampleLock, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=5)
    units = models.PositiveIntegerField()
    modifiers = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    date_of_service = models.DateField()
    drugs = models.CharField(max_length=200, blank=True)
    words = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lock", "position"], name="audited_line_place_once"),
            models.CheckConstraint(condition=Q(units__gte=1), name="audited_line_has_units"),
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9A-Z]{5}$"), name="audited_line_code_is_one"),
        ]

    def __str__(self) -> str:
        return f"{self.code} ×{self.units}"


class RulingKind(models.TextChoices):
    """What is said of a line that differs. UPHELD and OVERTURNED are a lead's, and final."""

    CONCEDED = "conceded", "agrees with the final line"
    DISAGREED = "disagreed", "disagrees"
    REBUTTED = "rebutted", "rebutted by the coder"
    ESCALATED = "escalated", "escalated"
    UPHELD = "upheld", "upheld by a lead"
    OVERTURNED = "overturned", "overturned by a lead"


class SampleRuling(AppendOnly):
    """Somebody says something of one row of the comparison: `row` counts from 1 in the order of the comparison."""

    Kind = RulingKind

    audit = models.ForeignKey(SampleAudit, on_delete=models.PROTECT, related_name="rulings")
    row = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=RulingKind)
    reason = models.TextField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="sample_ruling_says_why"),
            models.CheckConstraint(condition=Q(kind__in=RulingKind.values), name="sample_ruling_kind_is_known"),
            models.UniqueConstraint(
                fields=["audit", "row"],
                condition=Q(kind__in=["upheld", "overturned"]),
                name="sample_ruling_final_once",
            ),
        ]
        indexes = [models.Index(fields=["audit", "row"], name="sample_ruling_row")]

    def __str__(self) -> str:
        return f"{self.audit_id}/{self.row} {self.kind}"
