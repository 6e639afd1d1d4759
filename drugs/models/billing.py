"""HCPCS Level II codes: what one billing unit is, which drug it is for, what Medicare pays."""

import re
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from drugs.models.amounts import plain_text
from drugs.models.drug import Drug, Product
from drugs.models.release import DatedRow, no_overlap
from rules.vocabulary import Route

LEVEL_II = r"^[A-V][0-9]{4}$"
"""A letter and four digits. CPT codes are digits and have no place in these tables."""


def is_level_ii(code: str) -> bool:
    """Whether `code` has the form of a HCPCS Level II code."""
    return re.fullmatch(LEVEL_II, code, re.ASCII) is not None


class Unit(models.TextChoices):
    """Units of an amount, spelled as `rules.facts.Quantity` has them, and EACH for whole things."""

    MG = "mg", "mg"
    MCG = "mcg", "mcg"
    G = "g", "g"
    UNITS = "units", "units"
    MEQ = "mEq", "mEq"
    ML = "mL", "mL"
    L = "L", "L"
    EACH = "each", "each"


class HcpcsCode(models.Model):
    """A code as an identity; what it means is dated in `BillingCode`."""

    code = models.CharField(max_length=5, primary_key=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(code__regex=LEVEL_II), name="hcpcs_code_is_level_ii"),)

    def __str__(self) -> str:
        """Return the code."""
        return self.code


class BillingCode(DatedRow):
    """What a code stands for in a period: the amount of one billing unit, as its descriptor has it."""

    hcpcs = models.ForeignKey(HcpcsCode, on_delete=models.PROTECT, related_name="meanings")
    label = models.CharField(max_length=100)
    """CMS's short description (Level II text is in the public domain)."""
    per_amount = models.DecimalField(max_digits=14, decimal_places=6)
    per_unit = models.CharField(max_length=10, choices=Unit)
    counted_ingredient = models.CharField(max_length=100, blank=True)
    """Of a combination, the ingredient that the amount counts."""
    is_unclassified = models.BooleanField(default=False)
    """A code for drugs without one of their own: billed with name, NDC and dose in words."""
    replaced_by = models.ForeignKey(HcpcsCode, on_delete=models.PROTECT, related_name="replaces", null=True, blank=True)
    """The code that follows when this one ends, where the publisher names it."""

    class Meta(DatedRow.Meta):
        constraints = (
            *DatedRow.Meta.constraints,
            no_overlap("hcpcs", name="billing_code_periods_do_not_overlap"),
            models.CheckConstraint(condition=Q(per_amount__gt=0), name="billing_code_amount_is_positive"),
            models.CheckConstraint(condition=Q(per_unit__in=Unit.values), name="billing_code_unit_is_known"),
            models.CheckConstraint(
                condition=Q(replaced_by__isnull=True) | ~Q(replaced_by=F("hcpcs")),
                name="billing_code_does_not_replace_itself",
            ),
        )

    def __str__(self) -> str:
        """Return code and amount of one unit."""
        return f"{self.hcpcs_id} per {self.per}"

    @property
    def per(self) -> str:
        """The amount of one billing unit, as `10 mg`."""
        return f"{plain_text(self.per_amount)} {self.per_unit}"


class DrugBillingCode(DatedRow):
    """A code that bills a drug. Without a product it is for any product that has no code of its own."""

    class Circumstance(models.TextChoices):
        """Codes that a circumstance of the patient calls for, whatever the product."""

        USUAL = "", "Usual"
        ESRD_ON_DIALYSIS = "esrd_on_dialysis", "End-stage renal disease on dialysis"

    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="billing_codes")
    hcpcs = models.ForeignKey(HcpcsCode, on_delete=models.PROTECT, related_name="drugs")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="billing_codes", null=True, blank=True)
    routes = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    """Routes that the code is for; empty for all."""
    circumstance = models.CharField(max_length=30, choices=Circumstance, blank=True)

    class Meta(DatedRow.Meta):
        constraints = (
            *DatedRow.Meta.constraints,
            no_overlap("drug", "hcpcs", Coalesce("product", 0), name="drug_billing_code_periods_do_not_overlap"),
            models.CheckConstraint(
                condition=Q(routes__contained_by=[r.value for r in Route]), name="drug_billing_code_routes_are_known"
            ),
        )

    def __str__(self) -> str:
        """Return drug and code."""
        return f"{self.drug.name}: {self.hcpcs_id}"


class Price(DatedRow):
    """Medicare's payment limit of one billing unit in one quarter, in US dollars."""

    hcpcs = models.ForeignKey(HcpcsCode, on_delete=models.PROTECT, related_name="prices")
    payment_limit = models.DecimalField(max_digits=14, decimal_places=3)

    class Meta(DatedRow.Meta):
        constraints = (
            *DatedRow.Meta.constraints,
            no_overlap("hcpcs", name="price_periods_do_not_overlap"),
            models.CheckConstraint(condition=Q(payment_limit__gte=0), name="price_is_not_negative"),
            models.CheckConstraint(condition=Q(effective_until__isnull=False), name="price_has_an_end"),
        )

    def __str__(self) -> str:
        """Return code, limit and first day."""
        return f"{self.hcpcs_id} {self.payment_limit} from {self.effective_from}"


class StatusIndicator(DatedRow):
    """How Medicare pays a hospital for a code in one quarter: OPPS Addendum B, Level II codes only.

    `K` and `G` (pass-through) are paid on their own, `N` is packaged into other payments.
    """

    WORDS: ClassVar[dict[str, str]] = {
        "A": "paid under another fee schedule",
        "B": "not recognized on hospital claims",
        "D": "discontinued",
        "E1": "not covered",
        "E2": "no price and no claims data",
        "G": "pass-through drug, paid on its own",
        "K": "drug paid on its own",
        "K1": "drug paid on its own",
        "L": "vaccine paid at reasonable cost",
        "M": "not billed to this contractor",
        "N": "packaged into other payments",
    }
    """The indicators that drug codes have, in short."""

    hcpcs = models.ForeignKey(HcpcsCode, on_delete=models.PROTECT, related_name="status_indicators")
    indicator = models.CharField(max_length=2)
    apc = models.CharField(max_length=5, blank=True)
    """Ambulatory payment classification; empty where the code has none."""
    payment_rate = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    """US dollars of one billing unit in a hospital, None where none is published."""
    pass_through_until = models.DateField(null=True, blank=True)
    """First day without pass-through payment, where the file names one."""

    class Meta(DatedRow.Meta):
        constraints = (
            *DatedRow.Meta.constraints,
            no_overlap("hcpcs", name="status_indicator_periods_do_not_overlap"),
            models.CheckConstraint(
                condition=Q(indicator__regex=r"^[A-Z][0-9]?$"), name="status_indicator_has_its_form"
            ),
            models.CheckConstraint(
                condition=Q(payment_rate__isnull=True) | Q(payment_rate__gte=0), name="payment_rate_is_not_negative"
            ),
        )

    def __str__(self) -> str:
        """Return code, indicator and first day."""
        return f"{self.hcpcs_id} {self.indicator} from {self.effective_from}"

    @property
    def is_packaged(self) -> bool:
        """Whether Medicare pays a hospital nothing for the code by itself."""
        return self.indicator == "N"

    @property
    def words(self) -> str:
        """The indicator in words, empty for one that drug codes do not have."""
        return self.WORDS.get(self.indicator, "")
