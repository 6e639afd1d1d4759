"""The formulary. Every row comes with a release of its own, as every change of the formulary does."""

from datetime import UTC, date, datetime
from decimal import Decimal

import factory

from drugs.models import (
    BillingCode,
    Drug,
    DrugBillingCode,
    DrugFamily,
    DrugName,
    DrugProfile,
    FormularyRelease,
    HcpcsCode,
    MarketedSize,
    NameKind,
    Ndc,
    NdcBillingCode,
    Price,
    Product,
    StatusIndicator,
)

START = date(2024, 1, 1)
"""Where periods begin unless a test says otherwise."""
SOURCE = "invented for a test"


class FormularyReleaseFactory(factory.django.DjangoModelFactory[FormularyRelease]):
    """A change by hand."""

    class Meta:
        model = FormularyRelease

    kind = FormularyRelease.Kind.HAND
    name = factory.Sequence(lambda n: f"Release {n}")
    effective_date = START
    imported_at = datetime(2024, 1, 1, 9, 0, tzinfo=UTC)
    imported_by_name = "cleo"
    source = SOURCE


class DrugFactory(factory.django.DjangoModelFactory[Drug]):
    """An ingredient that the formulary says nothing of yet."""

    class Meta:
        model = Drug

    name = factory.Sequence(lambda n: f"drug {n}")
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


class DrugProfileFactory(factory.django.DjangoModelFactory[DrugProfile]):
    """A drug that is in the formulary."""

    class Meta:
        model = DrugProfile

    drug = factory.SubFactory(DrugFactory)
    routes = ["IV"]
    effective_from = START
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


class DrugFamilyFactory(factory.django.DjangoModelFactory[DrugFamily]):
    """A therapeutic drug."""

    class Meta:
        model = DrugFamily

    drug = factory.SubFactory(DrugFactory)
    family = "therapeutic"
    effective_from = START
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


class ProductFactory(factory.django.DjangoModelFactory[Product]):
    """A brand."""

    class Meta:
        model = Product

    drug = factory.SubFactory(DrugFactory)
    name = factory.Sequence(lambda n: f"Brand {n}")
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


class DrugNameFactory(factory.django.DjangoModelFactory[DrugName]):
    """A synonym."""

    class Meta:
        model = DrugName

    drug = factory.SubFactory(DrugFactory)
    text = factory.Sequence(lambda n: f"synonym {n}")
    kind = NameKind.SYNONYM
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


class HcpcsCodeFactory(factory.django.DjangoModelFactory[HcpcsCode]):
    """A code without a meaning."""

    class Meta:
        model = HcpcsCode
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"J{n:04}")


class BillingCodeFactory(factory.django.DjangoModelFactory[BillingCode]):
    """A code for 10 mg."""

    class Meta:
        model = BillingCode

    hcpcs = factory.SubFactory(HcpcsCodeFactory)
    label = "Injection, example"
    per_amount = Decimal(10)
    per_unit = "mg"
    effective_from = START
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


class DrugBillingCodeFactory(factory.django.DjangoModelFactory[DrugBillingCode]):
    """A code that bills a drug, whatever the product; it has no meaning yet."""

    class Meta:
        model = DrugBillingCode

    drug = factory.SubFactory(DrugFactory)
    hcpcs = factory.SubFactory(HcpcsCodeFactory)
    effective_from = START
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


class PriceFactory(factory.django.DjangoModelFactory[Price]):
    """A payment limit in the first quarter of 2026."""

    class Meta:
        model = Price

    hcpcs = factory.SubFactory(HcpcsCodeFactory)
    payment_limit = Decimal("12.340")
    effective_from = date(2026, 1, 1)
    effective_until = date(2026, 4, 1)
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


class StatusIndicatorFactory(factory.django.DjangoModelFactory[StatusIndicator]):
    """A drug that Medicare pays a hospital for, in the first quarter of 2026."""

    class Meta:
        model = StatusIndicator

    hcpcs = factory.SubFactory(HcpcsCodeFactory)
    indicator = "K"
    effective_from = date(2026, 1, 1)
    effective_until = date(2026, 4, 1)
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


class NdcFactory(factory.django.DjangoModelFactory[Ndc]):
    """A package."""

    class Meta:
        model = Ndc

    ndc = factory.Sequence(lambda n: f"{n:011}")
    drug = factory.SubFactory(DrugFactory)
    name = "Example"
    effective_from = START
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


class NdcBillingCodeFactory(factory.django.DjangoModelFactory[NdcBillingCode]):
    """What a package bills as."""

    class Meta:
        model = NdcBillingCode

    ndc = factory.Sequence(lambda n: f"{n:011}")
    hcpcs = factory.SubFactory(HcpcsCodeFactory)
    effective_from = START
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


class MarketedSizeFactory(factory.django.DjangoModelFactory[MarketedSize]):
    """A single-dose vial of 100 mg."""

    class Meta:
        model = MarketedSize

    drug = factory.SubFactory(DrugFactory)
    amount = Decimal(100)
    unit = "mg"
    is_single_dose = True
    effective_from = START
    release = factory.SubFactory(FormularyReleaseFactory)
    source = SOURCE


def listed_drug(
    name: str, *, code: str = "", per_amount: str = "10", per_unit: str = "mg", family: str = "therapeutic"
) -> Drug:
    """A drug in the formulary with its family and, where `code` is given, the code that bills it."""
    drug = DrugFactory.create(name=name)
    DrugProfileFactory.create(drug=drug)
    DrugFamilyFactory.create(drug=drug, family=family)
    if code:
        hcpcs = HcpcsCodeFactory.create(code=code)
        if not BillingCode.objects.current().filter(hcpcs=hcpcs).exists():
            BillingCodeFactory.create(hcpcs=hcpcs, per_amount=Decimal(per_amount), per_unit=per_unit)
        DrugBillingCodeFactory.create(drug=drug, hcpcs=hcpcs)
    return drug
