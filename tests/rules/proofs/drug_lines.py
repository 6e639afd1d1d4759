"""The rules of settings, drug lines and the record (chapters G to R), each taken out of the engine."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from rules.chronology import EPOCH
from rules.facts import Administration, BillingCodeFacts, Quantity
from rules.result import NdcLine
from rules.rulebook.model import InForce
from rules.rulebook.policy import Policy
from rules.stages import classify, doses, drug_lines, ndc_segment, screening
from rules.vocabulary import LineFamily, Purpose, Reason, Route, Technique
from rules.worksheet.doses import Dose
from rules.worksheet.drafts import Draft
from rules.worksheet.sheet import Worksheet
from rules.worksheet.units import Entry, Unit
from tests.rules.proofs.mutation import NO, NONE, YES, Mutation, always, nothing

bill = Worksheet.bill
single_dose = drug_lines._single_dose
billing_code = doses._billing_code
opened = doses._open
passes = screening._passes
shared_times = classify._shared_times


def dated_as_the_encounter(sheet: Worksheet, *told: Any, **named: Any) -> Draft:
    return bill(sheet, *told, **{**named, "dated": sheet.facts.date_of_service})


def rest_rounded_up(sheet: Worksheet, line: Any, units: int, rest: int) -> None:
    del rest
    begun = line.dose.opened / line.dose.code.per.amount - units
    single_dose(sheet, line, units, max(0, int(begun.to_integral_value(rounding=ROUND_CEILING))))


def rest_as_charted(sheet: Worksheet, line: Any, units: int, rest: int) -> None:
    charted = line.dose.discarded
    single_dose(sheet, line, units, rest if charted is None else int(charted // line.dose.code.per.amount))


def rest_of_less_than_a_unit(sheet: Worksheet, line: Any, units: int, rest: int) -> None:
    single_dose(sheet, line, units, max(rest, int(line.dose.given < line.dose.opened)))


def opened_as_single_dose(sheet: Worksheet, dose: Dose, *told: Any) -> None:
    opened(sheet, dose, *told)
    dose.is_single_dose = True


def always_jz(sheet: Worksheet, line: Any, units: int, numbers: object) -> None:
    del sheet, numbers
    line.bill(units, ("JZ",), screening.PAUSED)


compose = InForce._compose


def of_the_base(in_force: InForce, *, asked: object, overrides: Mapping[str, str]) -> Policy:
    del asked
    return compose(in_force, asked=(), overrides=overrides)


def code_of_the_reference_product(sheet: Worksheet, entry: Entry) -> BillingCodeFacts | None:
    code = billing_code(sheet, entry)
    return code if code is None or "-" not in entry.drug else replace(code, code="J1745")


def code_of_another_year(sheet: Worksheet, entry: Entry) -> BillingCodeFacts | None:
    """The unit of the code that was replaced, in place of the one in force."""
    code = billing_code(sheet, entry)
    units = {"J2506": "6", "J9312": "100"}
    if code is None or code.code not in units:
        return code
    return replace(code, per=Quantity(Decimal(units[code.code]), "mg"))


def first_of_several(sheet: Worksheet, entry: Entry) -> BillingCodeFacts | None:
    codes = entry.given.drug.billing_codes or ()
    return codes[0] if len(codes) > 1 else billing_code(sheet, entry)


def without_conversion(amount: Quantity, unit: str, concentration: Quantity | None = None) -> Decimal:
    del unit, concentration
    return amount.amount


def without_hyphens(text: str) -> str:
    return text.replace("-", "")


segment = ndc_segment._segment


def without_quantity(claim: str, given: list[Administration]) -> NdcLine:
    return segment(claim, given)._replace(quantity=None)


def without_unit(claim: str, given: list[Administration]) -> NdcLine:
    return segment(claim, given)._replace(unit=None)


def as_charted_alone(given: Administration) -> tuple[Decimal | None, str | None]:
    return (None, None) if given.ndc is None else (given.ndc.quantity, given.ndc.unit)


def reactions_set_aside(sheet: Worksheet, entry: Entry) -> bool:
    """Treatment of a reaction belongs to the infusion that caused it."""
    if entry.given.purpose != Purpose.REACTION_TREATMENT:
        return passes(sheet, entry)
    sheet.withhold([entry], Reason.INCIDENTAL, screening.PAUSED)
    return False


def longest_of_the_bag(sheet: Worksheet, members: list[Entry]) -> tuple[int | None, int | None]:
    """The first member's own times stand for the bag."""
    shared_times(sheet, members)
    for entry in members[1:]:
        entry.runs = ()
    return members[0].start, members[0].stop


