"""Packages: National Drug Codes, what they bill as, and the container sizes on the market."""

import re
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from drugs.models.amounts import plain_text
from drugs.models.billing import HcpcsCode, Unit
from drugs.models.drug import Drug, Product
from drugs.models.release import DatedRow, no_overlap
from rules.vocabulary import Route

_SEGMENTS = re.compile(r"(\d{4,5})-(\d{3,4})-(\d{1,2})")
SHORTEST = 10
"""Digits of the three segments together; one fewer than eleven where a zero was left out."""

_ELEVEN = re.compile(r"\d{11}")


def parse_ndc(text: str) -> str | None:
    """Return the 11 digits (5-4-2) of a National Drug Code, None where they cannot be known.

    A 10-digit code is understood only with its hyphens, which say where the zero goes (I1); without them it is
    three codes at once.
    """
    text = re.sub("[\u2010-\u2015\u2212]", "-", text).strip()
    if _ELEVEN.fullmatch(text):
        return text if text.isascii() else None
    segments = _SEGMENTS.fullmatch(text)
    if not segments or not text.isascii():
        return None
    labeler, product, package = segments.groups()
    if len(labeler + product + package) < SHORTEST:
        return None
    return labeler.zfill(5) + product.zfill(4) + package.zfill(2)


def format_ndc(ndc: str) -> str:
    """Return 11 digits as 5-4-2 with hyphens."""
    return f"{ndc[:5]}-{ndc[5:9]}-{ndc[9:]}"


class Ndc(DatedRow):
    """One package, by the 11 digits of its National Drug Code."""

    ndc = models.CharField(max_length=11, db_index=True)
    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="ndcs", null=True, blank=True)
    """None: its code is of no drug in the formulary yet, and the package is kept as a gap."""
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="ndcs", null=True, blank=True)
    name = models.CharField(max_length=200)
    """The name on the package."""
    labeler = models.CharField(max_length=200, blank=True)
    package_size = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    """CMS's PKG SIZE: mL, or items, in one container."""
    package_quantity = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    """CMS's PKG QTY: containers in the package."""
    is_single_dose = models.BooleanField(null=True, blank=True)
    """None: the sources do not say."""

    class Meta(DatedRow.Meta):
        constraints = (
            *DatedRow.Meta.constraints,
            no_overlap("ndc", name="ndc_periods_do_not_overlap"),
            models.CheckConstraint(condition=Q(ndc__regex=r"^[0-9]{11}$"), name="ndc_is_eleven_digits"),
        )

    def __str__(self) -> str:
        """Return the code as 5-4-2."""
        return format_ndc(self.ndc)

    @property
    def size(self) -> str:
        """Millilitres or items in one container, empty where CMS gives none."""
        return plain_text(self.package_size)

    @property
    def quantity(self) -> str:
        """Containers in the package, empty where CMS gives none."""
        return plain_text(self.package_quantity)


class NdcBillingCode(DatedRow):
    """What a package bills as. One package may have two codes at once, and is then ambiguous."""

    ndc = models.CharField(max_length=11, db_index=True)
    hcpcs = models.ForeignKey(HcpcsCode, on_delete=models.PROTECT, related_name="ndcs")
    billing_units = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    """Billing units in one container, as CMS publishes them."""
    package_billing_units = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    """Billing units in the package."""

    class Meta(DatedRow.Meta):
        constraints = (
            *DatedRow.Meta.constraints,
            no_overlap("ndc", "hcpcs", name="ndc_billing_code_periods_do_not_overlap"),
            models.CheckConstraint(condition=Q(ndc__regex=r"^[0-9]{11}$"), name="ndc_billing_code_is_eleven_digits"),
        )

    def __str__(self) -> str:
        """Return package and code."""
        return f"{format_ndc(self.ndc)}: {self.hcpcs_id}"

    @property
    def units(self) -> str:
        """Billing units in one container, empty where CMS gives none."""
        return plain_text(self.billing_units)


class MarketedSize(DatedRow):
    """A container size on the market: the drug's amount in one vial, syringe or bag."""

    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="sizes")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="sizes", null=True, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    unit = models.CharField(max_length=10, choices=Unit)
    volume_ml = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    is_single_dose = models.BooleanField(null=True, blank=True)
    routes = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    """Routes that the presentation is made for; empty for all of the drug's."""

    class Meta(DatedRow.Meta):
        constraints = (
            *DatedRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(routes__contained_by=[r.value for r in Route]), name="marketed_size_routes_are_known"
            ),
            no_overlap(
                "drug",
                Coalesce("product", 0),
                "amount",
                "unit",
                Coalesce("volume_ml", Decimal(0)),
                name="marketed_size_periods_do_not_overlap",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="marketed_size_is_positive"),
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="marketed_size_unit_is_known"),
        )

    def __str__(self) -> str:
        """Return drug and size."""
        return f"{self.drug.name} {self.size}"

    @property
    def size(self) -> str:
        """The amount in one container, as `400 mg`."""
        return f"{plain_text(self.amount)} {self.unit}"
