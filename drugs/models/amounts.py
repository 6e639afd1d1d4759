"""Exact amounts without the zeros that a column adds."""

from decimal import Decimal


def plain(number: Decimal) -> Decimal:
    """Return `number` without trailing zeros and without an exponent, however it was stored."""
    normal = number.normalize()
    return normal.quantize(Decimal(1)) if normal == normal.to_integral_value() else normal


def plain_text(number: Decimal | None) -> str:
    """Return `number` as a person writes it, nothing where there is none."""
    return "" if number is None else f"{plain(number):f}"
