"""Lines in the making, their order, and the coded lines they become."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from rules.result import CodedLine, Lost, NdcLine, Step
from rules.vocabulary import LineFamily, Role
from rules.worksheet.units import Entry


@dataclass(slots=True, eq=False)
class Draft:
    """A line in the making."""

    slot: str
    code: str
    units: int
    role: Role
    family: LineFamily
    entries: Sequence[Entry]
    date_of_service: date
    order: tuple[int, int, int, int, str]
    steps: list[Step]
    visit: int = 1
    access: str | None = None
    minutes: int | None = None
    modifiers: list[str] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    diagnoses: tuple[str, ...] = ()
    narrative: str | None = None
    ndc: NdcLine | None = None
    price: Decimal | None = None
    is_initial: bool = False
    key: str = ""


# The order of lines on the page and the claim; it decides nothing.
SLOT_ORDER: dict[str, int] = {
    slot: place
    for place, slot in enumerate(
        (
            "chemo_infusion_initial",
            "chemo_push_initial",
            "therapeutic_infusion_initial",
            "therapeutic_push_initial",
            "hydration_initial",
            "chemo_sequential",
            "chemo_hour",
            "chemo_pump_start",
            "pump_start_medicare",
            "prolonged_infusion_facility",
            "chemo_push",
            "therapeutic_sequential",
            "therapeutic_hour",
            "therapeutic_concurrent",
            "therapeutic_push",
            "therapeutic_push_repeat",
            "hydration_additional",
        )
    )
}


def in_order(draft: Draft) -> tuple[bool, int, int, int, int, str, str, date, tuple[str, ...]]:
    """Where a line stands on the claim: drugs last, then by visit, access, slot, clock and id."""
    is_drug = draft.role in (Role.DRUG, Role.DISCARDED)
    return (is_drug, *draft.order, draft.code, draft.date_of_service, tuple(draft.modifiers))


def coded_line(draft: Draft) -> CodedLine:
    """The line as it is handed out."""
    return CodedLine(
        key=draft.key,
        code=draft.code,
        units=draft.units,
        role=draft.role,
        family=draft.family,
        administrations=tuple(sorted({entry.id for entry in draft.entries})),
        date_of_service=draft.date_of_service,
        modifiers=tuple(draft.modifiers),
        access=draft.access,
        visit=draft.visit,
        minutes=draft.minutes,
        steps=tuple(draft.steps),
        lost=tuple(draft.lost),
        diagnoses=draft.diagnoses,
        narrative=draft.narrative,
        ndc=draft.ndc,
        price=draft.price,
    )
