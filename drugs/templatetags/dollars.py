"""Changes in dollars as the formulary's pages print them."""

from decimal import Decimal

from django import template

MINUS = "−"
register = template.Library()


@register.filter
def change(amount: Decimal | float | str | None) -> str:
    """A change in US dollars with its sign unless it is nothing: +1,234.50."""
    if amount in {None, ""}:
        return ""
    dollars = Decimal(str(amount))
    return f"{'+' if dollars > 0 else MINUS if dollars < 0 else ''}{abs(dollars):,.2f}"
