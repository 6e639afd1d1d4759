"""What was given of one code on one date, before it has lines."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from rules.facts import BillingCodeFacts
from rules.worksheet.units import Entry


@dataclass(slots=True, eq=False)
class Dose:
    """All of one HCPCS code given on one date by one modifier of route, in amounts of its descriptor."""

    code: BillingCodeFacts
    dated: date
    modifiers: tuple[str, ...]
    entries: list[Entry] = field(default_factory=list)
    given: Decimal = Decimal(0)
    opened: Decimal = Decimal(0)
    discarded: Decimal | None = None
    has_containers: bool = False
    is_single_dose: bool = True
