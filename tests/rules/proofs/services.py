"""The rules of administrations (chapters A to F), each taken out of the engine."""

from collections.abc import Mapping
from typing import Any

from rules import chronology
from rules.engine import STAGES
from rules.stages import classify, diagnoses, hydration, infusions, injections, pushes, screening, services
from rules.vocabulary import ROUTES_NOT_CODED, AccessReason, LineFamily, Purpose, Reason, Role, Technique
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import AccessSheet, Entry, Service, Unit
from tests.rules.proofs.mutation import EMPTY, NO, NONE, YES, Mutation, nothing

ADDED = step("added_hours", "B5")
FURTHER_INITIAL = step("further_initial", "A1")


def each_infusion_initial(sheet: Worksheet, access: AccessSheet, service: Service, *_: object) -> None:
    infusions._initial(sheet, access, service)


concurrent = infusions._concurrent


def each_concurrent(
    sheet: Worksheet, access: AccessSheet, service: Service, partner: tuple[Service, int], _: object
) -> None:
    concurrent(sheet, access, service, partner, set())


def as_sequential(sheet: Worksheet, access: AccessSheet, service: Service, _: object) -> None:
    infusions._sequential(sheet, access, service)


def by_clock(_: Mapping[str, int], candidate: Service | Unit) -> tuple[int, int, int, str]:
    return (0, 0, candidate.start or 0, candidate.id)


read = screening._read


def in_a_visit_of_its_day(*told: Any) -> Entry:
    """A day is a visit of its own."""
    entry = read(*told)
    first = told[0].start or told[0].stop
    if first is not None:
        entry.visit = 10 * entry.visit + first.day
    return entry


def hours_after_the_first(
    sheet: Worksheet, access: AccessSheet, service: Service, marks: tuple[int, ...], spans: Any, **named: Any
) -> None:
    is_beside = access.initial is not service
    code_additional(sheet, access, service, marks[1:] if is_beside else marks, spans, **named)


code_additional = hydration._code_additional


def each_unit_a_service(sheet: Worksheet, access: AccessSheet) -> list[Service]:
    units = [
        unit
        for unit in sorted(access.units, key=lambda unit: (unit.at, unit.id))
        if unit.technique == Technique.INFUSION and unit.family != LineFamily.HYDRATION
    ]
    return [services._service(sheet, [unit]) for unit in units]


def withheld_for_its_time(sheet: Worksheet, unit: Unit, **_: object) -> None:
    unit.missing = Reason.MISSING_STOP_TIME
    sheet.withhold(unit.entries, unit.missing, ADDED)


class NothingInfused(pushes._Given):
    """What was given in an access, but for its infusions."""

    def __init__(self, access: AccessSheet) -> None:
        super().__init__(access)
        self.infused = set()


def one_injection(sheet: Worksheet, units: list[Unit]) -> None:
    for unit in units[:1]:
        injections._injection(sheet, unit)


def as_one_injection_each(sheet: Worksheet, units: list[Unit]) -> None:
    for unit in units:
        injections._injection(sheet, unit)


def as_infusion(sheet: Worksheet, unit: Unit) -> None:
    """A pump is a first hour like any other."""
    slot = "chemo_infusion_initial" if unit.family == LineFamily.CHEMO else "therapeutic_infusion_initial"
    stand(sheet, unit, slot, Role.INITIAL, kind="pump_start", rule="C9")


stand = injections._stand


def without_on_body(sheet: Worksheet, unit: Unit, slot: str, role: Role, **named: Any) -> Any:
    return stand(sheet, unit, "injection" if slot == "on_body_injector" else slot, role, **named)


def unlisted_route(sheet: Worksheet, unit: Unit) -> None:
    injections._unlisted(sheet, unit, "no_code_for_route")


family_of = classify._family


def chemo_beside_chemo(sheet: Worksheet, entry: Entry) -> LineFamily:
    """Whatever is given with chemo is chemo."""
    families = {family_of(sheet, other) for other in sheet.passed}
    return LineFamily.CHEMO if LineFamily.CHEMO in families else family_of(sheet, entry)


def for_cancer_alone(sheet: Worksheet, drug: Any, family: str) -> bool:
    del drug, family
    return any(classify._is_cancer(code) for code in sheet.facts.diagnoses or ())


def antineoplastics_alone(_: Worksheet, __: Any, family: str) -> bool:
    return "biologic" not in family


def all_units(*told: list[Unit]) -> list[Unit]:
    return told[-1]


