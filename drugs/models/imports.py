"""Files on their way into the formulary: what was sent, how it differs, who decided what.

An import changes nothing until it is published as a release. The row is the job: its state says what is to be done
next, and a worker that dies leaves it where it was.
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from drugs.models.file_kind import FileKind
from drugs.models.release import FormularyRelease


class ImportState(models.TextChoices):
    """Where an import stands."""

    RECEIVED = "received", "Received"
    READING = "reading", "Being read"
    DIFFERENCES = "differences", "To be approved"
    IN_PART = "in_part", "Approved in part"
    PUBLISHED = "published", "Published"
    ROLLED_BACK = "rolled_back", "Rolled back"
    REFUSED = "refused", "Refused"
    ABANDONED = "abandoned", "Abandoned"


WAITING_FOR_WORKER = (ImportState.RECEIVED, ImportState.READING)
WAITING_FOR_PEOPLE = (ImportState.DIFFERENCES, ImportState.IN_PART)
OVER = (ImportState.ROLLED_BACK, ImportState.REFUSED, ImportState.ABANDONED)


class FormularyImport(models.Model):
    """One file of a publisher and what becomes of it."""

    kind = models.CharField(max_length=20, choices=FileKind)
    effective_from = models.DateField()
    """The first date of service that the file speaks for: the first day of its quarter."""
    effective_until = models.DateField()
    """The first day after the quarter."""
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    """Bytes as they were sent."""
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_by_name = models.CharField(max_length=150)
    """User name as it then was."""
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=ImportState, default=ImportState.RECEIVED)
    state_at = models.DateTimeField()
    """Since when it stands there."""
    nudged_at = models.DateTimeField(null=True, blank=True)
    """When a worker was last told of it."""
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often a worker began to read it in this round."""
    round = models.PositiveIntegerField(default=0)
    """How often the file was compared; differences of earlier rounds are kept for the approvals that name them."""
    title = models.CharField(max_length=300, blank=True)
    """What the file says of itself above its columns."""
    rows_read = models.PositiveIntegerField(default=0)
    rows_dropped = models.JSONField(default=dict, blank=True)
    """Rows left out on purpose, counted by reason."""
    problems = models.JSONField(default=list, blank=True)
    """Places that could not be taken, the first of them: line, column, value, why."""
    problem_count = models.PositiveIntegerField(default=0)
    compared_with = models.ForeignKey(
        FormularyRelease, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    """The newest release when the file was compared; None where there was none."""
    compared_at = models.DateTimeField(null=True, blank=True)
    affected = models.JSONField(null=True, blank=True)
    """The encounters that publishing would change, once they were counted; None before."""
    error = models.CharField(max_length=1000, blank=True)
    """Why the file was refused."""
    error_place = models.CharField(max_length=200, blank=True)
    """Where in the file."""
    release = models.OneToOneField(
        FormularyRelease, on_delete=models.PROTECT, related_name="imported", null=True, blank=True
    )
    rolled_back_by = models.OneToOneField(
        FormularyRelease, on_delete=models.PROTECT, related_name="rolled_back", null=True, blank=True
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(effective_until__gt=F("effective_from")), name="import_period_is_not_empty"
            ),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="import_sha256_is_hex"),
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="import_state_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=(ImportState.PUBLISHED, ImportState.ROLLED_BACK)) ^ Q(release__isnull=True),
                name="import_has_a_release_once_published",
            ),
            models.CheckConstraint(
                condition=Q(state=ImportState.ROLLED_BACK) ^ Q(rolled_back_by__isnull=True),
                name="import_rolled_back_by_a_release",
            ),
            models.UniqueConstraint(
                fields=("sha256",), condition=~Q(state__in=OVER), name="import_of_a_file_once_at_a_time"
            ),
        )

    def __str__(self) -> str:
        """Return what is imported and for when."""
        return f"{self.get_kind_display()} {self.quarter}"

    @property
    def quarter(self) -> str:
        """The quarter, as `2026Q1`."""
        return f"{self.effective_from.year}Q{(self.effective_from.month + 2) // 3}"

    @property
    def is_retroactive(self) -> bool:
        """Whether dates of service before the day it was sent would change."""
        return self.effective_from < self.requested_at.date()

    @property
    def is_open(self) -> bool:
        """Whether people are to decide on it."""
        return self.state in WAITING_FOR_PEOPLE


