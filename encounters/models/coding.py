"""What the engine said, each time it was asked. Rows are written once and never changed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from encounters.models.append_only import AppendOnly
from encounters.models.encounter import Encounter

DIGEST = r"^[0-9a-f]{64}$"


class CodingRun(AppendOnly):
    """One execution of the engine, stored whole so that it can be replayed byte for byte.

    `facts` and `result` are the canonical JSON of `rules.snapshot`; the digests are SHA-256 of that text.
    `microseconds`: time the engine took.
    """

    class Trigger(models.TextChoices):
        INTAKE = "intake", "New documentation"
        ADDENDUM = "addendum", "Addendum"
        MAPPING = "mapping", "A drug was mapped"
        RELEASE = "release", "Rules or formulary changed"
        REQUEST = "request", "Asked for by a person"

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    trigger = models.CharField(max_length=10, choices=Trigger)
    chart_version = models.PositiveIntegerField()
    facts = models.TextField()
    facts_digest = models.CharField(max_length=64)
    result = models.TextField()
    result_digest = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=40)
    rulebook_version = models.CharField(max_length=64)
    policy = models.CharField(max_length=200)
    formulary_version = models.CharField(max_length=80)
    microseconds = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["encounter", "number"], name="run_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="run_number_counts_from_one"),
            models.CheckConstraint(
                condition=Q(facts_digest__regex=DIGEST) & Q(result_digest__regex=DIGEST), name="run_digests_are_hex"
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.number}"


class CodedLine(AppendOnly):
    """A suggested line of one run, for search and figures; the run's result holds the whole.

    `role` and `family` are words of `rules.vocabulary`, kept as text: a new word of the engine is no change of a table.
    `rules` are the ids of the rules behind the line in the order of use, each once, so that no report reads results.
    """

    run = models.ForeignKey(CodingRun, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=60)
    code = models.CharField(max_length=5)
    units = models.PositiveIntegerField()
    modifiers = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    role = models.CharField(max_length=16)
    family = models.CharField(max_length=12)
    administrations = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    rules = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    date_of_service = models.DateField()
    minutes = models.PositiveIntegerField(null=True, blank=True)
    price = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="coded_line_place_once"),
            models.UniqueConstraint(fields=["run", "key"], name="coded_line_key_once"),
            models.CheckConstraint(condition=Q(units__gte=1), name="coded_line_has_units"),
        ]
        indexes = [models.Index(fields=["code"], name="coded_line_code")]

    def __str__(self) -> str:
        return f"{self.code} ×{self.units}"


class RunFinding(AppendOnly):
    """A finding of one run, for search and figures; `kind` and `severity` are words of `rules.vocabulary`, as text."""

    run = models.ForeignKey(CodingRun, on_delete=models.PROTECT, related_name="findings")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=32)
    severity = models.CharField(max_length=8)
    administrations = ArrayField(models.CharField(max_length=80), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="finding_place_once")]

    def __str__(self) -> str:
        return self.kind
