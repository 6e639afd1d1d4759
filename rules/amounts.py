"""Exact amounts: conversion between the units of a chart and of a code's descriptor, and rounding to units."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Final

from rules.facts import Quantity

# Mass in mg and volume in mL; every other unit converts to itself only.
MASS: Final = {
    "kg": Decimal(1_000_000),
    "g": Decimal(1000),
    "gm": Decimal(1000),
    "gram": Decimal(1000),
    "mg": Decimal(1),
    "mcg": Decimal("0.001"),
    "ug": Decimal("0.001"),
    "µg": Decimal("0.001"),
    "μg": Decimal("0.001"),
    "ng": Decimal("0.000001"),
}
VOLUME: Final = {"l": Decimal(1000), "dl": Decimal(100), "ml": Decimal(1), "cc": Decimal(1)}
SAME: Final = {
    "unit": "units",
    "u": "units",
    "iu": "units",
    "i.u.": "units",
    "international unit": "units",
    "international units": "units",
    "usp unit": "units",
    "usp units": "units",
    "million units": "million units",
    "meq": "meq",
    "mmol": "mmol",
    "mci": "mci",
}
LARGEST_EXPONENT: Final = 9
ROUNDING: Final = {"up": ROUND_CEILING, "down": ROUND_FLOOR, "nearest": ROUND_HALF_UP}


def _word(unit: str) -> str:
    word = " ".join(str(unit).strip().lower().split())
    return SAME.get(word, word)


def is_usable(amount: Decimal) -> bool:
    """Whether it is a number that a chart could hold, so that arithmetic with it is exact: 10⁻⁹ to 10⁹, or 0.

    >>> [is_usable(Decimal(text)) for text in ("0", "250", "NaN", "1E+999999")]
    [True, True, False, False]
    """
    return amount.is_finite() and (not amount or -LARGEST_EXPONENT <= amount.adjusted() <= LARGEST_EXPONENT)


def converted(amount: Quantity, unit: str, concentration: Quantity | None = None) -> Decimal | None:
    """The amount in another unit, exactly; None where no exact conversion exists.

    `concentration` is the amount in one mL and leads from a volume to an amount, or back.

    >>> converted(Quantity(Decimal("0.25"), "mg"), "mcg") == 250
    True
    """
    if not is_usable(amount.amount):
        return None
    source, target = _word(amount.unit), _word(unit)
    if source == target:
        return amount.amount
    for scale in (MASS, VOLUME):
        if source in scale and target in scale:
            return amount.amount * scale[source] / scale[target]
    if concentration is None or not is_usable(concentration.amount) or concentration.amount <= 0:
        return None
    return _by_concentration(amount, unit, concentration)


def _by_concentration(amount: Quantity, unit: str, concentration: Quantity) -> Decimal | None:
    """From a volume to the drug in it, or from a drug to the volume that holds it."""
    source, target = _word(amount.unit), _word(unit)
    if source in VOLUME:
        in_drug = Quantity(amount.amount * VOLUME[source] * concentration.amount, concentration.unit)
        return converted(in_drug, unit)
    in_drug_amount = converted(amount, concentration.unit) if target in VOLUME else None
    return None if in_drug_amount is None else in_drug_amount / concentration.amount / VOLUME[target]


def whole_units(amount: Decimal, rounding: str) -> int:
    """Billing units of an amount already in descriptors: `up`, `nearest` (a half is up) or `down`, at least 1 (H2).

    >>> whole_units(Decimal("3.5"), "up")
    4
    """
    return max(1, int(amount.to_integral_value(rounding=ROUNDING[rounding])))


MOST_TOTALS: Final = 4096


def smallest_opened(dose: Decimal, sizes: list[Decimal]) -> Decimal | None:
    """The least total of whole containers of these sizes that holds the dose (H8).

    None where there is no size, or more combinations than a pharmacy would weigh.

    >>> smallest_opened(Decimal(300), [Decimal(100), Decimal(400)])
    Decimal('300')
    """
    sizes = sorted({size for size in sizes if size > 0})
    if not sizes or dose <= 0:
        return None
    best = sizes[-1] * (dose / sizes[-1]).to_integral_value(rounding=ROUND_CEILING)
    below = {Decimal(0)}
    frontier = {Decimal(0)}
    while frontier:
        grown = {total + size for total in frontier for size in sizes}
        best = min([best, *(total for total in grown if total >= dose)])
        frontier = {total for total in grown if total < dose} - below
        below |= frontier
        if len(below) > MOST_TOTALS:
            return None
    return best


def plain(amount: Decimal) -> str:
    """A decimal without exponent or trailing zeros; as it is where no chart could hold it.

    >>> plain(Decimal("250.00"))
    '250'
    """
    if not is_usable(amount):
        return str(amount)
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
