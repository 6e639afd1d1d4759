"""Hydration: which of its minutes count, and the codes they earn (coding-rules section 8)."""

from decimal import Decimal
from typing import Final

from rules import amounts, chronology
from rules.chronology import Spans
from rules.result import Lost, Step
from rules.vocabulary import FindingKind, Purpose, Reason, Role, Severity
from rules.worksheet.drafts import Draft
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import AccessSheet, Entry, Service, Unit, entries_of, runs_of
from rules.worksheet.words import CHEMO, HYDRATION, INFUSION, PUSH

ANOTHER_INITIAL: Final = step("another_initial", "A3")
NEVER_RAN: Final = step("hydration_under_31", "B4", minutes=0, longest=0)
UNDER_TRANSFUSION: Final = step("hydration_under_transfusion", "D5")
AROUND_CHEMO: Final = frozenset({Purpose.PRE_HYDRATION, Purpose.POST_HYDRATION})


def measure(sheet: Worksheet) -> None:
    """Sets each access's hydration service, or gives the reason why its fluid earns nothing."""
    for access in sheet.accesses:
        units = [unit for unit in access.units if unit.family is HYDRATION and unit.technique is INFUSION]
        if units:
            units = _not_integral(sheet, access, units)
        if units and _is_allowed(sheet, access, units):
            access.hydration = _service(sheet, access, units)


def _not_integral(sheet: Worksheet, access: AccessSheet, units: list[Unit]) -> list[Unit]:
    """By policy, fluid around chemo is part of it (D4)."""
    if sheet.answers["prehydration"] == "separate":
        return units
    has_chemo = any(unit.family is CHEMO for unit in access.units)
    kept = []
    for unit in units:
        purposes = {entry.purpose for entry in unit.entries}
        if has_chemo and purposes & AROUND_CHEMO:
            why = sheet.chose("prehydration_integral", "D4", "prehydration", drug=unit.names)
            sheet.withhold(unit.entries, Reason.PREHYDRATION_INTEGRAL, why)
        else:
            kept.append(unit)
    return kept


def _is_allowed(sheet: Worksheet, access: AccessSheet, units: list[Unit]) -> bool:
    if access.visit in sheet.transfusions and sheet.answers["transfusion_hydration"] == "never":
        _withhold(
            sheet,
            units,
            Reason.TRANSFUSION_HYDRATION,
            sheet.chose("transfusion_hydration", "D5", "transfusion_hydration"),
        )
        return False
    return _has_volume(sheet, access, units)


def _has_volume(sheet: Worksheet, access: AccessSheet, units: list[Unit]) -> bool:
    """By policy, the access's fluid must exceed a volume in mL (D3)."""
    least = sheet.answers["hydration_min_volume_ml"]
    if least == "none":
        return True
    entries = entries_of(units)
    charted = [entry.given.volume_ml for entry in entries]
    total = sum((volume for volume in charted if volume is not None and amounts.is_usable(volume)), Decimal(0))
    if total > Decimal(least):
        return True
    if None in charted:
        sheet.find(
            FindingKind.HYDRATION_VOLUME_MISSING,
            Severity.WARNS,
            entries,
            sheet.chose("hydration_volume_missing", "D3", "hydration_min_volume_ml"),
            step("mend_volume", "D3"),
        )
        return True
    why = sheet.chose("hydration_volume", "D3", "hydration_min_volume_ml", access=access.label, volume=f"{total:f}")
    _withhold(sheet, units, Reason.HYDRATION_VOLUME, why)
    return False


def _withhold(sheet: Worksheet, units: list[Unit], reason: Reason, why: Step) -> None:
    sheet.withhold(entries_of(units), reason, why)


def _service(sheet: Worksheet, access: AccessSheet, units: list[Unit]) -> Service | None:
    entries = entries_of(units)
    left = _not_beside(sheet, access, entries, runs_of(units))
    least = int(sheet.answers["hydration_interval_min"])
    counted = left if least <= 1 else tuple([span for span in left if span[1] - span[0] >= least])
    units_earned = _marks(sheet, counted)
    if not units_earned:
        _find_short(sheet, units, left)
        return None
    if counted != left:
        sheet.withhold(
            entries,
            Reason.HYDRATION_UNDER_31,
            sheet.chose("interval_too_short", "B7", "hydration_interval_min"),
            chronology.minus(left, counted),
        )
    contributing = [unit for unit in units if chronology.common(unit.runs, counted)]
    _withhold_never_ran(sheet, entries, NEVER_RAN)
    return Service(
        contributing,
        family=HYDRATION,
        ingredients=frozenset(),
        runs=counted,
        minutes=chronology.total(counted),
        start=counted[0][0],
        id=min([unit.id for unit in contributing]),
        hour_marks=units_earned,
    )


