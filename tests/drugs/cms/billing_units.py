"""What a crosswalk row's billing units should be: the container's amount divided by the amount that the parser read.

PKG SIZE is millilitres of a liquid, 1 of a powder or kit, and the number of tablets of an oral drug. A code by volume
needs nothing else. An amount needs a strength with it, which the crosswalk has not. It comes from FDA's directory of
2019 where the product is in it; otherwise from a package of the code that is, if the two hold the same: an equal
concentration, or of a powder an equal amount.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from enum import Enum
from functools import cache

from drugs.cms.descriptor import BillingAmount, Unread, read_amount
from drugs.cms.rows import NdcPackageRow, NdcProductRow
from drugs.models import Unit
from tests.drugs.cms import published
from tests.drugs.cms.published import Package

TOLERANCE = Decimal("0.025")
"""FDA rounds strengths (16.67 mg/mL), CMS rounds units (2.13)."""
STRENGTH = re.compile(r"(\d*\.?\d+) (\S+?)/(\d*\.?\d*)(mL|1)")
UNITS = {
    "mg": (Unit.MG, Decimal(1)),
    "g": (Unit.MG, Decimal(1000)),
    "ug": (Unit.MG, Decimal("0.001")),
    "[iU]": (Unit.UNITS, Decimal(1)),
    "[USP'U]": (Unit.UNITS, Decimal(1)),
    "U": (Unit.UNITS, Decimal(1)),
    "meq": (Unit.MEQ, Decimal(1)),
}
IN_MG = {Unit.MG: Decimal(1), Unit.G: Decimal(1000), Unit.MCG: Decimal("0.001")}
VOLUMES = {Unit.ML: Decimal(1), Unit.L: Decimal(1000)}
VOLUME_OF_CONTAINER = re.compile(r"(\d*\.?\d+) mL in 1 ")


class Verdict(Enum):
    REPRODUCED = "reproduced"
    AS_ANOTHER = "holds what a reproduced package of the code holds"
    NOT_GIVEN = "no strength is published"
    CONTRADICTED = "contradicted"


def amount_of(code: str, quarter: str) -> BillingAmount | Unread:
    """The amount by the long description, by the dosage column where that can't be read."""
    row = published.descriptors().get(code)
    amount = read_amount(row.long_description) if row else Unread("there is no description")
    return read_amount(published.prices(quarter)[code].dosage) if isinstance(amount, Unread) else amount


@cache
def strengths() -> dict[str, list[tuple[Unit, Decimal, bool]]]:
    """Of each product in the crosswalk: unit, amount, and whether that is in one mL."""
    known: dict[str, list[tuple[Unit, Decimal, bool]]] = {}
    for product in published.reading(published.only("ndc/product.txt.xz")).rows:
        if not isinstance(product, NdcProductRow) or product.product_ndc in known:
            continue
        known[product.product_ndc] = [
            (UNITS[found[2]][0], Decimal(found[1]) * UNITS[found[2]][1] / Decimal(found[3] or 1), found[4] == "mL")
            for found in map(STRENGTH.fullmatch, product.strengths)
            if found and found[2] in UNITS
        ]
    return known


@cache
def volumes() -> dict[str, Decimal]:
    """Of each package in the crosswalk whose text says it: millilitres of the innermost container."""
    return {
        package.ndc: Decimal(said[-1])
        for package in published.reading(published.only("ndc/package.txt.xz")).rows
        if isinstance(package, NdcPackageRow) and (said := VOLUME_OF_CONTAINER.findall(package.description))
    }


def amount_in_container(row: Package, amount: BillingAmount) -> Decimal:
    """What the row's billing units come to, in mg, units or mEq."""
    return row.billing_units * amount.amount * IN_MG.get(amount.unit, Decimal(1))


def expected(row: Package, amount: BillingAmount) -> list[Decimal]:
    """Amounts that the container may hold by FDA's directory; none where it gives none, or per mL of a powder."""
    unit = Unit.MG if amount.unit in IN_MG else amount.unit
    known = [(each, is_per_ml) for of, each, is_per_ml in strengths().get(row.ndc[:9], ()) if of == unit]
    per_ml, per_item = [e for e, is_per_ml in known if is_per_ml], [e for e, is_per_ml in known if not is_per_ml]
    # Of a combination the code may count one ingredient or their total.
    per_ml, per_item = [*per_ml, sum(per_ml, Decimal(0))], [*per_item, sum(per_item, Decimal(0))]
    volume = volumes().get(row.ndc)
    candidates = [*per_item, *(each * row.package_size for each in per_item)]
    if row.package_size != 1:
        candidates += [each * row.package_size for each in per_ml]
    elif volume is not None and volume <= 1:
        candidates += [each * volume for each in per_ml]
    return [each for each in candidates if each]


