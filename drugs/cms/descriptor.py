"""What one billing unit is, read from the words of a code's descriptor. What is not certain is left unread."""

from decimal import Decimal
from typing import NamedTuple

from drugs.models import Unit


class BillingAmount(NamedTuple):
    """The amount of one billing unit."""

    amount: Decimal
    unit: Unit
    counted_ingredient: str = ""
    """Of a combination, the ingredient that the amount counts."""


class Unread(NamedTuple):
    """A descriptor that does not say one amount, and why."""

    why: str


def read_amount(text: str) -> BillingAmount | Unread:
    """Return the amount that `text` says: a long descriptor, or the dosage column of a CMS price file."""
    return Unread("no words are known yet")
