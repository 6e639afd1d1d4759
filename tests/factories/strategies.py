"""Encounters for the properties. Where a rule turns on a minute, that minute is drawn more often than any other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

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
from rules.rulebook.loader import load_rulebook
from rules.vocabulary import AccessReason, AdministrationStatus, Family, Purpose, Route, Technique

DAY = date(2026, 3, 10)
ZONES = (UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=30)))
DURATIONS = (0, 1, 5, 14, 15, 16, 17, 29, 30, 31, 32, 45, 46, 47, 60, 61, 90, 91, 92, 150, 151, 210, 211, 600)
LONG = (1439, 1440, 1441)
STEPS = (-91, -60, -31, -30, -29, -16, -15, -1, 0, 0, 0, 1, 15, 16, 29, 30, 31, 32, 60, 91)
OPENINGS = (8 * 60, 10 * 60, 23 * 60 + 30, 23 * 60 + 59, 0)
DRUGS = (
    ("drug a", Family.THERAPEUTIC),
    ("drug a", Family.THERAPEUTIC),
    ("drug b", Family.THERAPEUTIC),
    ("drug e", Family.THERAPEUTIC),
    ("drug c", Family.ANTINEOPLASTIC),
    ("drug d", Family.ANTINEOPLASTIC),
    ("hormone", Family.ANTINEOPLASTIC_HORMONAL),
    ("biologic", Family.COMPLEX_BIOLOGIC),
    ("saline", Family.HYDRATION_FLUID),
    ("saline", Family.HYDRATION_FLUID),
    ("potassium", Family.THERAPEUTIC),
    ("drug o", Family.OTHER),
)
RARE_DRUGS = (("red cells", Family.BLOOD), ("dye", Family.CONTRAST), ("shot", Family.VACCINE))
BOUNDARY = 16
DOSES = ("1", "5", "10", "45", "77", "100", "305.5")
SIZES = ("7", "10", "25", "50", "100", "400")


def seldom(random: Random, *rare: Any, usual: Any = None, share: int = 8) -> Any:
    """`usual`, but once in so many times one of the rare ones."""
    return random.choice(rare) if random.randrange(share) == 0 else usual


def _policy(seed: int) -> dict[str, str]:
    random = Random(seed)  # noqa: S311 (no secret is drawn)
    keys = load_rulebook().policy_keys
    if random.randrange(3) == 0:
        return {}
    return {key: random.choice(keys[key].values) for key in random.sample(sorted(keys), random.randrange(6))}


def policies() -> st.SearchStrategy[dict[str, str]]:
    """Policy keys put to any of their values; one in three times every key is at its default."""
    return st.integers(0, 2**32).map(_policy)


def _drug(random: Random) -> DrugFacts:
    """A drug of a small pool, so that the same one is given again; half of them are billed."""
    name, family = random.choice(DRUGS if random.randrange(15) else RARE_DRUGS)
    codes: tuple[BillingCodeFacts, ...] | None = None
    if random.randrange(2):
        routes = ((), ("IV", "SC"), ("IM",))[len(name) % 3]
        codes = (
            BillingCodeFacts(f"J{name[-1]}", Quantity(Decimal(random.choice(("1", "5", "10", "50"))), "mg"), routes),
        )
        codes = seldom(random, (), usual=codes)
    return DrugFacts(name, family, codes, is_electrolyte=name == "potassium")


def _parts(random: Random, start: datetime, minutes: int) -> tuple[tuple[Span, ...] | None, tuple[Span, ...]]:
    """Segments and pauses of a run, most often neither."""
    shape = random.randrange(10) if minutes >= BOUNDARY else None
    stop = start + timedelta(minutes=minutes)
    if shape == 0:
        middle = start + timedelta(minutes=minutes // 2)
        return (Span(start, middle), Span(middle + timedelta(minutes=random.randrange(2)), stop)), ()
    if shape == 1:
        begin = start + timedelta(minutes=random.randrange(minutes))
        return None, (Span(begin, min(stop, begin + timedelta(minutes=random.choice(DURATIONS)))),)
    return None, ()


def _record(key: str, seed: int, opening: datetime, marks: list[datetime]) -> Administration:
    """One record that begins near the beginning or end of an earlier one."""
    random = Random(seed)  # noqa: S311 (no secret is drawn)
    start = random.choice([opening, *marks]) + timedelta(minutes=random.choice(STEPS))
    minutes = seldom(random, *LONG, random.randrange(300), usual=random.choice(DURATIONS), share=12)
    stop = start + timedelta(minutes=minutes)
    marks += [start, stop]
    segments, pauses = _parts(random, start, minutes)
    is_single = random.choice((True, True, False, None))
    sizes = random.choices(SIZES, k=random.randrange(3))
    dose = seldom(random, None, usual=Quantity(Decimal(random.choice(DOSES)), "mg"))
    return Administration(
        id=key,
        drug=_drug(random),
        route=seldom(random, "SC", "IM", "IA", None, *Route, usual="IV", share=4),
        technique=seldom(random, None, *Technique, usual=random.choice(("infusion", "infusion", "push"))),
        start=seldom(random, None, usual=start, share=12),
        stop=seldom(random, None, usual=stop, share=8),
        segments=segments,
        pauses=pauses,
        access=seldom(random, "A", "B", "C", usual="A", share=3),
        bag=seldom(random, "1", "2", share=6),
        purpose=seldom(random, *Purpose, share=12),
        status=seldom(random, *AdministrationStatus, usual="given", share=14),
        visit=seldom(random, 2, usual=1),
        order=seldom(random, "o1", "o2"),
        dose=dose,
        containers=tuple(Container(Quantity(Decimal(size), "mg"), 1, is_single) for size in sizes),
        discarded=random.choice((None, Quantity(Decimal(5), "mg"))),
        is_new_setup=random.randrange(6) == 0,
    )


def _encounter(seed: int, records: list[int]) -> EncounterFacts:
    random = Random(seed)  # noqa: S311 (no secret is drawn)
    opening = datetime(DAY.year, DAY.month, DAY.day, tzinfo=random.choice(ZONES))
    opening += timedelta(minutes=random.choice(OPENINGS))
    marks: list[datetime] = []
    reasons = (None, "protocol", "protocol", *AccessReason)
    return EncounterFacts(
        encounter_id="e1",
        date_of_service=DAY,
        setting=random.choice(("facility", "facility", "office")),
        payer=seldom(random, "medicare", "independence", "nobody"),
        end=seldom(random, opening + timedelta(hours=12)),
        inpatient_order=seldom(random, opening + timedelta(minutes=random.choice(DURATIONS)), share=14),
        diagnoses=random.choice((None, (), ("C18.9",), ("E86.0", "C50.911", "Z51.11"))),
        primary_reason=random.choice((None, "a0", "a1")),
        accesses=tuple(Access(label, random.choice(reasons)) for label in "ABC"),
        administrations=tuple(_record(f"a{place}", record, opening, marks) for place, record in enumerate(records)),
    )


def encounters(most: int = 7) -> st.SearchStrategy[EncounterFacts]:
    """Plausible encounters of up to so many records with distinct ids.

    Each record is grown from one number, so that thousands are drawn in seconds and a counterexample sheds records.
    """
    numbers = st.integers(0, 2**32)
    return st.builds(_encounter, numbers, st.lists(numbers, min_size=1, max_size=most))


Rewrite = Callable[[datetime], datetime]


def retimed(facts: EncounterFacts, rewrite: Rewrite, on: date) -> EncounterFacts:
    """The same encounter with every clock time rewritten."""

    def moved(time: datetime | None) -> datetime | None:
        return None if time is None else rewrite(time)

    def moved_spans(spans: tuple[Span, ...]) -> tuple[Span, ...]:
        return tuple(Span(moved(span.start), moved(span.stop)) for span in spans)

    return replace(
        facts,
        date_of_service=on,
        start=moved(facts.start),
        end=moved(facts.end),
        inpatient_order=moved(facts.inpatient_order),
        administrations=tuple(
            replace(
                one,
                start=moved(one.start),
                stop=moved(one.stop),
                segments=None if one.segments is None else moved_spans(one.segments),
                pauses=moved_spans(one.pauses),
            )
            for one in facts.administrations
        ),
    )