def minutes_counted_twice(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans one after another, those that overlap too."""
    laid: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        at = max(start, laid[-1][1]) if laid else start
        laid.append((at, at + stop - start))
    return tuple(laid)


def on_the_wall(start: datetime | None, stop: datetime | None) -> tuple[int | None, int | None, int]:
    """Minutes as the clock on the wall shows them, whatever its offset."""
    read = [None if one is None else one.replace(tzinfo=EPOCH.tzinfo) - EPOCH for one in (start, stop)]
    first, last = (None if one is None else int(one.total_seconds()) // 60 for one in read)
    return first, last, 0


def pushed_at_any_length(sheet: Worksheet, unit: Unit) -> None:
    del sheet
    unit.technique = Technique.PUSH


DRUG_LINES: Mapping[str, tuple[Mutation, ...]] = {
    "G1": (
        Mutation(
            without="the date of each service",
            code={"rules.worksheet.sheet.Worksheet.bill": dated_as_the_encounter},
        ),
    ),
    "G3": (Mutation(without="the modifier of 340B", code={"rules.stages.doses.DISCOUNTED": "no modifier"}),),
    "G4": (Mutation(without="dates of codes", code={"rules.effective.EffectivePeriod.holds_on": YES}),),
    "H1": (
        Mutation(
            without="the descriptor's amount: a dose is a unit", code={"rules.amounts.whole_units": always(answer=1)}
        ),
        Mutation(without="the descriptor's measure", code={"rules.amounts.converted": without_conversion}),
    ),
    "H2": (
        Mutation(without="rounding up", policy={"unit_rounding": "down"}),
        Mutation(without="one unit at least", code={"rules.amounts.whole_units": lambda amount, _: int(amount)}),
    ),
    "H3": (Mutation(without="the sum of a day", policy={"sum_daily_dose": "false"}),),
    "H4": (Mutation(without="whole units discarded", code={"rules.stages.drug_lines._single_dose": rest_rounded_up}),),
    "H5": (
        Mutation(without="JW", switches={"jw": False}),
        Mutation(without="JZ", switches={"jz": False}),
    ),
    "H6": (
        Mutation(
            without="less than a unit discarded: it is one",
            code={"rules.stages.drug_lines._single_dose": rest_of_less_than_a_unit},
        ),
    ),
    "H7": (Mutation(without="multi-dose containers", code={"rules.stages.doses._open": opened_as_single_dose}),),
    "H8": (
        Mutation(without="the smallest combination", code={"rules.stages.drug_lines._find_smaller_vials": nothing}),
    ),
    "H10": (Mutation(without="the label's amount", code={"rules.stages.drug_lines._single_dose": rest_as_charted}),),
    "H11": (
        Mutation(
            without="outpatients: drugs after an inpatient order",
            code={"rules.stages.doses._is_drug_line": YES},
        ),
    ),
    "H12": (Mutation(without="the charted rest", code={"rules.stages.drug_lines._is_rest_billed": NO}),),
    "H13": (
        Mutation(without="whole vials by policy", code={"rules.stages.drug_lines.WHOLE_VIAL": "no mode"}),
        Mutation(without="lines without JZ by policy", code={"rules.stages.drug_lines._nothing_discarded": always_jz}),
    ),
    "H15": (Mutation(without="unclassified drugs", code={"rules.stages.doses._unclassified": nothing}),),
    "H16": (
        Mutation(
            without="a biosimilar's own code", code={"rules.stages.doses._billing_code": code_of_the_reference_product}
        ),
    ),
    "H17": (Mutation(without="the code of the day", code={"rules.stages.doses._billing_code": code_of_another_year}),),
    "H18": (Mutation(without="the modifier of the route", code={"rules.stages.doses.ROUTE_MODIFIERS": {"IV": None}}),),
    "I1": (Mutation(without="5-4-2", code={"rules.stages.ndc_segment.ndc_of_claim": without_hyphens}),),
    "I2": (
        Mutation(without="NDC on lines", code={"rules.stages.ndc_segment._attach": nothing}),
        Mutation(without="the quantity of an NDC", code={"rules.stages.ndc_segment._segment": without_quantity}),
    ),
    "I3": (Mutation(without="the measure of an NDC", code={"rules.stages.ndc_segment._segment": without_unit}),),
    "I4": (Mutation(without="the quantity worked out", code={"rules.stages.ndc_segment._quantity": as_charted_alone}),),
    "I5": (
        Mutation(without="who needs the NDC", code={"rules.stages.ndc_segment._is_asked": YES}),
        Mutation(without="who needs the NDC: nobody", code={"rules.stages.ndc_segment._is_asked": NO}),
    ),
    "R1": (
        Mutation(
            without="what was not given",
            code={"rules.stages.screening.NOT_DONE": frozenset(), "rules.stages.doses.NOT_DONE": frozenset()},
        ),
    ),
    "R2": (
        Mutation(
            without="what came after the inpatient order",
            code={"rules.stages.screening._inpatient": NO},
        ),
        Mutation(without="the cut at the inpatient order", code={"rules.stages.screening._lay_out": nothing}),
    ),
    "R3": (
        Mutation(without="the missing route", code={"rules.stages.screening.KNOWN_ROUTES": frozenset([None, *Route])}),
    ),
    "R4": (
        Mutation(without="the treatment of a reaction", code={"rules.stages.screening._passes": reactions_set_aside}),
    ),
    "R5": (Mutation(without="impossible times", code={"rules.stages.screening._impossible": NO}),),
    "R6": (
        Mutation(
            without="drugs of unknown family",
            code={"rules.stages.classify._family": always(answer=LineFamily.HYDRATION)},
        ),
    ),
    "R7": (Mutation(without="infusions as ordered", code={"rules.stages.classify._is_coded_as_ordered": NO}),),
    "R8": (Mutation(without="long pushes", code={"rules.stages.classify._resolve_push": pushed_at_any_length}),),
    "R9": (Mutation(without="the rest of an overlap", code={"rules.stages.infusions._is_timed_by_its_own": NO}),),
    "R10": (Mutation(without="one push by policy", code={"rules.stages.services._one_push": lambda units: units[0]}),),
    "R11": (Mutation(without="the times of a bag", code={"rules.stages.classify._shared_times": longest_of_the_bag}),),
    "R12": (
        Mutation(without="minutes counted once", code={"rules.chronology.union": minutes_counted_twice}),
        Mutation(without="the overlap pointed out", code={"rules.stages.services._find_overlap": nothing}),
    ),
    "R13": (Mutation(without="duplicates", code={"rules.stages.screening._find_duplicates": nothing}),),
    "R14": (
        Mutation(without="the order beside what was given", code={"rules.stages.documentation._compare": nothing}),
    ),
    "R15": (Mutation(without="lot numbers", code={"rules.stages.documentation._lots": nothing}),),
    "R16": (Mutation(without="plan", code={"rules.stages.documentation._plan_and_response": nothing}),),
    "R17": (Mutation(without="response", code={"rules.stages.documentation._plan_and_response": nothing}),),
    "R18": (
        Mutation(without="authorizations", code={"rules.stages.documentation._authorizations": nothing}),
        Mutation(without="their dates", code={"rules.stages.documentation._is_valid": YES}),
    ),
    "R19": (Mutation(without="the label", code={"rules.stages.documentation._off_label": nothing}),),
    "R20": (Mutation(without="paused minutes in the ledger", code={"rules.stages.screening._keep_ledger": nothing}),),
    "R21": (Mutation(without="the unit ledger", code={"rules.stages.drug_lines._Line.balance": nothing}),),
    "R22": (Mutation(without="prices", code={"rules.rulebook.model.InForce.price": NONE}),),
    "R23": (Mutation(without="the missing dose", code={"rules.stages.doses._amount": always(answer=Decimal(1))}),),
    "R24": (Mutation(without="true minutes", code={"rules.chronology.minutes_and_offset": on_the_wall}),),
    "R25": (Mutation(without="layers", code={"rules.rulebook.model.InForce._compose": of_the_base}),),
    "R26": (
        Mutation(without="units that do not convert", code={"rules.amounts.converted": without_conversion}),
        Mutation(without="the most a line holds", code={"rules.stages.drug_lines._find_beyond_any_claim": nothing}),
    ),
    "R27": (Mutation(without="the ambiguous code", code={"rules.stages.doses._billing_code": first_of_several}),),
    "R28": (Mutation(without="the check of an NDC", code={"rules.stages.ndc_segment.ndc_of_claim": without_hyphens}),),
}