def _not_beside(sheet: Worksheet, access: AccessSheet, entries: list[Entry], runs: Spans) -> Spans:
    """The minutes that ran beside neither an infusion nor a transfusion; withholds the others (B12, D5)."""
    left = chronology.minus(runs, _infusing(sheet, access))
    if left != runs:
        why = step("hydration_under_infusion", "B12", access=access.label)
        sheet.withhold(entries, Reason.HYDRATION_UNDER_INFUSION, why, chronology.minus(runs, left))
    blood = sheet.transfusions.get(access.visit, ())
    alone = chronology.minus(left, blood)
    if alone != left:
        under_blood = chronology.minus(left, alone)
        sheet.withhold(entries, Reason.TRANSFUSION_HYDRATION, UNDER_TRANSFUSION, under_blood)
    return alone


def _withhold_never_ran(sheet: Worksheet, entries: list[Entry], why: Step) -> None:
    """Fluid that was charted and never ran earns nothing."""
    still = [entry for entry in entries if not entry.runs]
    if still:
        sheet.withhold(still, Reason.HYDRATION_UNDER_31, why)


def _infusing(sheet: Worksheet, access: AccessSheet) -> Spans:
    """Minutes in which a chemo or therapeutic infusion runs in the access (B12); pushes by policy (B11)."""
    deducts_pushes = sheet.answers["deduct_pushes"] == "true"
    return chronology.union(
        [
            span
            for unit in access.units
            if unit.family is not HYDRATION and (deducts_pushes or unit.technique is not PUSH)
            for span in unit.runs
        ]
    )


def _marks(sheet: Worksheet, counted: Spans) -> tuple[int, ...]:
    """The clock minute in which each unit of an add-on is earned: minute 31, 91, 151, … (B5)."""
    if sheet.answers["hydration_total"] == "each":
        return tuple(mark for span in counted for mark in _unit_marks(sheet, (span,)))
    return _unit_marks(sheet, counted)


def _unit_marks(sheet: Worksheet, spans: Spans) -> tuple[int, ...]:
    first, hour = sheet.terms.hydration_from, sheet.terms.hour
    minutes = chronology.total(spans)
    count = 0 if minutes < first else (minutes + hour - first) // hour
    return chronology.minutes_at(spans, first - 1, hour, count) if count else ()


def _find_short(sheet: Worksheet, units: list[Unit], left: Spans) -> None:
    """Nothing that is left reaches 31 minutes (B4)."""
    entries = entries_of(units)
    minutes = chronology.total(left)
    why = step("hydration_under_31", "B4", minutes=minutes, longest=max((b - a for a, b in left), default=0))
    sheet.withhold(entries, Reason.HYDRATION_UNDER_31, why, left)
    _withhold_never_ran(sheet, entries, why)
    sheet.find(FindingKind.HYDRATION_UNDER_31, Severity.INFORMS, entries, why)


def code(sheet: Worksheet) -> None:
    """96360 and 96361 as the initial service, 96361 beside any other (B4, B5)."""
    for access in sheet.accesses:
        service = access.hydration
        if service is None:
            continue
        if access.initial is service:
            _code_initial(sheet, access, service)
        else:
            _code_additional(sheet, access, service, service.hour_marks, service.runs)


def _code_initial(sheet: Worksheet, access: AccessSheet, service: Service) -> None:
    first = chronology.first_minutes(service.runs, sheet.terms.hour)
    further = service.hour_marks[1:]
    draft = sheet.bill(
        "hydration_initial",
        _timed_entries(service),
        role=Role.INITIAL,
        family=HYDRATION,
        steps=[
            step("hydration_initial", "B4", minutes=service.minutes),
            *access.why_initial(),
            service.ran,
        ],
        at=service.start,
        access=access,
        minutes=service.minutes,
        spans=first if further else service.runs,
    )
    draft.is_initial = True
    if further:
        _code_additional(sheet, access, service, further, chronology.minus(service.runs, first), under=draft)


def _code_additional(
    sheet: Worksheet,
    access: AccessSheet,
    service: Service,
    marks: tuple[int, ...],
    spans: Spans,
    *,
    under: Draft | None = None,
) -> None:
    is_beside = access.initial is not service
    kind = "hydration_beside" if is_beside else "hydration_further"
    lost: tuple[Lost, ...] = ()
    if is_beside:
        lost = sheet.lost("hydration_initial", ANOTHER_INITIAL)
    sheet.bill_hours(
        "hydration_additional",
        _timed_entries(service),
        marks,
        family=HYDRATION,
        role=Role.HYDRATION if is_beside else Role.ADDITIONAL_HOUR,
        steps=[
            sheet.chose(kind, "B5", "hydration_total", minutes=service.minutes, units=len(marks)),
            service.ran,
        ],
        at=service.start,
        access=access,
        minutes=service.minutes,
        spans=spans,
        lost=lost,
        under=under,
    )


def _timed_entries(service: Service) -> list[Entry]:
    """The entries of which minutes count."""
    if len(service.entries) == 1:
        return service.entries
    return [entry for entry in service.entries if chronology.common(entry.runs, service.runs)]
