"""What was one service: accesses, infusion services, and pushes in the order they were given.

Coding-rules section 4 and the accesses of section 5. Pushes are sorted into new and repeated ones here, since
only the first reported push of a drug can be the initial service.
"""

from collections.abc import Iterable
from typing import Final

from rules import chronology
from rules.vocabulary import (
    ACCESS_REASONS_THAT_EARN,
    FindingKind,
    LineFamily,
    Severity,
)
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import LAST, AccessSheet, Service, Unit, entries_of, in_clock_order, runs_of
from rules.worksheet.words import HYDRATION, INFUSION, ON_BODY_INJECTOR, PUMP_REFILL, PUSH

NOT_OF_AN_ACCESS: Final = frozenset({PUMP_REFILL, ON_BODY_INJECTOR})


def gather(sheet: Worksheet) -> None:
    """Sorts the intravenous units into accesses, and each access's into services."""
    of_visit: dict[int, list[Unit]] = {}
    for unit in sheet.units:
        if _is_iv_service(unit):
            of_visit.setdefault(unit.visit, []).append(unit)
    for visit in sorted(of_visit):
        sheet.accesses.extend(_accesses(sheet, visit, of_visit[visit]))
    for access in sheet.accesses:
        access.infusions = _infusion_services(sheet, access)
        access.pushes = _pushes(sheet, access)


def _is_iv_service(unit: Unit) -> bool:
    """Intravenous, past sections 1 and 3."""
    return unit.is_iv and unit.technique not in NOT_OF_AN_ACCESS and unit.missing is None


def _accesses(sheet: Worksheet, visit: int, units: list[Unit]) -> list[AccessSheet]:
    """The needed accesses; a further one without a reason that earns joins the first (A2)."""
    if len({unit.label for unit in units}) == 1:
        return [AccessSheet(visit=visit, label=units[0].label, rank=0, units=units)]
    reasons = {str(access.label): access.reason for access in sheet.facts.accesses}
    earliest: dict[str, tuple[int, str]] = {}
    for unit in units:
        found = (unit.at, unit.label)
        earliest[unit.label] = min(found, earliest.get(unit.label, found))
    labels = sorted(earliest, key=earliest.__getitem__)
    needed = [AccessSheet(visit=visit, label=labels[0], rank=0, units=[])]
    by_label = {labels[0]: needed[0]}
    for label in labels[1:]:
        if reasons.get(label) in ACCESS_REASONS_THAT_EARN:
            needed.append(AccessSheet(visit=visit, label=label, rank=len(needed), units=[]))
            by_label[label] = needed[-1]
            continue
        by_label[label] = needed[0]
        if reasons.get(label) is None:
            _find_no_reason(sheet, label, [unit for unit in units if unit.label == label])
    for unit in units:
        by_label[unit.label].units.append(unit)
    return needed


def _find_no_reason(sheet: Worksheet, label: str, units: list[Unit]) -> None:
    sheet.find(
        FindingKind.SECOND_ACCESS_REASON_MISSING,
        Severity.WARNS,
        entries_of(units),
        step("second_access_reason_missing", "A2", access=label),
        step("mend_access_reason", "A2", access=label),
    )


def _infusion_services(sheet: Worksheet, access: AccessSheet) -> list[Service]:
    """Runs of the same drug, or of exactly the same mix, are one service (B6).

    So is a run that was stopped early and started again: what was ordered was given, and 53 has no place.
    """
    groups: dict[tuple[frozenset[str], LineFamily], list[Unit]] = {}
    infusions = [unit for unit in access.units if unit.technique is INFUSION and unit.family is not HYDRATION]
    for unit in in_clock_order(infusions):
        groups.setdefault((unit.ingredients, unit.family), []).append(unit)
    return [_service(sheet, units) for units in groups.values()]


def _service(sheet: Worksheet, units: list[Unit]) -> Service:
    first = units[0]
    if len(units) == 1:
        marks = sheet.hour_marks(first.runs, first.minutes)
        return Service(
            units,
            family=first.family,
            ingredients=first.ingredients,
            runs=first.runs,
            minutes=first.minutes,
            start=first.at,
            id=first.id,
            hour_marks=marks,
            is_stopped_short=first.is_stopped_short,
        )
    runs = runs_of(units)
    minutes = chronology.total(runs)
    if minutes < sum(unit.minutes for unit in units):
        _find_overlap(sheet, units)
    if sheet.answers["same_drug_runs"] == "each_run":
        marks = _marks_of_each_run(sheet, units)
    else:
        marks = sheet.hour_marks(runs, minutes)
    return Service(
        units,
        family=first.family,
        ingredients=first.ingredients,
        runs=runs,
        minutes=minutes,
        start=first.at,
        id=min(unit.id for unit in units),
        hour_marks=marks,
        is_stopped_short=all(unit.is_stopped_short for unit in units),
    )


def _marks_of_each_run(sheet: Worksheet, units: list[Unit]) -> tuple[int, ...]:
    """`each_run`: a later run earns one hour at once, and its own additional hours."""
    marks = list(sheet.hour_marks(units[0].runs, units[0].minutes))
    for unit in units[1:]:
        if unit.is_stopped_short:
            continue
        marks.append(chronology.minute_at(unit.runs, sheet.terms.infusion_from - 1))
        marks.extend(sheet.hour_marks(unit.runs, unit.minutes))
    return tuple(marks)


def _find_overlap(sheet: Worksheet, units: list[Unit]) -> None:
    sheet.find(
        FindingKind.OVERLAPPING_SAME_DRUG,
        Severity.WARNS,
        entries_of(units),
        step("overlapping_same_drug", "R12", drug=units[0].names),
        step("mend_time", "R12"),
    )


def _pushes(sheet: Worksheet, access: AccessSheet) -> list[Unit]:
    """The pushes of the access in clock order; by policy those of one minute are one push."""
    pushes = in_clock_order([unit for unit in access.units if unit.technique is PUSH])
    if len(pushes) <= 1:
        return pushes
    if sheet.answers["same_minute_pushes"] == "separate_drugs":
        return pushes
    merged: dict[tuple[object, ...], list[Unit]] = {}
    for place, unit in enumerate(pushes):
        key = (place,) if unit.at == LAST else (unit.at, unit.family, "minute")
        merged.setdefault(key, []).append(unit)
    return [_one_push(units) for units in merged.values()]


def _one_push(units: list[Unit]) -> Unit:
    if len(units) == 1:
        return units[0]
    first = units[0]
    return Unit(
        entries_of(units),
        family=first.family,
        technique=PUSH,
        ingredients=_all_ingredients(units),
        start=first.start,
        stop=max((unit.stop for unit in units if unit.stop is not None), default=None),
        runs=runs_of(units),
    )


def _all_ingredients(units: Iterable[Unit]) -> frozenset[str]:
    return frozenset(name for unit in units for name in unit.ingredients)
