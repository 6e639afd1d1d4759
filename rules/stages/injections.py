"""Injections, pumps and every route but the ordinary intravenous one (coding-rules section 9)."""

from typing import Final

from rules import chronology
from rules.vocabulary import (
    Family,
    FindingKind,
    LineFamily,
    Reason,
    Role,
    Route,
    Setting,
    Severity,
)
from rules.worksheet.drafts import Draft
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import Entry, Unit, entries_of, in_clock_order, running, runs_of
from rules.worksheet.words import (
    CHEMO,
    INFUSION,
    INTRA_ARTERIAL,
    ON_BODY_INJECTOR,
    PUMP_INITIATION,
    PUMP_REFILL,
    PUMP_UNATTENDED,
    PUSH,
    SC,
    THERAPEUTIC,
)

INJECTED: Final = frozenset({Route.IM, SC})
CODED_BEFORE: Final = frozenset({INFUSION, PUSH})
"""What of the intravenous route has an initial service."""
REDUCED: Final = "52"
DISTINCT: Final = "59"


def code(sheet: Worksheet) -> None:
    """Codes what stands beside the initial service and never is one."""
    injections: list[Unit] = []
    sc_infusions: list[Unit] = []
    ia_infusions: list[Unit] = []
    left = _left(sheet)
    if not left:
        return
    for unit in left:
        if unit.technique is ON_BODY_INJECTOR:
            _stand(sheet, unit, "on_body_injector", Role.INJECTION, kind="on_body_injector", rule="C12")
        elif unit.technique is PUMP_REFILL:
            _refill(sheet, unit)
        elif unit.is_iv or _is_prolonged_by_pump(unit):
            _pump(sheet, unit)
        elif unit.route == SC and unit.technique is INFUSION:
            sc_infusions.append(unit)
        elif unit.route in INJECTED:
            injections.append(unit)
        elif unit.route == INTRA_ARTERIAL and _is_ia_infusion(unit):
            ia_infusions.append(unit)
        else:
            _other_route(sheet, unit)
    _injections(sheet, injections)
    _sc_infusions(sheet, sc_infusions)
    _ia_infusions(sheet, ia_infusions)


def _left(sheet: Worksheet) -> list[Unit]:
    """What no access has as a service."""
    return [
        unit for unit in sheet.units if unit.missing is None and (not unit.is_iv or unit.technique not in CODED_BEFORE)
    ]


def _stand(sheet: Worksheet, unit: Unit, slot: str, role: Role, *, kind: str, rule: str) -> Draft:
    """One line for one unit, beside whatever else is coded."""
    return sheet.bill(
        slot,
        unit.entries,
        role=role,
        family=unit.family,
        steps=[step(kind, rule, drug=unit.names, route=unit.route)],
        at=unit.at,
        minutes=unit.minutes if unit.runs else None,
    )


def _unlisted(sheet: Worksheet, unit: Unit, kind: str) -> None:
    """96549 for chemo, 96379 otherwise, with a finding: the payer will ask what it was."""
    is_chemo = unit.family is CHEMO
    slot = "chemo_unlisted" if is_chemo else "therapeutic_unlisted"
    draft = _stand(sheet, unit, slot, Role.UNLISTED, kind=kind, rule="C13")
    sheet.find(
        FindingKind.UNLISTED,
        Severity.WARNS,
        unit.entries,
        step("unlisted", "C13", drug=unit.names, code=draft.code),
        step("mend_unlisted", "C13"),
    )


def _refill(sheet: Worksheet, unit: Unit) -> None:
    is_implanted = any(entry.given.is_implanted for entry in unit.entries)
    slot = "pump_refill_implanted" if is_implanted else "pump_refill"
    _stand(sheet, unit, slot, Role.PUMP, kind=slot, rule="C9")