class ImportFileChunk(models.Model):
    """A part of the file's bytes, so that whichever worker takes the import has the file. Written once."""

    formulary_import = models.ForeignKey(FormularyImport, on_delete=models.PROTECT, related_name="chunks")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("formulary_import", "number"), name="import_chunk_once_a_number"),
        )

    def __str__(self) -> str:
        """Return which part of which file it is."""
        return f"{self.formulary_import.file_name} #{self.number}"


class Group(models.TextChoices):
    """In what a row differs, in the order in which a person should look at it."""

    UNIT_SIZE = "unit_size", "Unit size changed"
    CODE_ENDED = "code_ended", "Codes ended"
    CODE_NEW = "code_new", "New codes"
    DESCRIPTOR = "descriptor", "Descriptor changed"
    DRUG_MOVED = "drug_moved", "Drugs that move to another code"
    CROSSWALK_MOVED = "crosswalk_moved", "Packages moved to another code"
    CROSSWALK_UNITS = "crosswalk_units", "Units in a package changed"
    CROSSWALK_ENDED = "crosswalk_ended", "Packages taken off a code"
    CROSSWALK_NEW = "crosswalk_new", "Packages newly under a code"
    PACKAGE_CHANGED = "package_changed", "Packages changed"
    PACKAGE_ENDED = "package_ended", "Packages no longer listed"
    PACKAGE_NEW = "package_new", "New packages"
    PACKAGE_RENAMED = "package_renamed", "Names and labelers"
    PRICE_CHANGED = "price_changed", "Prices changed"
    PRICE_NEW = "price_new", "First prices"
    PRICE_SAME = "price_same", "Prices carried on"
    PRICE_ENDED = "price_ended", "Prices withdrawn"
    STATUS_CHANGED = "status_changed", "Status changed"
    STATUS_NEW = "status_new", "First status"
    STATUS_SAME = "status_same", "Status carried on"
    STATUS_ENDED = "status_ended", "Status withdrawn"


SECOND_APPROVER = frozenset(
    {Group.UNIT_SIZE, Group.CODE_ENDED, Group.CODE_NEW, Group.DESCRIPTOR, Group.DRUG_MOVED, Group.CROSSWALK_MOVED}
)
"""What decides the code or the number of units on a claim: two people stand behind it."""


class DifferenceTable(models.TextChoices):
    """Which rows of the formulary a difference is about."""

    MEANING = "meaning", "Meaning of a code"
    PRICE = "price", "Price"
    STATUS = "status", "Status indicator"
    PACKAGE = "package", "Package"
    PACKAGE_CODE = "package_code", "Code of a package"
    DRUG_CODE = "drug_code", "Code of a drug"


class Decision(models.TextChoices):
    """What the approvals of a difference come to."""

    OPEN = "open", "Open"
    FIRST = "first", "Awaits a second approver"
    APPROVED = "approved", "Approved"
    WITHHELD = "withheld", "Withheld"


class ImportDifference(models.Model):
    """One row of the formulary that the file would add, change or end. `decision` sums up the approvals."""

    formulary_import = models.ForeignKey(FormularyImport, on_delete=models.PROTECT, related_name="differences")
    round = models.PositiveIntegerField()
    group = models.CharField(max_length=20, choices=Group)
    table = models.CharField(max_length=12, choices=DifferenceTable)
    code = models.CharField(max_length=5, blank=True)
    ndc = models.CharField(max_length=11, blank=True)
    name = models.CharField(max_length=200, blank=True)
    """What the code or the package is called."""
    line = models.PositiveIntegerField(null=True, blank=True)
    """Of the file; None where the row stands because the file says nothing any more."""
    standing_id = models.BigIntegerField(null=True, blank=True)
    """Id of the row that would give way; None where there is none."""
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    """What the row would say from `effective_from` on; None where it would end."""
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)
    needs_second = models.BooleanField(default=False)
    needs_own_decision = models.BooleanField(default=False)
    """A conflict hangs on it: an approval of the whole group does not cover it."""
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.OPEN)
    first_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    """Who approved it first; a second approver must be another person."""

    class Meta:
        indexes = (
            models.Index(fields=("formulary_import", "round", "group", "decision"), name="difference_in_its_group"),
            models.Index(fields=("formulary_import", "round", "ndc"), name="difference_of_a_package"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(before__isnull=False) | Q(after__isnull=False), name="difference_says_something"
            ),
            models.CheckConstraint(condition=Q(group__in=Group.values), name="difference_group_is_known"),
            models.CheckConstraint(condition=Q(decision__in=Decision.values), name="difference_decision_is_known"),
        )

    def __str__(self) -> str:
        """Return the group and what it is about."""
        return f"{self.get_group_display()}: {self.ndc or self.code}"


