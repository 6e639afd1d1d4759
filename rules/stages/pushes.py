"""The pushes of each access: new drugs, and repeats by the gap rule (coding-rules section 7)."""

from collections import deque
from operator import attrgetter
from typing import Final

from rules.result import Lost, Step
from rules.vocabulary import LineFamily, Reason, Role, Setting
from rules.worksheet.drafts import Draft
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import make_step, step
from rules.worksheet.units import LAST, AccessSheet, Unit
from rules.worksheet.words import CHEMO, PUMP_INITIATION

INITIAL_SLOT: Final = {family: f"{family}_push_initial" for family in LineFamily}
WORD: Final = {family: family.value for family in LineFamily}
INITIAL: Final = Role.INITIAL
PUSHED: Final = Role.PUSH
REPEATED: Final = Role.REPEAT_PUSH
ANOTHER_INITIAL: Final = step("another_initial", "A3")
SAME_DRUG_AGAIN: Final = step("same_drug_again", "C5")
UNTIMED: Final = step("push_untimed", "B1")


def code(sheet: Worksheet) -> None:
    """Walks the pushes of each access in clock order."""
    for access in sheet.accesses:
        if not access.pushes:
            continue
        ledger = _Given(access)
        for push in access.pushes:
            if push is access.initial:
                _initial(sheet, access, push)
                ledger.report(push)
            elif push.family is CHEMO:
                _chemo(sheet, access, push, ledger)
            else:
                _therapeutic(sheet, access, push, ledger)
            ledger.pushed |= push.ingredients


class _Given:
    """What of each drug has been given in the access so far: infusions, pushes, the end of the last reported."""

    def __init__(self, access: AccessSheet) -> None:
        self.access = access
        self.infused = {name for service in access.infusions for name in service.ingredients}
        self.pushed: set[str] = set()
        self.ends: dict[str, int] = {}
        self.infusions: deque[Unit] | None = None
        """Those that began after the last push asked about, by start; None before the first."""

    def pumped(self) -> set[str]:
        """The drugs that a pump of the access was filled with."""
        units = self.access.units
        return {name for unit in units if unit.technique is PUMP_INITIATION for name in unit.ingredients}

    def report(self, given: Unit) -> None:
        for name in given.ingredients:
            self.ends[name] = max(given.end, self.ends.get(name, given.end))

    def last_end(self, push: Unit) -> int | None:
        """The end of the last administration of any of its drugs that began no later than this push.

        Pushes are to be asked about in clock order.
        """
        if self.infusions is None:
            infusions = [unit for service in self.access.infusions for unit in service.units]
            self.infusions = deque(sorted(infusions, key=_AT))
        while self.infusions and self.infusions[0].at <= push.at:
            self.report(self.infusions.popleft())
        return max([self.ends[name] for name in push.ingredients if name in self.ends], default=None)


_AT: Final = attrgetter("at")


def _initial(sheet: Worksheet, access: AccessSheet, push: Unit) -> None:
    slot = INITIAL_SLOT[push.family]
    why = make_step("initial_push", "A1", (("drug", push.names), ("family", WORD[push.family])))
    steps = [why, *access.why_initial(), _time(push)]
    draft = _line(sheet, access, push, slot, role=INITIAL, steps=steps)
    draft.is_initial = True


def _time(push: Unit) -> Step:
    if push.start is not None and push.stop is not None:
        return make_step("push_minutes", "B1", (("minutes", push.minutes),))
    return UNTIMED


def _line(
    sheet: Worksheet,
    access: AccessSheet,
    push: Unit,
    slot: str,
    *,
    role: Role,
    steps: list[Step],
    lost: tuple[Lost, ...] = (),
) -> Draft:
    return sheet.bill(
        slot,
        push.entries,
        role=role,
        family=push.family,
        steps=steps,
        at=push.at,
        access=access,
        minutes=push.minutes if push.runs else None,
        lost=lost,
    )


def _chemo(sheet: Worksheet, access: AccessSheet, push: Unit, given: _Given) -> None:
    """A drug both infused and pushed is reported both ways; a second push of it is not (C5, C6)."""
    if not push.ingredients.isdisjoint(given.pushed):
        why = step("repeat_push_chemo", "C5", drug=push.names)
        sheet.withhold(push.entries, Reason.REPEAT_PUSH_CHEMO, why)
        return
    both_ways = push.ingredients & (given.infused | given.pumped())
    kind = "push_of_infused_chemo" if both_ways else "further_push"
    steps = [make_step(kind, "C5", (("drug", push.names),)), _time(push)]
    lost = sheet.lost("chemo_push_initial", ANOTHER_INITIAL)
    _line(sheet, access, push, "chemo_push", role=PUSHED, steps=steps, lost=lost)
    given.report(push)


def _therapeutic(sheet: Worksheet, access: AccessSheet, push: Unit, given: _Given) -> None:
    is_infused = not push.ingredients.isdisjoint(given.infused)
    is_repeat = not push.ingredients.isdisjoint(given.pushed)
    if not is_infused and not is_repeat:
        steps = [make_step("further_push", "C5", (("drug", push.names),)), _time(push)]
        lost = sheet.lost("therapeutic_push_initial", ANOTHER_INITIAL)
        _line(sheet, access, push, "therapeutic_push", role=PUSHED, steps=steps, lost=lost)
        given.report(push)
        return
    verdict = _withheld(sheet, push, given, is_infused=is_infused)
    if verdict is not None:
        sheet.withhold(push.entries, *verdict)
        return
    _repeat(sheet, access, push, given)


def _withheld(sheet: Worksheet, push: Unit, given: _Given, *, is_infused: bool) -> tuple[Reason, Step] | None:
    """Why a repeat earns nothing, or None where it does (C5, C6)."""
    if is_infused and sheet.answers["push_and_infusion"] == "none":
        why = sheet.chose("push_and_infusion", "C6", "push_and_infusion", drug=push.names)
        return Reason.PUSH_AND_INFUSION, why
    if sheet.facts.setting == Setting.OFFICE:
        if is_infused and push.ingredients.isdisjoint(given.pushed):
            return Reason.PUSH_AND_INFUSION, step("push_and_infusion_office", "C6", drug=push.names)
        return Reason.REPEAT_PUSH_OFFICE, step("repeat_push_office", "C5", drug=push.names)
    end = given.last_end(push)
    is_timed = push.at != LAST
    if end is None and is_timed:
        return None
    gap = push.at - end if is_timed and end is not None else None
    if gap is None or gap < int(sheet.answers["repeat_push_gap"]):
        why = sheet.chose("repeat_within_gap", "C5", "repeat_push_gap", drug=push.names, gap=gap)
        return Reason.REPEAT_WITHIN_GAP, why
    return None


def _repeat(sheet: Worksheet, access: AccessSheet, push: Unit, given: _Given) -> None:
    end = given.last_end(push)
    if end is None:
        why = step("push_before_infusion", "C6", drug=push.names)
    else:
        gap = push.at - end
        why = sheet.chose("repeat_push", "C5", "repeat_push_gap", drug=push.names, gap=gap)
    lost = sheet.lost("therapeutic_push", SAME_DRUG_AGAIN)
    _line(sheet, access, push, "therapeutic_push_repeat", role=REPEATED, steps=[why, _time(push)], lost=lost)
    given.report(push)
