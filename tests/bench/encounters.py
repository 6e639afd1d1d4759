"""Infusion days as a benchmark codes them: many different ones, the same on every machine."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import NamedTuple

from rules.facts import (
    Access,
    Administration,
    BillingCodeFacts,
    Container,
    DrugFacts,
    EncounterFacts,
    Quantity,
    Span,
)


class Given(NamedTuple):
    """A drug of a day: minutes after the last one began, and how long it runs."""

    drug: str
    family: str
    technique: str
    after: int
    minutes: int
    route: str = "IV"


FOLFOX = (
    Given("ondansetron", "therapeutic", "push", 0, 3),
    Given("dexamethasone", "therapeutic", "infusion", 5, 20),
    Given("oxaliplatin", "antineoplastic", "infusion", 25, 120),
    Given("leucovorin", "therapeutic", "infusion", 0, 120),
    Given("fluorouracil", "antineoplastic", "push", 125, 4),
    Given("fluorouracil", "antineoplastic", "pump_initiation", 8, 10),
)
PACLITAXEL_AND_CARBOPLATIN = (
    Given("famotidine", "therapeutic", "push", 0, 2),
    Given("diphenhydramine", "therapeutic", "push", 6, 3),
    Given("dexamethasone", "therapeutic", "infusion", 5, 25),
    Given("paclitaxel", "antineoplastic", "infusion", 35, 180),
    Given("carboplatin", "antineoplastic", "infusion", 185, 45),
    Given("sodium chloride", "hydration_fluid", "infusion", 50, 61),
)
CISPLATIN_WITH_FLUID = (
    Given("sodium chloride", "hydration_fluid", "infusion", 0, 95),
    Given("fosaprepitant", "therapeutic", "infusion", 100, 30),
    Given("palonosetron", "therapeutic", "push", 32, 2),
    Given("cisplatin", "antineoplastic", "infusion", 10, 75),
    Given("mannitol", "therapeutic", "infusion", 20, 40),
    Given("sodium chloride", "hydration_fluid", "infusion", 60, 120),
)
ANTIBIOTICS_AND_PAIN = (
    Given("ceftriaxone", "therapeutic", "infusion", 0, 31),
    Given("vancomycin", "therapeutic", "infusion", 35, 95),
    Given("ketorolac", "therapeutic", "push", 20, 2),
    Given("hydromorphone", "therapeutic", "push", 40, 3),
    Given("hydromorphone", "therapeutic", "push", 45, 3),
    Given("enoxaparin", "therapeutic", "injection", 15, 1, "SC"),
)
BIOLOGIC = (
    Given("acetaminophen", "therapeutic", "infusion", 0, 15),
    Given("methylprednisolone", "therapeutic", "push", 18, 4),
    Given("infliximab", "complex_biologic", "infusion", 10, 125),
    Given("sodium chloride", "hydration_fluid", "infusion", 130, 45),
    Given("diphenhydramine", "therapeutic", "push", 10, 3),
    Given("iron sucrose", "therapeutic", "infusion", 10, 22),
)
DAYS = (FOLFOX, PACLITAXEL_AND_CARBOPLATIN, CISPLATIN_WITH_FLUID, ANTIBIOTICS_AND_PAIN, BIOLOGIC)
SECOND_ACCESS = (Access("A"), Access("B", "incompatible"))
PER_UNIT = Quantity(Decimal(10), "mg")
SHORTEST_VARIED = 15
VIAL = Container(Quantity(Decimal(100), "mg"), 2, is_single_dose=True)


def encounters(
    administrations: int, *, count: int, seed: int = 0, has_drug_lines: bool = False
) -> tuple[EncounterFacts, ...]:
    """`count` different encounters of so many administrations each; drug lines need codes and doses."""
    random = Random(seed)  # noqa: S311 (the same days on every machine, no secret)
    return tuple(_encounter(random, f"e{nth}", administrations, has_drug_lines=has_drug_lines) for nth in range(count))


def _encounter(random: Random, name: str, administrations: int, *, has_drug_lines: bool) -> EncounterFacts:
    on = date(2026, 1, 5) + timedelta(days=random.randrange(200))
    zone = random.choice((UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=-8))))
    at = datetime(on.year, on.month, on.day, random.randrange(7, 12), random.randrange(60), tzinfo=zone)
    given: list[Administration] = []
    day = list(random.choice(DAYS))
    if administrations == 1:
        day = [random.choice(day)]
    while len(given) < administrations:
        for each in day[: administrations - len(given)]:
            at += timedelta(minutes=each.after + random.randrange(4))
            given.append(_administration(random, f"a{len(given)}", each, at, has_drug_lines=has_drug_lines))
        day = list(random.choice(DAYS))
        at += timedelta(minutes=random.choice((30, 60, 150)))
    return EncounterFacts(
        name,
        on,
        setting=random.choice(("facility", "facility", "office")),
        accesses=SECOND_ACCESS if random.random() < 0.1 else (),
        diagnoses=("C18.9", "E86.0") if random.random() < 0.5 else None,
        administrations=tuple(given),
    )


def _administration(random: Random, name: str, each: Given, at: datetime, *, has_drug_lines: bool) -> Administration:
    minutes = each.minutes + (random.randrange(-2, 12) if each.minutes >= SHORTEST_VARIED else 0)
    stop = at + timedelta(minutes=minutes)
    is_paused = each.technique == "infusion" and minutes > 30 and random.random() < 0.1
    return Administration(
        id=name,
        drug=DrugFacts(each.drug, each.family, _codes(each.drug) if has_drug_lines else None),
        route=each.route,
        technique=each.technique,
        start=at,
        stop=None if random.random() < 0.02 else stop,
        pauses=(Span(at + timedelta(minutes=10), at + timedelta(minutes=18)),) if is_paused else (),
        access="B" if random.random() < 0.03 else "A",
        dose=Quantity(Decimal(random.randrange(20, 190)), "mg") if has_drug_lines else None,
        containers=(VIAL,) if has_drug_lines else (),
    )


def _codes(drug: str) -> tuple[BillingCodeFacts, ...]:
    return (BillingCodeFacts(f"J{9000 + sum(map(ord, drug)) % 1000}", PER_UNIT),)
