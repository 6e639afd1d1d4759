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
    Documents,
    DrugFacts,
    EncounterFacts,
    NdcFacts,
    Order,
    OtherService,
    PriorAuthorization,
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


# --- malformed -------------------------------------------------------------------------------------------------------

WORDS = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "IV", "infusion", "zzz", "given", "1", "chemo", "A", "\x00", "ß", "96413"]),
    st.text(max_size=6),
)
ODD_TIMES = (
    datetime(1, 1, 1),  # noqa: DTZ001 (a naive time is the point)
    datetime(9999, 12, 31, 23, 59, 59, 999999),  # noqa: DTZ001 (a naive time is the point)
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))),
    datetime(2026, 1, 15, 10),  # noqa: DTZ001 (a naive time is the point)
    datetime(2026, 1, 15, 10, tzinfo=UTC),
    datetime(2026, 1, 15, 10, 30, 59, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    datetime(2026, 1, 15, 11, tzinfo=timezone(timedelta(seconds=-1))),
    datetime(2026, 1, 16, 11, tzinfo=UTC),
)
ODD_AMOUNTS = ("NaN", "sNaN", "Infinity", "-Infinity", "0", "-0", "-1", "1E+999999", "1E-999999", "1E+28", "0.1", "10")
TIMES = st.one_of(st.none(), st.sampled_from(ODD_TIMES))
QUANTITIES = st.builds(
    Quantity,
    st.sampled_from(ODD_AMOUNTS).map(Decimal),
    st.sampled_from(["mg", "mL", "L", "units", "", "MG ", "mg/m2", "kg", "ng", "vial"]),
)
COUNTS = st.sampled_from([0, 1, 2, -1, 10**9])


def maybe(some: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Some, or None."""
    return st.one_of(st.none(), some)


def tuples(some: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    """Up to so many."""
    return st.lists(some, max_size=most).map(tuple)


def words(*known: str) -> st.SearchStrategy[Any]:
    """A known word, or an odd one."""
    return st.one_of(st.sampled_from(known), WORDS)


ODD_CODES = st.builds(
    BillingCodeFacts,
    code=st.sampled_from(["J1100", "J9035", "", "zzz"]),
    per=QUANTITIES,
    routes=tuples(words("IV", "SC")),
    price=maybe(st.sampled_from(ODD_AMOUNTS).map(Decimal)),
)
ODD_DRUGS = st.builds(
    DrugFacts,
    name=words("drug a", "drug b"),
    family=words(*Family),
    billing_codes=maybe(tuples(ODD_CODES)),
    is_electrolyte=st.booleans(),
    is_biologic=st.booleans(),
    is_immunotherapy=st.booleans(),
    is_new=st.booleans(),
    is_unmapped=st.booleans(),
    concentration=maybe(QUANTITIES),
    marketed_sizes=tuples(QUANTITIES),
    indications=tuples(words("C50", "C18.9")),
    needs_prior_auth=st.booleans(),
)
ODD_SPANS = st.builds(Span, TIMES, TIMES)
ODD_RECORDS = st.builds(
    Administration,
    id=words("a1", "a2"),
    drug=ODD_DRUGS,
    route=words(*Route),
    technique=words(*Technique),
    start=TIMES,
    stop=TIMES,
    segments=maybe(tuples(ODD_SPANS)),
    pauses=tuples(ODD_SPANS),
    access=words("A", "B"),
    bag=WORDS,
    purpose=words(*Purpose),
    status=words(*AdministrationStatus),
    visit=st.one_of(st.none(), COUNTS),
    order=WORDS,
    dose=maybe(QUANTITIES),
    containers=tuples(st.builds(Container, QUANTITIES, COUNTS, maybe(st.booleans()))),
    discarded=maybe(QUANTITIES),
    volume_ml=maybe(st.sampled_from(ODD_AMOUNTS).map(Decimal)),
    rate=WORDS,
    lot=WORDS,
    ndc=maybe(st.builds(NdcFacts, words("0517-0650-01", "00517065001"), WORDS, WORDS, maybe(st.just(Decimal("NaN"))))),
    diagnosis=WORDS,
    is_implanted=st.booleans(),
    lesions=st.one_of(st.none(), COUNTS),
    is_new_setup=st.booleans(),
    is_puncture_by_other=st.booleans(),
    is_without_tap=st.booleans(),
    is_on_pump=st.booleans(),
)
ODD_DATES = st.sampled_from([date.min, date(2005, 12, 31), date(2016, 12, 31), date(2026, 1, 15), date.max])
MALFORMED: st.SearchStrategy[EncounterFacts] = st.builds(
    EncounterFacts,
    encounter_id=words("e1"),
    date_of_service=st.one_of(st.just(date(2026, 1, 15)), ODD_DATES),
    setting=words("facility", "office"),
    place_of_service=words("22", "11"),
    is_professional_claim=maybe(st.booleans()),
    payer=words("medicare", "independence"),
    facility=words("institutional-2020"),
    start=TIMES,
    end=TIMES,
    inpatient_order=maybe(st.sampled_from(ODD_TIMES)),
    has_earlier_encounter=st.booleans(),
    is_340b=st.booleans(),
    diagnoses=maybe(tuples(words("C18.9", "Z5111", "E86.0"))),
    primary_reason=words("a1"),
    accesses=tuples(st.builds(Access, words("A", "B"), words(*AccessReason), WORDS)),
    orders=tuples(st.builds(Order, WORDS, words("drug a"), maybe(QUANTITIES), words("IV"))),
    documents=st.builds(
        Documents,
        has_treatment_plan=maybe(st.booleans()),
        has_response_charted=maybe(st.booleans()),
        has_off_label_support=maybe(st.booleans()),
        prior_authorizations=maybe(
            tuples(st.builds(PriorAuthorization, words("drug a"), maybe(ODD_DATES), maybe(ODD_DATES), maybe(COUNTS)))
        ),
        are_orders_known=st.booleans(),
        are_lots_known=st.booleans(),
    ),
    other_services=tuples(st.builds(OtherService, words("99211", "99213"), tuples(words("25")))),
    administrations=tuples(ODD_RECORDS, most=5),
)

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
