"""The datasets' amounts, exact to what the chart keeps."""

from decimal import Decimal, InvalidOperation

from encounters.intake.records import Amount

UNITS = {
    "mg": "mg", "mcg": "mcg", "grams": "g", "gm": "g", "g": "g", "gram": "g", "units": "units", "unit": "units",
    "meq": "mEq", "meq.": "mEq", "ml": "mL", "mmol": "mmol",
}  # fmt: skip
_SMALLEST = Decimal("0.000001")
_MOST = Decimal(10) ** 9


def amount(number: str, unit: str) -> Amount | None:
    """The amount, None where it is no number, not above zero, or of a unit that measures no amount ("dose")."""
    known = UNITS.get(unit.strip().lower())
    try:
        value = Decimal(number.strip().replace(",", ""))
    except InvalidOperation:
        return None
    if known is None or not value.is_finite() or not 0 < value < _MOST:
        return None
    return Amount(value.quantize(_SMALLEST), known)


def total(amounts: list[Amount]) -> Amount | None:
    """The sum of amounts of one unit; None where there is none or the units differ."""
    if not amounts or len({each.unit for each in amounts}) > 1:
        return None
    return Amount(sum((each.amount for each in amounts), Decimal(0)), amounts[0].unit)
