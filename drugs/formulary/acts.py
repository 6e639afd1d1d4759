"""What a person who maintains the formulary can do. One act, one release, one transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from django.contrib.auth.models import User
from django.db import transaction

from drugs.formulary.releases import begin_release_by_hand, copy_of, end, withdraw
from drugs.models import (
    BillingCode,
    Drug,
    DrugBillingCode,
    DrugFamily,
    DrugName,
    DrugProfile,
    HcpcsCode,
    NameKind,
    Ndc,
    Product,
    Unit,
)
from drugs.models.billing import is_level_ii
from drugs.models.names import normalise
from rules.vocabulary import Family, Route


class UnableToAddDrug(Exception):
    """The drug cannot be added; the message says why."""


class UnableToAddName(Exception):
    """The name cannot be added; the message says why."""


class UnableToMapChartedName(Exception):
    """The charted name cannot be mapped; the message says why."""


class UnableToSetFamily(Exception):
    """The family cannot be set; the message says why."""


class UnableToAssignBillingCode(Exception):
    """The code cannot be given to the drug; the message says why."""


class UnableToSupersedeBillingCode(Exception):
    """The code's meaning cannot be superseded; the message says why."""


class UnableToRetireDrug(Exception):
    """The drug cannot be retired; the message says why."""


class ProfileFlags(TypedDict, total=False):
    """What may be said of a drug when it is added; everything is false where it is not said."""

    is_electrolyte: bool
    is_biologic: bool
    is_immunotherapy: bool
    is_new: bool
    is_compounded: bool
    needs_prior_auth: bool
    no_code_reason: str
    is_not_billed: bool


@transaction.atomic
def add_drug(
    *,
    name: str,
    family: Family,
    on: date,
    by: User,
    at: datetime,
    source: str,
    routes: Sequence[Route] = (),
    reference_drug: Drug | None = None,
    **flags: Unpack[ProfileFlags],
) -> Drug:
    """Return the new drug, in the formulary from `on`. Raises `UnableToAddDrug` where the name is taken."""
    name = " ".join(name.lower().split())
    if not normalise(name) or not source:
        msg = "A drug needs a name and a source."
        raise UnableToAddDrug(msg)
    release = begin_release_by_hand(name=f"Added {name}", on=on, by=by, at=at, source=source)
    taken = _drugs_called(name)
    if taken:
        msg = f"“{name}” already is {taken[0].name}."
        raise UnableToAddDrug(msg)
    drug = Drug.objects.create(name=name, release=release, source=source)
    DrugProfile.objects.create(
        drug=drug,
        routes=[route.value for route in routes],
        reference_drug=reference_drug,
        effective_from=on,
        release=release,
        source=source,
        **flags,
    )
    DrugFamily.objects.create(drug=drug, family=family.value, effective_from=on, release=release, source=source)
    return drug


@transaction.atomic
def add_name(
    *,
    drug: Drug,
    text: str,
    kind: NameKind,
    on: date,
    by: User,
    at: datetime,
    source: str,
    product: Product | None = None,
) -> DrugName:
    """Return a further name of `drug`. Raises `UnableToAddName` where the drug already has it, or another drug does.

    A name of two drugs would resolve to neither, so it takes a deliberate change of the files, not a click.
    """
    release = begin_release_by_hand(name=f"“{text}” is {drug.name}", on=on, by=by, at=at, source=source)
    if not normalise(text) or not source:
        msg = "A name needs letters or digits, and a source."
        raise UnableToAddName(msg)
    others = [other for other in _drugs_called(text) if other.pk != drug.pk]
    if others and kind != NameKind.MISSPELLING:
        msg = f"“{text}” already is {others[0].name}."
        raise UnableToAddName(msg)
    standing = DrugName.objects.current().filter(drug=drug, normalised=normalise(text)).first()
    if normalise(text) == normalise(drug.name) or (standing and standing.kind != NameKind.MISSPELLING):
        msg = f"{drug.name} already has the name “{text}”."
        raise UnableToAddName(msg)
    if standing:
        withdraw(standing, release=release)
    return DrugName.objects.create(drug=drug, text=text, kind=kind, product=product, release=release, source=source)


@transaction.atomic
def map_charted_name(
    *, text: str, drug: Drug, on: date, by: User, at: datetime, source: str, product: Product | None = None
) -> DrugName:
    """Return the name as charted here, from now on resolved to `drug` on every date of service.

    Of several drugs that have the name it chooses one; a name that a person mapped before moves. Raises
    `UnableToMapChartedName` where the name means another drug alone, or `drug` and `product` already. Whoever holds
    encounters that wait for this name codes them again.
    """
    release = begin_release_by_hand(name=f"“{text}” is {product or drug.name}", on=on, by=by, at=at, source=source)
    if not normalise(text) or not source:
        msg = "A name needs letters or digits, and a source."
        raise UnableToMapChartedName(msg)
    if product and product.drug_id != drug.pk:
        msg = f"{product.name} is no product of {drug.name}."
        raise UnableToMapChartedName(msg)
    rows = DrugName.objects.current().filter(normalised=normalise(text)).exclude(kind=NameKind.MISSPELLING)
    chosen = [row for row in rows if row.kind == NameKind.CHARTED and row.drug_id != drug.pk]
    meant = _drugs_called(text)
    others = [other for other in meant if other.pk not in {drug.pk, *(row.drug_id for row in chosen)}]
    if others and drug not in meant:
        msg = f"“{text}” already is {others[0].name}."
        raise UnableToMapChartedName(msg)
    own = DrugName.objects.current().filter(drug=drug, normalised=normalise(text)).first()
    is_known = drug in meant and not others and not chosen
    if is_known and (product is None or (own and own.product == product)):
        msg = f"{drug.name} already has the name “{text}”."
        raise UnableToMapChartedName(msg)
    for row in [*chosen, *([own] if own else [])]:
        withdraw(row, release=release)
    return DrugName.objects.create(
        drug=drug, text=text, kind=NameKind.CHARTED, product=product, release=release, source=source
    )


