"""Filters of the coding pages: money, units and modifiers as they stand on a claim."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.urls import NoReverseMatch, reverse

from drugs.templatetags.dollars import MINUS, change

register = template.Library()

DEMO_PEOPLE = (
    ("coder", "works the queue"),
    ("coder2", "works it too, to see claims"),
    ("lead", "also takes second reviews"),
    ("auditor", "reads everything, changes nothing"),
    ("formulary", "keeps the drugs"),
    ("operator", "takes files in, watches"),
)


@register.filter
def holds(ids: str, wanted: str) -> bool:
    """Whether a list of ids with spaces between names `wanted`."""
    return wanted in ids.split()


@register.filter
def told_of(amended: Mapping[str, str], ids: str) -> str:
    """What addenda in force said of the administrations whose ids are given with spaces between; for a bar's words."""
    return "".join(amended[one] for one in ids.split() if one in amended) if amended else ""


@register.filter
def words(text: str) -> list[str]:
    """`text` split at its spaces."""
    return text.split()


@register.filter
def plus(number: float, other: float) -> float:
    """The sum, rounded to two places for an SVG attribute."""
    return round(number + other, 2)


@register.filter
def times(number: float, other: float) -> float:
    """The product, for a place in an SVG."""
    return number * other


@register.filter
def money(amount: Decimal | None) -> str:
    """Dollars with cents and thousands apart, a true minus; nothing where no amount is known."""
    if amount is None:
        return ""
    return f"{MINUS if amount < 0 else ''}{abs(amount):,.2f}"


@register.filter
def signed_money(amount: Decimal | None) -> str:
    """A change in dollars, always with its sign unless it is nothing."""
    return change(amount)


@register.filter
def spaced(values: Iterable[str]) -> str:
    """Values with spaces between, such as modifiers."""
    return " ".join(values)


@register.filter
def day(value: date | None) -> str:
    """A date of this century short enough for a row: Tue 30 Dec."""
    return f"{value:%a} {value.day} {value:%b}" if value else ""


@register.filter
def full_day(value: date | None) -> str:
    """A date with its year: Tue 30 Dec 2025."""
    return f"{day(value)} {value.year}" if value else ""


@register.filter
def quantity(value: Any) -> str:
    """An amount with its unit, both as the rules were told: 10,000 units."""
    return f"{value.amount.normalize():,f} {value.unit}" if value else ""


@register.filter
def clock(value: datetime | None, zone: str) -> str:
    """The local time of day in the IANA zone `zone`: 08:40."""
    return f"{value.astimezone(ZoneInfo(zone)):%H:%M}" if value else ""


@register.simple_tag
def page_address(name: str) -> str:
    """The address of a page, or nothing where this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@register.filter
def milliseconds(microseconds: int) -> str:
    """Microseconds as milliseconds with one digit."""
    return f"{microseconds / 1000:,.1f}"


@register.simple_tag
def demo_sign_ins() -> dict[str, object] | None:
    """The demo's people and their password, where the preparation of this installation found them good; else None."""
    if not (settings.VAR_DIR / "sign-ins.txt").exists():
        return None
    return {"password": settings.DEMO_PASSWORD, "people": DEMO_PEOPLE}


@register.filter
def percent(share: float | None) -> str:
    """A share in percent with one digit and a true minus; nothing where none is known."""
    return "" if share is None else f"{share * 100:.1f}".replace("-", MINUS)