def possible(row: Package, amount: BillingAmount) -> list[Decimal]:
    """The amount in a powder's vial, once dissolved in the volume that the package text names."""
    unit = Unit.MG if amount.unit in IN_MG else amount.unit
    per_ml = [each for of, each, is_per_ml in strengths().get(row.ndc[:9], ()) if of == unit and is_per_ml]
    return [each * volumes().get(row.ndc, row.package_size) for each in (*per_ml, sum(per_ml, Decimal(0)))]


def is_same(one: BillingAmount, other: BillingAmount) -> bool:
    """Whether the two are one amount, in whatever unit."""
    scales = [{**IN_MG, **VOLUMES}.get(amount.unit, Decimal(1)) for amount in (one, other)]
    kinds = [
        Unit.MG if amount.unit in IN_MG else Unit.ML if amount.unit in VOLUMES else amount.unit
        for amount in (one, other)
    ]
    return kinds[0] == kinds[1] and one.amount * scales[0] == other.amount * scales[1]


def is_close(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= max(one, other) * TOLERANCE


def verdicts(rows: Iterable[Package], amounts: dict[str, BillingAmount]) -> dict[Package, Verdict]:
    """What the parsed amount makes of each row's BILLUNITS."""
    found = {row: _verdict(row, amounts[row.code]) for row in rows}
    held: dict[str, set[Decimal]] = defaultdict(set)
    for row, verdict in found.items():
        if verdict is Verdict.REPRODUCED:
            held[row.code].add(_held(row, amounts[row.code]))
    return {
        row: Verdict.AS_ANOTHER if verdict is Verdict.NOT_GIVEN and _is_among(row, amounts, held) else verdict
        for row, verdict in found.items()
    }


def _held(row: Package, amount: BillingAmount) -> Decimal:
    """The amount in one mL, in one tablet or in the vial of a powder."""
    return amount_in_container(row, amount) / row.package_size


def _is_among(row: Package, amounts: dict[str, BillingAmount], held: dict[str, set[Decimal]]) -> bool:
    return any(is_close(each, _held(row, amounts[row.code])) for each in held[row.code])


def _verdict(row: Package, amount: BillingAmount) -> Verdict:
    if amount.unit == Unit.EACH:
        return Verdict.REPRODUCED if row.billing_units == 1 else Verdict.CONTRADICTED
    if amount.unit in VOLUMES:
        millilitres = row.package_size
        is_made = _makes(row, amount, millilitres / VOLUMES[amount.unit])
        return Verdict.REPRODUCED if is_made else Verdict.CONTRADICTED
    candidates = expected(row, amount)
    if any(
        _makes(row, amount, each / IN_MG.get(amount.unit, Decimal(1))) for each in (*candidates, *possible(row, amount))
    ):
        return Verdict.REPRODUCED
    return Verdict.CONTRADICTED if candidates else Verdict.NOT_GIVEN


def _makes(row: Package, amount: BillingAmount, held: Decimal) -> bool:
    """Whether the container's amount comes to the row's units; of an "up to" code a unit begun is a unit."""
    units = held / amount.amount
    described = published.descriptors().get(row.code)
    is_begun = "up to" in f"{row.dosage} {described.long_description if described else ''}".lower()
    return is_close(units, row.billing_units) or (
        is_begun and units.quantize(Decimal(1), rounding=ROUND_CEILING) == row.billing_units
    )


def makes_package(row: Package) -> bool:
    """Whether BILLUNITSPKG is BILLUNITS times PKG QTY, or times the tablets in PKG SIZE; CMS rounds to whole units."""
    products = (row.billing_units * row.package_quantity, row.billing_units * row.package_quantity * row.package_size)
    wholes = {each.quantize(Decimal(1), rounding=ROUND_CEILING) for each in products}
    return any(abs(each - row.package_billing_units) <= Decimal("0.5") for each in products) or (
        row.package_billing_units in wholes
    )
