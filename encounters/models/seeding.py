"""Suggestions that are wrong on purpose, to measure who accepts what is suggested without looking; off unless set."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from encounters.models.append_only import AppendOnly
from encounters.models.coding import CodingRun
from encounters.models.review import Review

MOST_RATE = "0.2"


class SeedingPolicy(AppendOnly):
    """From which day until before which so large a share of a coder's encounters is seeded; the newest row counts.

    `coder` None is everybody; `rate` 0 switches it off. Without any row nothing is ever seeded.
    """

    coder = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="seeding_policies"
    )
    rate = models.DecimalField(max_digits=4, decimal_places=3)
    from_date = models.DateField()
    until_date = models.DateField()
    seed = models.CharField(max_length=64)
    reason = models.TextField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate__gte=0) & Q(rate__lte=MOST_RATE), name="seeding_rate_is_small"),
            models.CheckConstraint(condition=Q(until_date__gt=models.F("from_date")), name="seeding_ends"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(seed=""), name="seeding_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.rate} from {self.from_date}"


class SeededRun(AppendOnly):
    """A run with one line made wrong on purpose. The database refuses it final lines, coded lines and acceptance."""

    run = models.OneToOneField(CodingRun, on_delete=models.PROTECT, primary_key=True, related_name="seeded")
    true_run = models.ForeignKey(CodingRun, on_delete=models.PROTECT, related_name="+")
    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="seeded")
    policy = models.ForeignKey(SeedingPolicy, on_delete=models.PROTECT, related_name="+")
    shown_to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    line_key = models.CharField(max_length=60)
    code = models.CharField(max_length=5)
    right_units = models.PositiveIntegerField()
    wrong_units = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(wrong_units=models.F("right_units")), name="seeded_line_is_wrong")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} seeded"


class SeedOutcome(AppendOnly):
    """What the coder made of it: accepted as it was (`is_accepted`), or noticed."""

    seeded = models.OneToOneField(SeededRun, on_delete=models.PROTECT, related_name="outcome")
    coder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="seed_outcomes")
    coder_name = models.CharField(max_length=150)
    is_accepted = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.seeded_id} {'accepted' if self.is_accepted else 'noticed'}"