class ConflictKind(models.TextChoices):
    """What a person should know, or settle, before publishing."""

    BY_HAND = "by_hand", "Set by hand before"
    PUBLISHERS = "publishers", "Two publishers disagree"
    UNREADABLE = "unreadable", "Amount that cannot be read"
    TWICE = "twice", "Said twice, differently"
    TWO_CODES = "two_codes", "One package, two codes"
    NO_DRUG = "no_drug", "Code of no drug in the formulary"
    NO_MEANING = "no_meaning", "Code without a meaning"
    STILL_VALID = "still_valid", "No longer listed, still valid"
    RETROACTIVE = "retroactive", "Dates of service in the past"


class ImportConflict(models.Model):
    """Something in or around the file that is not simply a difference."""

    formulary_import = models.ForeignKey(FormularyImport, on_delete=models.PROTECT, related_name="conflicts")
    round = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=ConflictKind)
    code = models.CharField(max_length=5, blank=True)
    ndc = models.CharField(max_length=11, blank=True)
    line = models.PositiveIntegerField(null=True, blank=True)
    text = models.CharField(max_length=500)
    is_to_settle = models.BooleanField(default=False)
    """Whether a row waits for a decision of its own because of it."""

    class Meta:
        indexes = (models.Index(fields=("formulary_import", "round", "kind"), name="conflict_of_an_import"),)
        constraints = (
            models.CheckConstraint(condition=~Q(text=""), name="conflict_says_something"),
            models.CheckConstraint(condition=Q(kind__in=ConflictKind.values), name="conflict_kind_is_known"),
        )

    def __str__(self) -> str:
        """Return what it says."""
        return self.text


class RewriteRefused(TypeError):
    """Somebody tried to change or delete an act."""


class ImportAct(models.Model):
    """One act of a person on an import. Written once: the database refuses to change or delete it."""

    class Verb(models.TextChoices):
        """What was done."""

        RECEIVED = "received", "sent the file"
        APPROVED = "approved", "approved"
        APPROVED_SECOND = "second", "approved as second"
        WITHHELD = "withheld", "withheld"
        COMPARED_AGAIN = "compared", "had it compared again"
        PUBLISHED = "published", "published"
        ROLLED_BACK = "rolled_back", "rolled back"
        ABANDONED = "abandoned", "abandoned"

    formulary_import = models.ForeignKey(FormularyImport, on_delete=models.PROTECT, related_name="acts")
    verb = models.CharField(max_length=12, choices=Verb)
    group = models.CharField(max_length=20, choices=Group, blank=True)
    """Of an act on all open rows of a group; empty for an act on a single row or on the whole import."""
    differences = ArrayField(models.BigIntegerField(), default=list, blank=True)
    """Ids of the differences that it decided, all of them: what the person put their name to."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=150)
    """User name as it then was."""
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(by_name=""), name="import_act_names_the_person"),
            models.CheckConstraint(
                condition=~Q(verb__in=("withheld", "rolled_back", "abandoned")) | ~Q(reason=""),
                name="import_act_against_has_a_reason",
            ),
        )

    def __str__(self) -> str:
        """Return who did what."""
        return f"{self.by_name} {self.get_verb_display()}"

    def save(self, **kwargs: Any) -> None:
        """Store the act the first time; `RewriteRefused` ever after."""
        if not self._state.adding:
            msg = "An act is written once: add another that says what is true now."
            raise RewriteRefused(msg)
        super().save(**kwargs | {"force_insert": True})