def _pump(sheet: Worksheet, unit: Unit) -> None:
    """An intravenous pump stands alone and takes no initial slot (C9)."""
    if unit.technique is PUMP_UNATTENDED:
        _unlisted(sheet, unit, "pump_unattended")
        return
    if unit.family is CHEMO:
        is_g0498 = sheet.answers["pump_start"] == "G0498"
        draft = _stand(
            sheet,
            unit,
            "pump_start_medicare" if is_g0498 else "chemo_pump_start",
            Role.PUMP,
            kind="pump_start",
            rule="C9",
        )
        draft.steps.append(sheet.chose("pump_start_policy", "C9", "pump_start"))
    elif sheet.facts.setting == Setting.OFFICE:
        _unlisted(sheet, unit, "pump_start")
    else:
        _stand(sheet, unit, "prolonged_infusion_facility", Role.PUMP, kind="pump_start", rule="C9")


def _is_prolonged_by_pump(unit: Unit) -> bool:
    """A prolonged pump under the skin or into muscle is coded as one, not as an injection (C9)."""
    return unit.technique is PUMP_INITIATION and unit.route in INJECTED


def _is_ia_infusion(unit: Unit) -> bool:
    return unit.technique is INFUSION and unit.family is CHEMO


def _other_route(sheet: Worksheet, unit: Unit) -> None:
    is_chemo = unit.family is CHEMO
    if unit.route == INTRA_ARTERIAL:
        _intra_arterial(sheet, unit)
    elif not is_chemo or unit.route not in CAVITIES:
        _unlisted(sheet, unit, "no_code_for_route")
    elif unit.route == Route.INTRALESIONAL:
        _intralesional(sheet, unit)
    else:
        draft = _stand(sheet, unit, CAVITIES[unit.route], Role.ROUTE, kind="cavity", rule="C13")
        if _is_reduced(sheet, unit):
            draft.modifiers.append(REDUCED)
            draft.steps.append(step("reduced", "C13"))


CAVITIES: Final[dict[str, str]] = {
    Route.PLEURAL: "pleural",
    Route.PERITONEAL: "peritoneal",
    Route.INTRATHECAL: "intrathecal",
    Route.RESERVOIR: "reservoir",
    Route.INTRAVESICAL: "intravesical",
    Route.INTRALESIONAL: "intralesional",
}


def _is_reduced(sheet: Worksheet, unit: Unit) -> bool:
    """A professional claim for 96450 after another's puncture, or 96440 without a tap (section 10)."""
    is_professional = sheet.facts.is_professional_claim
    if is_professional is None:
        is_professional = sheet.facts.setting == Setting.OFFICE
    if not is_professional:
        return False
    given = [entry.given for entry in unit.entries]
    if unit.route == Route.INTRATHECAL:
        return any(one.is_puncture_by_other for one in given)
    return unit.route == Route.PLEURAL and any(one.is_without_tap for one in given)


def _intralesional(sheet: Worksheet, unit: Unit) -> None:
    lesions = max([entry.given.lesions or 1 for entry in unit.entries])
    is_many = lesions > sheet.terms.in_force.number("lesions_to")
    slot = "intralesional_many" if is_many else "intralesional"
    draft = _stand(sheet, unit, slot, Role.ROUTE, kind="intralesional", rule="C13")
    draft.steps.append(step("lesions", "C13", lesions=lesions))


def _intra_arterial(sheet: Worksheet, unit: Unit) -> None:
    if unit.family is not CHEMO:
        slot = "therapeutic_intra_arterial"
        _stand(sheet, unit, slot, Role.ROUTE, kind="intra_arterial", rule="C13")
    elif unit.technique is PUMP_INITIATION:
        _stand(sheet, unit, "chemo_ia_pump", Role.PUMP, kind="pump_start", rule="C9")
    elif unit.technique is PUMP_UNATTENDED:
        _unlisted(sheet, unit, "pump_unattended")
    else:
        _stand(sheet, unit, "chemo_ia_push", Role.ROUTE, kind="intra_arterial_push", rule="B1")


def _injections(sheet: Worksheet, units: list[Unit]) -> None:
    """One line an injection (C7); by policy a dose split over syringes counts once, or with 59."""
    first_of_dose: dict[tuple[object, ...], Draft] = {}
    for unit in in_clock_order(units):
        order = unit.entries[0].given.order
        dose = (order, unit.ingredients, unit.route, unit.visit)
        earlier = first_of_dose.get(dose) if order else None
        if earlier is not None and sheet.answers["split_dose"] == "once":
            why = sheet.chose("split_dose", "C7", "split_dose", drug=unit.names)
            sheet.withhold(unit.entries, Reason.SPLIT_DOSE, why)
            continue
        draft = _injection(sheet, unit)
        first_of_dose.setdefault(dose, draft)
        if earlier is not None and sheet.answers["split_dose"] == "per_injection_59":
            draft.modifiers.append(DISTINCT)
            draft.steps.append(sheet.chose("split_dose_59", "C7", "split_dose"))


