"""What a version of the formulary says of the drugs that charts name."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from drugs import facts as drug_facts
from drugs import selectors as formulary
from drugs.facts import DrugQuestion
from drugs.index import FormularyIndex
from drugs.models import DrugBillingCode
from drugs.selectors import Charted, Resolution
from encounters.addenda import Statement
from encounters.facts.amounts import quantity
from encounters.facts.chart import Chart
from encounters.models import Encounter
from rules.facts import DrugFacts, Order
from rules.vocabulary import Family, Kind

Question = TypeVar("Question")
Answer = TypeVar("Answer")
MOST_ANSWERS = 20_000
FAMILY_OF_KIND = {
    Kind.CHEMO: Family.ANTINEOPLASTIC,
    Kind.COMPLEX_BIOLOGIC: Family.COMPLEX_BIOLOGIC,
    Kind.THERAPEUTIC: Family.THERAPEUTIC,
    Kind.IMMUNE_GLOBULIN: Family.THERAPEUTIC,
    Kind.HYDRATION: Family.HYDRATION_FLUID,
    Kind.BLOOD: Family.BLOOD,
    Kind.CONTRAST: Family.CONTRAST,
    Kind.VACCINE: Family.VACCINE,
    Kind.OTHER: Family.OTHER,
}
DIALYSIS_DIAGNOSES = frozenset({"N186", "Z992"})
"""End-stage renal disease, and dependence on dialysis: both, for the codes that are for such patients alone."""


class Version:
    """A version of the formulary with the questions that it has answered: many encounters ask the same."""

    def __init__(self, index: FormularyIndex) -> None:
        """Has answered nothing yet."""
        self.index = index
        self._resolutions: dict[Charted, Resolution] = {}
        self._facts: dict[DrugQuestion, DrugFacts] = {}

    def resolve(self, charted: Sequence[Charted]) -> list[Resolution]:
        """Which drug each is."""
        _let_go(self._resolutions)
        return formulary.resolve_many(charted, index=self.index, answers=self._resolutions)

    def drugs(self, chart: Chart, charted: Sequence[Charted], resolutions: Sequence[Resolution]) -> list[DrugFacts]:
        """What it holds of each drug that was given, in order."""
        layers = _policy_layers(chart.encounter)
        circumstance = _circumstance(chart)
        questions = [
            _question(given, asked, resolution, layers, circumstance)
            for given, asked, resolution in zip(chart.said, charted, resolutions, strict=True)
        ]
        _let_go(self._facts)
        asked_now = [question for question in questions if question]
        found = iter(drug_facts.drug_facts_of_many(asked_now, index=self.index, answers=self._facts))
        return [
            _drug(given, next(found) if question else None)
            for given, question in zip(chart.said, questions, strict=True)
        ]

    def orders(self, chart: Chart) -> tuple[Order, ...]:
        """The orders, each drug by the name that an administration of it has, so that a brand equals its ingredient."""
        return tuple(
            Order(
                reference=row.reference,
                drug=resolution.drug.name if resolution.drug else row.drug_name,
                dose=quantity(row.dose_amount, row.dose_unit),
                route=row.route or None,
            )
            for row, resolution in zip(chart.orders, self.resolve(ordered(chart)), strict=True)
        )


def charted(chart: Chart) -> list[Charted]:
    """What is said of each drug that was given, as of the day on which its administration began."""
    clock = ZoneInfo(chart.encounter.time_zone)
    return [_charted(given, chart.encounter.date_of_service, clock) for given in chart.said]


def ordered(chart: Chart) -> list[Charted]:
    """What is said of each drug that was ordered."""
    on = chart.encounter.date_of_service
    return [Charted(on=on, name=row.drug_name or None, route=row.route or None) for row in chart.orders]


def _charted(given: Statement, date_of_service: date, clock: ZoneInfo) -> Charted:
    start, _ = given.clock
    return Charted(
        on=start.astimezone(clock).date() if start else date_of_service,
        name=given.drug_name or None,
        ndc=given.ndc or None,
        hcpcs=given.hcpcs or None,
        route=given.route or None,
    )


def _let_go(answers: dict[Question, Answer]) -> None:
    """Keep what is held within bounds: a hundred thousand charts ask more questions than memory should hold."""
    if len(answers) > MOST_ANSWERS:
        answers.clear()


def _policy_layers(encounter: Encounter) -> tuple[str, ...]:
    """In the order of the rulebook's own layers, so that the narrower one has the last word."""
    owners = (encounter.payer, encounter.location)
    return (encounter.setting, *(owner.policy_layer for owner in owners if owner is not None and owner.policy_layer))


def _circumstance(chart: Chart) -> str:
    """What of the patient calls for other codes of a drug (epoetin and darbepoetin have codes for dialysis)."""
    codes = {code.replace(".", "").upper() for code in chart.diagnoses}
    if codes >= DIALYSIS_DIAGNOSES:
        return DrugBillingCode.Circumstance.ESRD_ON_DIALYSIS.value
    return DrugBillingCode.Circumstance.USUAL.value


def _question(
    given: Statement, charted: Charted, resolution: Resolution, layers: tuple[str, ...], circumstance: str
) -> DrugQuestion | None:
    """What to ask the formulary; None while nobody knows the drug.

    The drug of the row stands unless a later statement names another; what was unknown when it came may be known now.
    """
    drug, product = given.drug, given.product
    if drug is None or given.is_drug_restated:
        drug, product = resolution.drug, resolution.product
    elif product is None and resolution.drug == drug:
        product = resolution.product
    if drug is None:
        return None
    is_dose_a_volume = given.volume_ml is None and given.dose_unit == "mL"
    return DrugQuestion(
        drug=drug,
        on=charted.on,
        policy_layers=layers,
        product=product,
        ndc=charted.ndc,
        route=charted.route,
        circumstance=circumstance,
        volume_ml=given.dose_amount if is_dose_a_volume else given.volume_ml,
    )


def _drug(given: Statement, found: DrugFacts | None) -> DrugFacts:
    """The formulary's facts, or those of an unmapped name; a stated family outweighs, a charted kind fills a gap."""
    drug = found or drug_facts.unmapped_drug_facts(given.drug_name)
    if found is None and given.kind:
        drug = replace(drug, family=FAMILY_OF_KIND[Kind(given.kind)])
    return replace(drug, family=Family(given.family)) if given.family else drug
