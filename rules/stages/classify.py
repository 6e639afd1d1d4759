"""The family of each administration, and what each bag or syringe is: infusion, push, injection, pump.

Coding-rules sections 2 and 3.
"""

from typing import Final

from rules import chronology
from rules.facts import DrugFacts
from rules.vocabulary import (
    AdministrationStatus,
    Family,
    FindingKind,
    LineFamily,
    Purpose,
    Reason,
    Role,
    Setting,
    Severity,
    Technique,
)
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import Entry, Unit, runs_of
from rules.worksheet.words import (
    CHEMO,
    HYDRATION,
    INFUSION,
    INJECTION,
    INTRA_ARTERIAL,
    IV,
    ON_BODY_INJECTOR,
    PUMP_INITIATION,
    PUMP_REFILL,
    PUMP_UNATTENDED,
    PUSH,
    SC,
    THERAPEUTIC,
)

MAY_BE_CHEMO: Final = frozenset({Family.ANTINEOPLASTIC, Family.ANTINEOPLASTIC_HORMONAL, Family.COMPLEX_BIOLOGIC})
KNOWN_FAMILIES: Final = frozenset(Family) - {Family.OTHER}
FLUID: Final = Family.HYDRATION_FLUID
DECLOTTING: Final = Purpose.DECLOTTING
TECHNIQUES: Final = {technique.value: technique for technique in Technique}
SC_PUMPED: Final = frozenset({INFUSION, PUMP_UNATTENDED})
TIMED_TECHNIQUES: Final = frozenset({INFUSION, PUSH})


def classify(sheet: Worksheet) -> None:
    """Gives each entry its family, mixes bags, and decides what each unit is."""
    for entry in sheet.passed:
        entry.family = _family(sheet, entry)
    for members in _bags(sheet.passed):
        unit = _alone(members) if len(members) == 1 else _mixed(sheet, members)
        purpose = unit.entries[0].purpose
        if purpose is not None and purpose == DECLOTTING:
            _declotting(sheet, unit)
            continue
        if unit.is_iv:
            _resolve_iv(sheet, unit)
        elif _is_timed_elsewhere(unit):
            unit.technique = INFUSION
            _resolve_infusion(sheet, unit)
        sheet.units.append(unit)


def _family(sheet: Worksheet, entry: Entry) -> LineFamily:
    drug, family = entry.drug_facts, entry.drug_family
    if family not in KNOWN_FAMILIES:
        sheet.find(
            FindingKind.FAMILY_UNKNOWN,
            Severity.WARNS,
            [entry],
            step("family_unknown", "R6", drug=drug.name),
            step("mend_family", "R6"),
        )
    elif family in MAY_BE_CHEMO and _is_chemo(sheet, drug, str(family)):
        return CHEMO
    if family == FLUID or drug.is_electrolyte:
        return _of_fluid(sheet, entry, family)
    return THERAPEUTIC


def _of_fluid(sheet: Worksheet, entry: Entry, family: str | None) -> LineFamily:
    """Fluid by vein is hydration, and by policy so is an electrolyte in it."""
    if entry.route == IV and (family == FLUID or sheet.answers["electrolyte_rider"] == "hydration"):
        return HYDRATION
    return THERAPEUTIC


def _is_chemo(sheet: Worksheet, drug: DrugFacts, family: str) -> bool:
    """Whether one of MAY_BE_CHEMO is chemo by `chemo_definition` (E1-E4)."""
    definition = sheet.answers["chemo_definition"]
    if definition == "indication":
        return any(_is_cancer(str(code)) for code in sheet.facts.diagnoses or ())
    if definition == "payer_list" and family == Family.COMPLEX_BIOLOGIC:
        return sheet.terms.policy.is_listed_as_chemo([drug.name, *(code.code for code in drug.billing_codes or ())])
    return True


def _is_cancer(code: str) -> bool:
    """C00-D49, or an encounter for antineoplastic therapy (Z51.1x)."""
    code = code.upper().replace(".", "")
    return "C00" <= code[:3] <= "D49" or code.startswith("Z511")


def _bags(entries: list[Entry]) -> list[list[Entry]]:
    """Entries that were mixed together; an entry without a bag label stands alone."""
    if not [entry for entry in entries if entry.bag]:
        return [[entry] for entry in entries]
    bags: dict[tuple[object, ...], list[Entry]] = {}
    for place, entry in enumerate(entries):
        key: tuple[object, ...] = (place,)
        if entry.bag:
            is_declotting = entry.purpose == DECLOTTING
            key = (entry.bag, entry.visit, entry.route, entry.label, is_declotting)
        bags.setdefault(key, []).append(entry)
    return list(bags.values())


def _alone(entries: list[Entry]) -> Unit:
    """The unit of one entry."""
    [entry] = entries
    technique = None if entry.technique is None else TECHNIQUES.get(entry.technique)
    if technique is None:
        technique = INFUSION if entry.route == IV else INJECTION
    return Unit(
        entries,
        family=entry.family,
        technique=technique,
        ingredients=frozenset((entry.drug,)),
        start=entry.start,
        stop=entry.stop,
        runs=entry.runs,
    )


def _mixed(sheet: Worksheet, members: list[Entry]) -> Unit:
    family = _mixed_family(members)
    drugs = [entry for entry in members if entry.family is not HYDRATION] or members
    start, stop = _shared_times(sheet, members)
    return Unit(
        members,
        family=family,
        technique=_charted_technique(members),
        ingredients=frozenset([entry.drug for entry in drugs]),
        start=start,
        stop=stop,
        runs=runs_of(members),
    )


