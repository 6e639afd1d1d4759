"""Releases, and the two shapes of row that belong to one.

The formulary has two clocks. `effective_from` and `effective_until` say for which dates of service a row holds;
`release` and `withdrawn_by` say in which versions of the formulary it stands. A change withdraws a row and
adds others, so every earlier version can be read again, and a roll-back is one more release.
"""

from datetime import date
from typing import Any, ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q


class FormularyRelease(models.Model):
    """One change of the formulary: a loaded file or an act by hand. Immutable; later ids are later versions."""

    class Kind(models.TextChoices):
        """Where the change came from."""

        SEED = "seed", "Starter formulary"
        IMPORT = "import", "Imported file"
        HAND = "hand", "By hand"
        ROLL_BACK = "rollback", "Rolled back"

    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=200)
    file_name = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    """Of the file's bytes; empty for an act by hand."""
    effective_date = models.DateField(db_index=True)
    """The first date of service that the release changes."""
    imported_at = models.DateTimeField()
    imported_by_name = models.CharField(max_length=150, blank=True)
    """User name as it then was; empty where no person acted."""
    source = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    """What the release leaves out of its file, and why it was published, in words."""

    class Meta:
        permissions = (("maintain_formulary", "Can maintain the formulary"),)
        constraints = (
            models.CheckConstraint(condition=~Q(source=""), name="release_names_its_source"),
            models.CheckConstraint(
                condition=Q(sha256="") | Q(sha256__regex=r"^[0-9a-f]{64}$"), name="release_sha256_is_hex"
            ),
            models.CheckConstraint(
                condition=Q(kind="hand") | (~Q(file_name="") & ~Q(sha256="")), name="release_from_a_file_names_it"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("hand", "rollback")) | ~Q(imported_by_name=""),
                name="release_by_hand_names_the_person",
            ),
        )

    def __str__(self) -> str:
        """Return the release's name."""
        return self.name

    @property
    def version(self) -> str:
        """The string that stamps what was made under this release."""
        return f"{self.pk}:{self.sha256[:12] or self.kind}"


class FormularyQuerySet(models.QuerySet[Any]):
    """Rows of one or another version of the formulary, and those of a date where rows are dated."""

    def current(self) -> Self:
        """Rows that no later release has withdrawn."""
        return self.filter(withdrawn_by__isnull=True)

    def as_of_release(self, release: FormularyRelease) -> Self:
        """Rows that stood when `release` was the newest."""
        return self.filter(release_id__lte=release.pk).exclude(withdrawn_by_id__lte=release.pk)

    def in_force(self, on: date) -> Self:
        """Current rows whose period includes `on`; `FieldError` where rows are not dated."""
        return self.current().filter(
            Q(effective_until__isnull=True) | Q(effective_until__gt=on), effective_from__lte=on
        )


class VersionedRow(models.Model):
    """A row that stands from its release until another withdraws it. The database refuses any other change."""

    release = models.ForeignKey(FormularyRelease, on_delete=models.PROTECT, related_name="+")
    withdrawn_by = models.ForeignKey(
        FormularyRelease, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    source = models.CharField(max_length=300)

    objects = FormularyQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(condition=~Q(source=""), name="%(class)s_names_its_source"),
        )


class DatedRow(VersionedRow):
    """A row for dates of service in `[effective_from, effective_until)`; without the second it is open-ended."""

    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)

    class Meta(VersionedRow.Meta):
        abstract = True
        constraints = (
            *VersionedRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True) | Q(effective_until__gt=F("effective_from")),
                name="%(class)s_period_is_not_empty",
            ),
        )

    def is_in_force(self, on: date) -> bool:
        """Whether the period includes `on`."""
        return self.effective_from <= on and (self.effective_until is None or on < self.effective_until)


def no_overlap(*expressions: str | Func, name: str) -> ExclusionConstraint:
    """Return the constraint that no two standing rows equal in `expressions` share a date of service."""
    period = Func(
        F("effective_from"),
        F("effective_until"),
        RangeBoundary(),
        function="DATERANGE",
        output_field=DateRangeField(),
    )
    return ExclusionConstraint(
        name=name,
        expressions=[*((e, RangeOperators.EQUAL) for e in expressions), (period, RangeOperators.OVERLAPS)],
        condition=Q(withdrawn_by__isnull=True),
    )
