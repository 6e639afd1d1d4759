"""Amounts as the engine has them: columns of the database without their trailing zeros."""

from decimal import Decimal

from rules.facts import Quantity


def quantity(amount: Decimal | None, unit: str) -> Quantity | None:
    """The amount with its unit, None where none was charted."""
    return None if amount is None else Quantity(plain(amount), unit)


def plain(amount: Decimal) -> Decimal:
    """The same number without the column's trailing zeros, so that equal facts have equal digests."""
    return Decimal(f"{amount.normalize():f}")
