"""Modifiers that depend on more than one line (coding-rules sections 8 and 10)."""

from collections import Counter
from typing import Final

from rules.worksheet.drafts import Draft, Order
from rules.worksheet.sheet import Worksheet
from rules.worksheet.words import HYDRATION

OF_FLUID: Final = frozenset({"hydration_initial", "hydration_additional"})
OF_ANOTHER_FAMILY: Final = frozenset({"declotting", "intravesical"})
DISTINCT: Final = "59"
SEPARATE_SITE: Final = "XS"
SEPARATE_ENCOUNTER: Final = "XE"


def apply(sheet: Worksheet) -> None:
    """Marks every initial service but the highest-ranked one, and by policy hydration beside other lines."""
    _second_initials(sheet)
    _hydration(sheet)


def _second_initials(sheet: Worksheet) -> None:
    """The lower-ranked initial services carry the modifier (A2)."""
    initials = [draft for draft in sheet.drafts if draft.is_initial]
    if not initials or (len(initials) == 1 and not sheet.facts.has_earlier_encounter):
        return
    initials.sort(key=lambda draft: _rank(sheet, draft))
    highest = initials[0]
    lower = initials if sheet.facts.has_earlier_encounter else initials[1:]
    policy = sheet.answers["second_initial_modifier"]
    for draft in lower:
        is_visit = draft.visit != highest.visit or draft is highest
        modifier = SEPARATE_ENCOUNTER if policy == SEPARATE_SITE and is_visit else policy
        draft.modifiers.append(modifier)
        kind = "second_initial_visit" if is_visit else "second_initial_access"
        draft.steps.append(sheet.chose(kind, "A2", "second_initial_modifier", access=draft.access))


def _rank(sheet: Worksheet, draft: Draft) -> tuple[int, int, Order]:
    kind = "push" if draft.slot.endswith("push_initial") else "infusion"
    is_hydration = draft.family is HYDRATION
    name = "hydration" if is_hydration else f"{draft.family}_{kind}"
    minutes = 0 if draft.minutes is None else draft.minutes
    return (sheet.terms.places[name], -minutes, draft.order)


def _hydration(sheet: Worksheet) -> None:
    """By policy, 59 on hydration's first line when another line of the family stands on the visit (D4)."""
    if sheet.answers["hydration_modifier"] == "none":
        return
    fluid = [draft for draft in sheet.drafts if draft.slot in OF_FLUID]
    if not fluid:
        return
    beside = {
        draft.visit
        for draft in sheet.drafts
        if draft.family is not HYDRATION and not draft.is_of_drug and draft.slot not in OF_ANOTHER_FAMILY
    }
    lines: dict[tuple[int, str | None], list[Draft]] = {}
    for draft in fluid:
        lines.setdefault((draft.visit, draft.access), []).append(draft)
    accesses = Counter(visit for visit, _ in lines)
    for (visit, _), of_access in lines.items():
        first = min(of_access, key=lambda draft: (not draft.is_initial, draft.date_of_service))
        if (visit in beside or accesses[visit] > 1) and DISTINCT not in first.modifiers:
            first.modifiers.append(DISTINCT)
            first.steps.append(sheet.chose("hydration_modifier", "D4", "hydration_modifier"))
