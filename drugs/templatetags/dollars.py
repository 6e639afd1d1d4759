"""Changes in dollars, and days of stored counts, as the formulary's pages print them."""

from datetime import date
from decimal import Decimal

from django import template

from drugs.dates import written

MINUS = "−"
register = template.Library()


@register.filter
def change(amount: Decimal | float | str | None) -> str:
    """A change in US dollars with its sign unless it is nothing: +1,234.50."""
    if amount in {None, ""}:
        return ""
    dollars = Decimal(str(amount))
    return f"{'+' if dollars > 0 else MINUS if dollars < 0 else ''}{abs(dollars):,.2f}"


@register.filter
def day_of(text: str) -> str:
    """A day as it is stored, 2026-09-14, as a person writes it: 14 Sep 2026."""
    return written(date.fromisoformat(text))
