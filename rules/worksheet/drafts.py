"""Lines in the making, their order, and the coded lines they become."""

from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias

from rules.result import CodedLine, Lost, NdcLine, Step
from rules.vocabulary import LineFamily, Role
from rules.worksheet.steps import NEW
from rules.worksheet.units import Entry

OF_DRUGS: Final = frozenset({Role.DRUG, Role.DISCARDED})
"""The roles of lines for what was given, not for the giving."""
ADDITIONAL_HOUR: Final = Role.ADDITIONAL_HOUR
_LINE: Final = CodedLine
Order: TypeAlias = tuple[int | str, ...]
"""Visit, rank of the access, place of the slot, minute, id. Of no set length, so that it is made only once."""
Place: TypeAlias = tuple[bool, Order, bool, str, tuple[date, tuple[str, ...], int]]


class Draft:
    """A line in the making. `is_of_drug`: it is for what was given, not for the giving."""

    __slots__ = (
        "access", "code", "date_of_service", "diagnoses", "entries", "family", "further_ndcs", "is_initial",
        "is_of_drug", "key", "lost", "minutes", "modifiers", "narrative", "ndc", "order", "price", "role", "slot",
        "steps", "units", "visit",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 (by keyword)
        self,
        *,
        slot: str,
        code: str,
        units: int,
        role: Role,
        family: LineFamily,
        entries: list[Entry],
        date_of_service: date,
        order: Order,
        steps: list[Step],
        visit: int,
        access: str | None = None,
        minutes: int | None = None,
        lost: tuple[Lost, ...] = (),
        price: Decimal | None = None,
        modifiers: list[str] | None = None,
    ) -> None:
        self.slot = slot
        self.code = code
        self.units = units
        self.role = role
        self.is_of_drug = role in OF_DRUGS
        self.family = family
        self.entries = entries
        self.date_of_service = date_of_service
        self.order = order
        self.steps = steps
        self.visit = visit
        self.access = access
        self.minutes = minutes
        self.lost = lost
        self.price = price
        self.modifiers: list[str] = [] if modifiers is None else modifiers
        self.diagnoses: tuple[str, ...] = ()
        self.narrative: str | None = None
        self.ndc: NdcLine | None = None
        self.further_ndcs: tuple[NdcLine, ...] = ()
        self.is_initial = False
        self.key = ""


# The order of lines on the page and the claim; it decides nothing. Further hours stand under their first hour.
SLOT_ORDER: Final[dict[str, int]] = {
    slot: place
    for place, slot in enumerate(
        (
            "chemo_infusion_initial",
            "chemo_push_initial",
            "therapeutic_infusion_initial",
            "therapeutic_push_initial",
            "hydration_initial",
            "chemo_sequential",
            "chemo_pump_start",
            "pump_start_medicare",
            "prolonged_infusion_facility",
            "chemo_push",
            "therapeutic_sequential",
            "therapeutic_concurrent",
            "therapeutic_push",
            "therapeutic_push_repeat",
            "hydration_additional",
        )
    )
}


def in_order(drafts: list[Draft]) -> list[Draft]:
    """The lines as they stand on the claim: drugs last, then by visit, access, slot, clock and id, further hours below.

    Their places are made and compared as plain tuples: a key function would be called back for each of them.
    """
    places: list[Place] = []
    for nth, draft in enumerate(drafts):
        is_further = draft.role is ADDITIONAL_HOUR
        last = (draft.date_of_service, tuple(draft.modifiers), nth)
        places.append((draft.is_of_drug, draft.order, is_further, draft.code, last))
    places.sort()
    return [drafts[place[4][2]] for place in places]


def ids_of(entries: list[Entry]) -> tuple[str, ...]:
    """The ids of these entries, each once, in order."""
    if len(entries) == 1:
        return (entries[0].id,)
    return tuple(sorted({entry.id for entry in entries}))


def coded_line(draft: Draft) -> CodedLine:
    """The line as it is handed out."""
    fields = (
        draft.key,
        draft.code,
        draft.units,
        draft.role,
        draft.family,
        ids_of(draft.entries),
        draft.date_of_service,
        tuple(draft.modifiers),
        draft.access,
        draft.visit,
        draft.minutes,
        tuple(draft.steps),
        draft.lost,
        draft.diagnoses,
        draft.narrative,
        draft.ndc,
        draft.price,
        draft.further_ndcs,
    )
    return NEW(_LINE, fields)
