"""What was given of one code on one date, before it has lines."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from rules.facts import BillingCodeFacts
from rules.worksheet.units import Entry


class Preparation(NamedTuple):
    """What one entry was given and what was opened for it, in amounts of the descriptor."""

    entry: Entry
    given: Decimal
    opened: Decimal


class Dose:
    """All of one HCPCS code given on one date by one modifier of route, in amounts of its descriptor."""

    __slots__ = (
        "code", "dated", "discarded", "entries", "given", "has_containers", "is_single_dose", "modifiers", "opened",
        "prepared",
    )  # fmt: skip

    def __init__(self, code: BillingCodeFacts, dated: date, modifiers: tuple[str, ...]) -> None:
        self.code = code
        self.dated = dated
        self.modifiers = modifiers
        self.entries: list[Entry] = []
        self.prepared: list[Preparation] = []
        """One for each entry."""
        self.given = Decimal(0)
        self.opened = Decimal(0)
        self.discarded: Decimal | None = None
        self.has_containers = False
        self.is_single_dose = True