def _injection(sheet: Worksheet, unit: Unit) -> Draft:
    slot, rule = "injection", "C7"
    if unit.family is CHEMO:
        rule = "C8"
        is_hormonal = all(_is_hormonal(entry) for entry in _chemo_entries(unit))
        slot = "chemo_injection_hormonal" if is_hormonal else "chemo_injection"
    return _stand(sheet, unit, slot, Role.INJECTION, kind=slot, rule=rule)


def _chemo_entries(unit: Unit) -> list[Entry]:
    return [entry for entry in unit.entries if entry.family is CHEMO]


def _is_hormonal(entry: Entry) -> bool:
    return entry.drug_family == Family.ANTINEOPLASTIC_HORMONAL


def _sc_infusions(sheet: Worksheet, units: list[Unit]) -> None:
    """96369 to 96371 over the union of all drugs of the visit (C11); chemo has no code of its own."""
    for unit in units:
        if unit.family is CHEMO:
            _unlisted(sheet, unit, "sc_chemo_infusion")
    of_visit: dict[int, list[Unit]] = {}
    for unit in in_clock_order(units):
        if unit.family is not CHEMO:
            of_visit.setdefault(unit.visit, []).append(unit)
    for visit in sorted(of_visit):
        _sc_pump(sheet, of_visit[visit])


def _sc_pump(sheet: Worksheet, units: list[Unit]) -> None:
    _timed(
        sheet,
        units,
        family=THERAPEUTIC,
        slots=("sc_infusion_initial", "sc_infusion_hour"),
        kind="sc_infusion",
        rule="C11",
    )
    further = [unit for unit in units if any(one.given.is_new_setup for one in unit.entries)]
    if len(further) == len(units):
        further = further[1:]
    if further:
        sheet.bill(
            "sc_infusion_setup",
            entries_of(further),
            role=Role.ROUTE,
            family=THERAPEUTIC,
            steps=[step("sc_setup", "C11", setups=len(further))],
            at=further[0].at,
            spans=(),
        )


def _ia_infusions(sheet: Worksheet, units: list[Unit]) -> None:
    """Intra-arterial chemo infusion: 96422 and 96423 for its further hours, one service a drug."""
    groups: dict[tuple[object, ...], list[Unit]] = {}
    for unit in in_clock_order(units):
        groups.setdefault((unit.visit, unit.label, unit.ingredients), []).append(unit)
    for members in groups.values():
        _timed(
            sheet,
            members,
            family=CHEMO,
            slots=("chemo_ia_infusion", "chemo_ia_hour"),
            kind="intra_arterial_infusion",
            rule="B2",
        )


def _timed(
    sheet: Worksheet,
    units: list[Unit],
    *,
    family: LineFamily,
    slots: tuple[str, str],
    kind: str,
    rule: str,
) -> None:
    """A first-hour line and its additional hours over the union of the units' minutes."""
    entries = entries_of(units)
    runs = runs_of(units)
    minutes = chronology.total(runs)
    marks = sheet.hour_marks(runs, minutes)
    first = chronology.first_minutes(runs, sheet.terms.hour)
    ran = running(units, minutes)
    draft = sheet.bill(
        slots[0],
        entries,
        role=Role.ROUTE,
        family=family,
        steps=[step(kind, rule, minutes=minutes), ran],
        at=units[0].at,
        minutes=minutes,
        spans=first if marks else runs,
    )
    sheet.bill_hours(
        slots[1],
        entries,
        marks,
        role=Role.ADDITIONAL_HOUR,
        family=family,
        steps=[step("further_hours", "B3", minutes=minutes, units=len(marks)), ran],
        at=units[0].at,
        access=None,
        under=draft,
        minutes=minutes,
        spans=chronology.minus(runs, first),
    )