@transaction.atomic
def set_family(
    *,
    drug: Drug,
    family: Family,
    on: date,
    by: User,
    at: datetime,
    source: str,
    policy_layer: str = "",
) -> DrugFamily:
    """Return the drug's family from `on`, for everyone or for one policy layer; the earlier one ends on that day.

    Raises `UnableToSetFamily` where a later family is already set, which the new one would overrun.
    """
    release = begin_release_by_hand(name=f"{drug.name} is {family}", on=on, by=by, at=at, source=source)
    standing = DrugFamily.objects.current().filter(drug=drug, policy_layer=policy_layer)
    if standing.filter(effective_from__gt=on).exists():
        msg = f"{drug.name} has a family from a later date; end that one first."
        raise UnableToSetFamily(msg)
    if standing.in_force(on).filter(family=family.value, effective_until__isnull=True).exists():
        msg = f"{drug.name} already is {family} on that date."
        raise UnableToSetFamily(msg)
    end(standing, on=on, release=release)
    return DrugFamily.objects.create(
        drug=drug,
        policy_layer=policy_layer,
        family=family.value,
        effective_from=on,
        release=release,
        source=source,
    )


@transaction.atomic
def assign_billing_code(
    *,
    drug: Drug,
    code: str,
    on: date,
    by: User,
    at: datetime,
    source: str,
    product: Product | None = None,
    routes: Sequence[Route] = (),
) -> DrugBillingCode:
    """Return the link by which `code` bills `drug` from `on`.

    Raises `UnableToAssignBillingCode` where the code is not valid on that date or the drug has it already.
    """
    release = begin_release_by_hand(name=f"{drug.name} bills as {code}", on=on, by=by, at=at, source=source)
    if not BillingCode.objects.in_force(on).filter(hcpcs=code).exists():
        msg = f"{code} is not a valid code on {on}."
        raise UnableToAssignBillingCode(msg)
    if DrugBillingCode.objects.in_force(on).filter(drug=drug, hcpcs=code, product=product).exists():
        msg = f"{drug.name} already bills as {code}."
        raise UnableToAssignBillingCode(msg)
    return DrugBillingCode.objects.create(
        drug=drug,
        hcpcs_id=code,
        product=product,
        routes=[route.value for route in routes],
        effective_from=on,
        release=release,
        source=source,
    )


@transaction.atomic
def supersede_billing_code(
    *,
    code: str,
    successor: str,
    label: str,
    per_amount: Decimal,
    per_unit: Unit,
    on: date,
    by: User,
    at: datetime,
    source: str,
) -> BillingCode:
    """Return the meaning of `successor`, which from `on` bills whatever `code` billed.

    `successor` may be `code` itself, with another amount. The links of drugs move with it; earlier dates of
    service keep what they had. Raises `UnableToSupersedeBillingCode` where `code` is not in force on `on`, or where
    `successor` is not a Level II code or already has another meaning then.
    """
    if not is_level_ii(successor):
        msg = f"{successor} is not a HCPCS Level II code."
        raise UnableToSupersedeBillingCode(msg)
    release = begin_release_by_hand(name=f"{code} becomes {successor}", on=on, by=by, at=at, source=source)
    old = BillingCode.objects.in_force(on).filter(hcpcs=code).first()
    if old is None:
        msg = f"{code} is not in force on {on}."
        raise UnableToSupersedeBillingCode(msg)
    if code != successor and BillingCode.objects.in_force(on).filter(hcpcs=successor).exists():
        msg = f"{successor} already has a meaning on {on}."
        raise UnableToSupersedeBillingCode(msg)
    HcpcsCode.objects.get_or_create(code=successor)
    end([old], on=on, release=release, replaced_by_id=successor if code != successor else None)
    new = BillingCode.objects.create(
        hcpcs_id=successor,
        label=label,
        per_amount=per_amount,
        per_unit=per_unit,
        counted_ingredient=old.counted_ingredient,
        effective_from=on,
        effective_until=old.effective_until,
        release=release,
        source=source,
    )
    if code != successor:
        for link in end(DrugBillingCode.objects.in_force(on).filter(hcpcs=code), on=on, release=release):
            copy_of(link, release_id=release.pk, hcpcs_id=successor, effective_from=on, source=source).save()
    return new


@transaction.atomic
def retire_drug(*, drug: Drug, on: date, by: User, at: datetime, source: str) -> None:
    """Take `drug` out of the formulary from `on`; earlier dates of service keep it.

    Raises `UnableToRetireDrug` where it is not in the formulary on `on`.
    """
    release = begin_release_by_hand(name=f"Retired {drug.name}", on=on, by=by, at=at, source=source)
    if not DrugProfile.objects.in_force(on).filter(drug=drug).exists():
        msg = f"{drug.name} is not in the formulary on {on}."
        raise UnableToRetireDrug(msg)
    for model in (DrugProfile, DrugFamily, DrugBillingCode, Ndc):
        end(model.objects.current().filter(drug=drug), on=on, release=release)


def _drugs_called(text: str) -> list[Drug]:
    """Return the drugs that `text` means, misspellings apart."""
    comparable = normalise(text)
    by_name = DrugName.objects.current().filter(normalised=comparable).exclude(kind=NameKind.MISSPELLING)
    ids = set(by_name.values_list("drug", flat=True))
    return [drug for drug in Drug.objects.order_by("pk") if drug.pk in ids or normalise(drug.name) == comparable]
