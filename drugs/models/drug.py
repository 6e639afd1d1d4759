"""Drugs, their products and names, and what the formulary says of them by date."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from drugs.models.names import normalise
from drugs.models.release import DatedRow, FormularyRelease, VersionedRow, no_overlap
from rules.vocabulary import Family, Route


class Drug(models.Model):
    """An ingredient as it is billed. A biosimilar and a fixed combination are drugs of their own."""

    name = models.CharField(max_length=200, unique=True)
    """Ingredient in lower case; the same name is the same drug."""
    release = models.ForeignKey(FormularyRelease, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=300)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(name=Lower(F("name"))) & ~Q(name=""), name="drug_name_is_lower_case"),
            models.CheckConstraint(condition=~Q(source=""), name="drug_names_its_source"),
        )

    def __str__(self) -> str:
        """Return the ingredient."""
        return self.name


class Product(VersionedRow):
    """A brand, or a maker's version, of a drug, where it has a code or packages of its own."""

    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(max_length=200)
    normalised = models.CharField(max_length=200, db_index=True, editable=False)
    labeler = models.CharField(max_length=200, blank=True)

    class Meta(VersionedRow.Meta):
        constraints = (
            *VersionedRow.Meta.constraints,
            models.UniqueConstraint(
                fields=("drug", "normalised"), condition=Q(withdrawn_by__isnull=True), name="product_once_a_drug"
            ),
            models.CheckConstraint(condition=~Q(normalised=""), name="product_has_a_name"),
        )

    def __str__(self) -> str:
        """Return the product's name."""
        return self.name

    def save(self, **kwargs: object) -> None:
        """Store the row with its name made comparable."""
        self.normalised = normalise(self.name)
        super().save(**kwargs)  # type: ignore[arg-type]


class NameKind(models.TextChoices):
    """What a further name is. A misspelling only ever leads to a suggestion."""

    SYNONYM = "synonym", "Synonym"
    BRAND = "brand", "Brand"
    CHARTED = "charted", "Name as charted here"
    MISSPELLING = "misspelling", "Misspelling"


class DrugName(VersionedRow):
    """A name other than the ingredient. One name of two drugs is allowed, and then resolves to neither."""

    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="names")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="names", null=True, blank=True)
    """The product that the name stands for, where it says more than the drug."""
    text = models.CharField(max_length=200)
    normalised = models.CharField(max_length=200, db_index=True, editable=False)
    kind = models.CharField(max_length=12, choices=NameKind)

    class Meta(VersionedRow.Meta):
        constraints = (
            *VersionedRow.Meta.constraints,
            models.UniqueConstraint(
                fields=("drug", "normalised"), condition=Q(withdrawn_by__isnull=True), name="drug_name_once_a_drug"
            ),
            models.CheckConstraint(condition=~Q(normalised=""), name="drug_name_is_not_blank"),
            models.CheckConstraint(condition=Q(kind__in=NameKind.values), name="drug_name_kind_is_known"),
        )

    def __str__(self) -> str:
        """Return the name as written."""
        return self.text

    def save(self, **kwargs: object) -> None:
        """Store the row with its name made comparable."""
        self.normalised = normalise(self.text)
        super().save(**kwargs)  # type: ignore[arg-type]


class DrugProfile(DatedRow):
    """What holds for a drug, whoever pays. No profile in force: the drug is not in the formulary on that date."""

    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="profiles")
    is_electrolyte = models.BooleanField(default=False)
    is_biologic = models.BooleanField(default=False)
    is_immunotherapy = models.BooleanField(default=False)
    is_new = models.BooleanField(default=False)
    """New to the market and without a code of its own."""
    is_compounded = models.BooleanField(default=False)
    needs_prior_auth = models.BooleanField(default=False)
    reference_drug = models.ForeignKey(
        Drug, on_delete=models.PROTECT, related_name="biosimilar_profiles", null=True, blank=True
    )
    """Of a biosimilar, the drug that it is similar to."""
    routes = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    """Routes it is given by, in the words of `rules.vocabulary.Route`."""
    concentration_amount = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    concentration_unit = models.CharField(max_length=10, blank=True)
    """Amount in one mL, where every marketed form has the same."""
    indications = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    """ICD-10-CM prefixes of the label; empty where not known."""
    no_code_reason = models.CharField(max_length=300, blank=True)
    """Why the drug has no billing code, where that is known; a gap otherwise."""
    is_not_billed = models.BooleanField(default=False)
    """Not a drug that is billed here, for the reason that `no_code_reason` gives: no drug line is asked for."""

    class Meta(DatedRow.Meta):
        constraints = (
            *DatedRow.Meta.constraints,
            no_overlap("drug", name="drug_profile_periods_do_not_overlap"),
            models.CheckConstraint(
                condition=Q(routes__contained_by=[r.value for r in Route]), name="drug_profile_routes_are_known"
            ),
            models.CheckConstraint(
                condition=Q(concentration_amount__isnull=True, concentration_unit="")
                | (Q(concentration_amount__gt=0) & ~Q(concentration_unit="")),
                name="drug_profile_concentration_has_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(reference_drug__isnull=True) | ~Q(reference_drug=F("drug")),
                name="drug_profile_is_not_its_own_reference",
            ),
            models.CheckConstraint(
                condition=Q(is_not_billed=False) | ~Q(no_code_reason=""), name="drug_profile_not_billed_says_why"
            ),
        )

    def __str__(self) -> str:
        """Return the drug and where the period starts."""
        return f"{self.drug.name} from {self.effective_from}"


class DrugFamily(DatedRow):
    """The administration family of a drug, for everyone or for one policy layer (coding-rules section 2)."""

    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="families")
    policy_layer = models.CharField(max_length=100, blank=True)
    """Name of the payer's or facility's policy layer; empty for everyone."""
    family = models.CharField(max_length=30, choices=[(f.value, f.value.replace("_", " ")) for f in Family])

    class Meta(DatedRow.Meta):
        constraints = (
            *DatedRow.Meta.constraints,
            no_overlap("drug", "policy_layer", name="drug_family_periods_do_not_overlap"),
            models.CheckConstraint(condition=Q(family__in=[f.value for f in Family]), name="drug_family_is_known"),
        )

    def __str__(self) -> str:
        """Return drug and family."""
        return f"{self.drug.name}: {self.family}"
