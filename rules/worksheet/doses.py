"""What was given of one code on one date, before it has lines."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from rules.facts import BillingCodeFacts
from rules.worksheet.units import Entry


@dataclass(frozen=True, slots=True)
class Preparation:
    """What one entry was given and what was opened for it, in amounts of the descriptor."""

    entry: Entry
    given: Decimal
    opened: Decimal


@dataclass(slots=True, eq=False)
class Dose:
    """All of one HCPCS code given on one date by one modifier of route, in amounts of its descriptor."""

    code: BillingCodeFacts
    dated: date
    modifiers: tuple[str, ...]
    entries: list[Entry] = field(default_factory=list)
    prepared: list[Preparation] = field(default_factory=list)
    """One for each entry."""
    given: Decimal = Decimal(0)
    opened: Decimal = Decimal(0)
    discarded: Decimal | None = None
    has_containers: bool = False
    is_single_dose: bool = True