def _mixed_family(members: list[Entry]) -> LineFamily:
    """A bag that holds any chemo drug is chemo; one that holds any other drug is not hydration (C3)."""
    families = {entry.family for entry in members}
    for family in (CHEMO, THERAPEUTIC):
        if family in families:
            return family
    return HYDRATION


def _charted_technique(members: list[Entry]) -> Technique:
    charted = {entry.technique for entry in members}
    for technique in (
        PUMP_INITIATION,
        PUMP_UNATTENDED,
        PUMP_REFILL,
        ON_BODY_INJECTOR,
        INFUSION,
    ):
        if technique in charted:
            return technique
    if charted & {PUSH, INJECTION}:
        return PUSH if PUSH in charted else INJECTION
    is_iv = members[0].route == IV
    return INFUSION if is_iv else INJECTION


def _shared_times(sheet: Worksheet, members: list[Entry]) -> tuple[int | None, int | None]:
    """Start and stop of a bag; a time known for one member serves for all (section 3)."""
    starts = [entry.start for entry in members if entry.start is not None]
    stops = [entry.stop for entry in members if entry.stop is not None]
    start, stop = min(starts, default=None), max(stops, default=None)
    if len(set(starts)) > 1 or len(set(stops)) > 1:
        sheet.find(
            FindingKind.BAG_TIMES_DIFFER,
            Severity.WARNS,
            members,
            step("bag_times_differ", "R11", bag=members[0].bag),
            step("mend_time", "R11"),
        )
    if start is None or stop is None or stop < start:
        return start, stop
    for entry in members:
        _complete(entry, start, stop)
    return start, stop


def _complete(entry: Entry, start: int, stop: int) -> None:
    """Lends the bag's time to a member that lacks one of its own, less that member's pauses."""
    if entry.start is not None and entry.stop is not None:
        return
    run = ((start if entry.start is None else entry.start, stop if entry.stop is None else entry.stop),)
    stood = chronology.union(
        (chronology.minute_of(span.start), chronology.minute_of(span.stop))
        for span in entry.given.pauses
        if span.start is not None and span.stop is not None
    )
    entry.runs = chronology.minus(chronology.union(run), stood)


def _declotting(sheet: Worksheet, unit: Unit) -> None:
    sheet.bill(
        "declotting",
        unit.entries,
        role=Role.ROUTE,
        family=LineFamily.OTHER,
        steps=[step("declotting", "C10", drug=unit.names)],
        at=unit.at,
    )


def _resolve_iv(sheet: Worksheet, unit: Unit) -> None:
    """Infusion or push by the minutes that ran (B1), or by what is missing (B10)."""
    if unit.technique not in TIMED_TECHNIQUES and unit.technique is not INJECTION:
        return
    if unit.family is HYDRATION:
        unit.technique = INFUSION
        if unit.start is None or unit.stop is None:
            _untimed(sheet, unit, may_be_push=False)
    elif unit.technique is INFUSION:
        _resolve_infusion(sheet, unit)
    else:
        _resolve_push(sheet, unit)


def _is_timed_elsewhere(unit: Unit) -> bool:
    """Subcutaneous infusion by pump, and intra-arterial infusion, are timed too (C11, section 9)."""
    if unit.route == SC:
        return unit.technique in SC_PUMPED
    return unit.route == INTRA_ARTERIAL and unit.technique is INFUSION


def _resolve_infusion(sheet: Worksheet, unit: Unit) -> None:
    if unit.start is None or unit.stop is None:
        is_fluid = all(entry.drug_family == FLUID for entry in unit.entries)
        _untimed(sheet, unit, may_be_push=not is_fluid)
    elif unit.minutes < sheet.terms.infusion_from:
        if _is_coded_as_ordered(sheet, unit):
            unit.is_stopped_short = True
        else:
            unit.technique = PUSH


def _is_coded_as_ordered(sheet: Worksheet, unit: Unit) -> bool:
    return (
        unit.route == IV
        and sheet.facts.setting == Setting.OFFICE
        and sheet.answers["stopped_infusion"] == "intended_53"
        and any(entry.status == AdministrationStatus.STOPPED for entry in unit.entries)
    )


def _resolve_push(sheet: Worksheet, unit: Unit) -> None:
    unit.technique = PUSH
    if unit.start is None or unit.stop is None or unit.minutes < sheet.terms.infusion_from:
        return
    sheet.find(
        FindingKind.PUSH_OVER_15,
        Severity.WARNS,
        unit.entries,
        sheet.chose("push_over_15", "R8", "long_push", drug=unit.names, minutes=unit.minutes),
        step("mend_technique", "R8"),
    )
    if sheet.answers["long_push"] == "infusion":
        unit.technique = INFUSION


def _untimed(sheet: Worksheet, unit: Unit, *, may_be_push: bool) -> None:
    """An infusion that lacks its start, its stop or both (B10)."""
    for is_missing, kind, word in (
        (unit.start is None, FindingKind.MISSING_START_TIME, "start"),
        (unit.stop is None, FindingKind.MISSING_STOP_TIME, "stop"),
    ):
        if is_missing:
            sheet.find(
                kind,
                Severity.BLOCKS,
                unit.entries,
                sheet.chose("missing_time", "B10", "missing_stop", drug=unit.names, time=word),
                step(f"mend_{word}_time", "B10"),
            )
    has_a_time = unit.start is not None or unit.stop is not None
    if may_be_push and has_a_time and sheet.answers["missing_stop"] == "push":
        unit.technique = PUSH
        return
    unit.missing = Reason.MISSING_START_TIME if unit.start is None else Reason.MISSING_STOP_TIME
    rule = "B10" if may_be_push else "B4"
    sheet.withhold(unit.entries, unit.missing, sheet.chose("untimed", rule, "missing_stop", drug=unit.names))