def last_interval(sheet: Worksheet, counted: chronology.Spans) -> tuple[int, ...]:
    return hydration._unit_marks(sheet, counted[-1:])


no_purpose_but = screening.INCIDENTAL.difference

SERVICES: Mapping[str, tuple[Mutation, ...]] = {
    "A1": (
        Mutation(
            without="one initial service: each infusion is one",
            code={"rules.stages.infusions._further": each_infusion_initial},
        ),
    ),
    "A2": (
        Mutation(
            without="a reason for a second access: flow and convenience earn too",
            code={"rules.stages.services.ACCESS_REASONS_THAT_EARN": frozenset({*AccessReason, None})},
        ),
        Mutation(
            without="the modifier of a second initial service",
            code={"rules.stages.modifiers._second_initials": nothing},
        ),
    ),
    "A3": (Mutation(without="the hierarchy: the earliest is initial", code={"rules.stages.initial._rank": by_clock}),),
    "A4": (Mutation(without="the primary reason", code={"rules.stages.initial._follows_reason": NO}),),
    "A5": (Mutation(without="who reports", code={"rules.stages.edits._who_reports": nothing}),),
    "A6": (
        Mutation(
            without="one encounter over midnight: each day is a visit",
            code={"rules.stages.screening._read": in_a_visit_of_its_day},
        ),
    ),
    "A7": (Mutation(without="the order", code={"rules.stages.documentation._orders": nothing}),),
    "B1": (
        Mutation(without="16 minutes: 15 are an infusion", minutes={"infusion_from": 15}),
        Mutation(without="16 minutes: they are a push", minutes={"infusion_from": 17}),
    ),
    "B2": (
        Mutation(without="16: the first hour begins at 31", minutes={"infusion_from": 31}),
        Mutation(without="90: the first hour ends at 89", minutes={"additional_from": 30}),
    ),
    "B3": (
        Mutation(without="31 minutes more: 30 earn an hour", minutes={"additional_from": 30}),
        Mutation(without="31 minutes more: 32 earn an hour", minutes={"additional_from": 32}),
    ),
    "B4": (
        Mutation(
            without="31 minutes: 30 are reported",
            minutes={"hydration_from": 30},
            policy={"hydration_interval_min": "0"},
        ),
        Mutation(without="31 minutes: 32 are reported", minutes={"hydration_from": 32}),
    ),
    "B5": (
        Mutation(
            without="hours from the first minute: hydration beside another initial has a first hour",
            code={"rules.stages.hydration._code_additional": hours_after_the_first},
        ),
    ),
    "B6": (
        Mutation(
            without="one service of one drug: each run is one",
            code={"rules.stages.services._infusion_services": each_unit_a_service},
        ),
    ),
    "B7": (
        Mutation(
            without="the sum of intervals: the last one counts", code={"rules.stages.hydration._marks": last_interval}
        ),
        Mutation(without="intervals of 31: any counts", policy={"hydration_interval_min": "0"}),
    ),
    "B8": (Mutation(without="pauses", code={"rules.stages.screening._lay_out": nothing}),),
    "B9": (
        Mutation(
            without="keeping the vein open",
            code={"rules.stages.screening.INCIDENTAL": no_purpose_but({Purpose.KVO})},
        ),
    ),
    "B10": (
        Mutation(
            without="the push of an infusion without its stop",
            code={"rules.stages.classify._untimed": withheld_for_its_time},
        ),
    ),
    "B11": (Mutation(without="pushes beside hydration: they are taken off", policy={"deduct_pushes": "true"}),),
    "B12": (Mutation(without="what runs beside hydration", code={"rules.stages.hydration._infusing": EMPTY}),),
    "C1": (Mutation(without="sequential infusions", code={"rules.stages.infusions._sequential": nothing}),),
    "C2": (
        Mutation(without="concurrent infusions", code={"rules.stages.infusions._partner": NONE}),
        Mutation(without="once an encounter", code={"rules.stages.infusions._concurrent": each_concurrent}),
    ),
    "C3": (
        Mutation(
            without="bags: each drug runs by itself",
            code={"rules.stages.classify._bags": lambda entries: [[entry] for entry in entries]},
        ),
    ),
    "C4": (
        Mutation(
            without="chemo beside chemo: it is sequential",
            code={"rules.stages.infusions._concurrent_chemo": as_sequential},
        ),
    ),
    "C5": (
        Mutation(without="repeats: any push is reported", code={"rules.stages.pushes._withheld": NONE}),
        Mutation(without="31 minutes between pushes: 30 do", policy={"repeat_push_gap": "30"}),
    ),
    "C6": (Mutation(without="the infusion of a pushed drug", code={"rules.stages.pushes._Given": NothingInfused}),),
    "C7": (
        Mutation(without="each injection", code={"rules.stages.injections._injections": one_injection}),
        Mutation(
            without="vaccines",
            code={
                "rules.stages.screening._by_family": NONE,
                "rules.stages.screening.SET_ASIDE": frozenset(),
            },
        ),
    ),
    "C8": (
        Mutation(without="the hormonal injection", code={"rules.stages.injections._is_hormonal": NO}),
        Mutation(without="the other chemo injection", code={"rules.stages.injections._is_hormonal": YES}),
    ),
    "C9": (
        Mutation(without="pumps of more than eight hours", code={"rules.stages.injections._pump": as_infusion}),
        Mutation(without="refills", code={"rules.stages.injections._refill": nothing}),
    ),
    "C10": (
        Mutation(without="the flush alone", code={"rules.stages.screening._port_flushes": lambda _, given: given}),
        Mutation(without="declotting", code={"rules.stages.classify.DECLOTTING": "no purpose"}),
    ),
    "C11": (
        Mutation(without="pumps under the skin", code={"rules.stages.injections._sc_infusions": as_one_injection_each}),
    ),
    "C12": (Mutation(without="the on-body injector", code={"rules.stages.injections._stand": without_on_body}),),
    "C13": (Mutation(without="codes by route", code={"rules.stages.injections._other_route": unlisted_route}),),
    "C14": (
        Mutation(
            without="routes that are not coded",
            code={
                "rules.stages.screening.ROUTES_NOT_CODED": frozenset(),
                "rules.stages.screening.CODED_ROUTES": screening.CODED_ROUTES | ROUTES_NOT_CODED,
            },
        ),
    ),
    "D1": (Mutation(without="fluid that is no hydration", code={"rules.stages.screening.INCIDENTAL": frozenset()}),),
    "D2": (Mutation(without="electrolytes: they are hydration", policy={"electrolyte_rider": "hydration"}),),
    "D3": (
        Mutation(without="the volume", code={"rules.stages.hydration._has_volume": YES}),
        Mutation(without="the need", code={"rules.stages.documentation._hydration_necessity": nothing}),
    ),
    "D4": (
        Mutation(
            without="fluid around chemo that is part of it",
            code={"rules.stages.hydration._not_integral": all_units},
        ),
        Mutation(without="the modifier of hydration", code={"rules.stages.modifiers._hydration": nothing}),
    ),
    "D5": (
        Mutation(without="the minutes of a transfusion", code={"rules.stages.screening._note_transfusion": nothing}),
        Mutation(without="drugs for a transfusion", code={"rules.stages.screening._for_a_transfusion": NONE}),
    ),
    "D6": (
        Mutation(
            without="what belongs to a procedure", code={"rules.stages.screening.PART_OF_A_PROCEDURE": frozenset()}
        ),
    ),
    "E1": (
        Mutation(without="the chemo family", code={"rules.stages.classify._is_chemo": NO}),
        Mutation(without="chemo for any diagnosis", code={"rules.stages.classify._is_chemo": for_cancer_alone}),
    ),
    "E2": (
        Mutation(without="complex biologics as chemo", code={"rules.stages.classify._is_chemo": antineoplastics_alone}),
    ),
    "E3": (Mutation(without="payers' lists", code={"rules.rulebook.policy.Policy.is_listed_as_chemo": NO}),),
    "E4": (Mutation(without="families by policy", code={"rules.stages.screening._follow_policy": nothing}),),
    "E5": (Mutation(without="supportive drugs", code={"rules.stages.classify._family": chemo_beside_chemo}),),
    "F1": (
        Mutation(without="flushes and carriers", code={"rules.stages.screening.INCIDENTAL": frozenset({Purpose.KVO})}),
        Mutation(without="what is included", code={"rules.stages.edits._beside": EMPTY}),
    ),
    "F2": (Mutation(without="visits beside an administration", code={"rules.stages.edits._beside": EMPTY}),),
    "F3": (Mutation(without="the MUE", code={"rules.stages.edits._unlikely_units": nothing}),),
    "F4": (Mutation(without="pairs", code={"rules.stages.edits._pairs": nothing}),),
    "F6": (
        Mutation(
            without="the order of diagnoses",
            code={"rules.engine.STAGES": tuple(stage for stage in STAGES if stage is not diagnoses.suggest)},
        ),
    ),
}
