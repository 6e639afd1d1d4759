"""What charts say of drugs, as their newest runs read them: to find encounters by, written anew by each run."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from drugs.models import Drug
from encounters.models.administration import DrugAdministration
from encounters.models.encounter import Encounter


class DrugReferences(models.Model):
    """By what an encounter leads into the formulary; a change elsewhere cannot change how it is coded.

    `names` are the charted names of administrations and orders, made comparable, whole and reduced; `ndcs` have 11
    digits. `first_date` to `last_date` are the dates for which the formulary was asked, both inclusive.
    """

    encounter = models.OneToOneField(
        Encounter, on_delete=models.CASCADE, primary_key=True, related_name="drug_references"
    )
    first_date = models.DateField()
    last_date = models.DateField()
    names = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    ndcs = ArrayField(models.CharField(max_length=11), default=list, blank=True)
    codes = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    drug_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="references_end_after_their_start")
        ]
        indexes = [
            GinIndex(fields=["names"], name="references_names"),
            GinIndex(fields=["ndcs"], name="references_ndcs"),
            GinIndex(fields=["codes"], name="references_codes"),
            GinIndex(fields=["drug_ids"], name="references_drugs"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id}: {', '.join(self.names)}"


class Unresolved(models.TextChoices):
    """Why nobody knows which drug or which code a charted drug is."""

    UNKNOWN = "unknown", "Not in the formulary"
    SEVERAL_DRUGS = "several_drugs", "Name of several drugs"
    NOT_IN_FORCE = "not_in_force", "Not in the formulary on that date"
    SEVERAL_CODES = "several_codes", "Several codes"


class UnresolvedDrug(models.Model):
    """An administration whose drug, or whose code, the newest run could not tell, with what was charted.

    `name` is the charted name made comparable; `drug` is known only where several codes are in question, and `codes`
    are those.
    """

    administration = models.OneToOneField(
        DrugAdministration, on_delete=models.CASCADE, primary_key=True, related_name="unresolved"
    )
    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="unresolved_drugs")
    why = models.CharField(max_length=14, choices=Unresolved)
    name = models.CharField(max_length=200)
    charted_name = models.CharField(max_length=200)
    ndc = models.CharField(max_length=16, blank=True)
    hcpcs = models.CharField(max_length=5, blank=True)
    route = models.CharField(max_length=16, blank=True)
    dose_amount = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    dose_unit = models.CharField(max_length=12, blank=True)
    date_of_service = models.DateField()
    drug = models.ForeignKey(Drug, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    codes = ArrayField(models.CharField(max_length=5), default=list, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(why__in=Unresolved.values), name="unresolved_reason_is_known"),
            models.CheckConstraint(
                condition=~Q(why="several_codes") | Q(drug__isnull=False), name="unresolved_codes_are_of_a_drug"
            ),
        ]
        indexes = [models.Index(fields=["name", "why"], name="unresolved_name")]

    def __str__(self) -> str:
        return f"{self.charted_name}: {self.why}"
