"""Facts that no chart should hold, each set grown from one number, so that a hundred thousand take minutes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

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
from rules.vocabulary import AccessReason, AdministrationStatus, Family, Purpose, Route, Technique

T = TypeVar("T")

WORDS = (None, "", " ", "IV", "infusion", "zzz", "given", "1", "chemo", "A", "\x00", "ß", "96413", "\ud800", "D1 10:00")
TIMES = (
    datetime(1, 1, 1),  # noqa: DTZ001 (a naive time is the point)
    datetime(9999, 12, 31, 23, 59, 59, 999999),  # noqa: DTZ001 (a naive time is the point)
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))),
    datetime(2026, 1, 15, 10),  # noqa: DTZ001 (a naive time is the point)
    datetime(2026, 1, 15, 10, 30, 59, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    datetime(2026, 1, 15, 11, tzinfo=timezone(timedelta(seconds=-1))),
    datetime(2026, 1, 16, 11, tzinfo=UTC),
)
AMOUNTS = tuple(
    map(
        Decimal,
        (
            *("NaN", "sNaN", "Infinity", "-Infinity", "0", "-0", "-1", "1E+999999", "1E-999999", "1E+28", "0.1", "10"),
            *("9999999999", "0.000000001", "100"),
        ),
    )
)
UNSURE = (True, False, None)
UNITS = ("mg", "mg", "mL", "L", "units", "", "MG ", "mg/m2", "kg", "ng", "vial")
COUNTS = (0, 1, 1, 2, -1, 10**9, 10**18)
DATES = (date.min, date(2005, 12, 31), date(2008, 12, 31), date(2016, 12, 31), date(2026, 1, 15), date.max)


class _Odd:
    """Draws the parts of one set of facts."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 (no secret is drawn)

    def one(self, *some: Any) -> Any:
        return self.random.choice(some)

    def word(self, *known: str) -> Any:
        """A known word three times in four, else an odd one."""
        return self.one(*known) if known and self.random.randrange(4) else self.one(*WORDS)

    def flag(self) -> bool:
        return self.random.random() < 0.5

    def maybe(self, draw: Callable[[], T]) -> T | None:
        return draw() if self.random.randrange(3) else None

    def some(self, draw: Callable[[], T], most: int = 3) -> tuple[T, ...]:
        return tuple(draw() for _ in range(self.random.randrange(most + 1)))

    def time(self) -> datetime | None:
        """Often one of a plain morning, so that records do run."""
        plain = datetime(2026, 1, 15, 10, tzinfo=UTC) + timedelta(minutes=self.random.randrange(-30, 300))
        return self.one(plain, plain, plain, None, self.one(*TIMES))

    def amount(self) -> Decimal:
        return self.one(*AMOUNTS)

    def quantity(self) -> Quantity:
        return Quantity(self.amount(), self.one(*UNITS))

    def span(self) -> Span:
        return Span(self.time(), self.time())

    def code(self) -> BillingCodeFacts:
        return BillingCodeFacts(
            code=self.one("J1100", "J9035", "", "zzz"),
            per=self.quantity(),
            routes=self.some(lambda: self.word("IV", "SC")),
            price=self.maybe(self.amount),
        )

    def drug(self) -> DrugFacts:
        return DrugFacts(
            name=self.word("drug a", "drug b"),
            family=self.word(*Family),
            billing_codes=self.maybe(lambda: self.some(self.code)),
            is_electrolyte=self.flag(),
            is_biologic=self.flag(),
            is_immunotherapy=self.flag(),
            is_new=self.flag(),
            is_unmapped=self.flag(),
            concentration=self.maybe(self.quantity),
            marketed_sizes=self.some(self.quantity),
            indications=self.some(lambda: self.word("C50", "C18.9")),
            needs_prior_auth=self.flag(),
        )

    def container(self) -> Container:
        return Container(self.quantity(), self.one(*COUNTS), self.one(*UNSURE))

    def ndc(self) -> NdcFacts:
        label = self.word("0517-0650-01", "00517065001")
        return NdcFacts(label, self.one(*WORDS), self.word("UN", "ML", "F2", "GR"), self.maybe(self.amount))

    def record(self) -> Administration:
        return Administration(
            id=self.word("a1", "a2", "a3", "a4"),
            drug=self.drug(),
            route=self.word("IV", "IV", *Route),
            technique=self.word(*Technique),
            start=self.time(),
            stop=self.time(),
            segments=self.one(None, None, self.some(self.span)),
            pauses=self.one((), (), self.some(self.span)),
            access=self.word("A", "B"),
            bag=self.one(None, *WORDS),
            purpose=self.one(None, self.word(*Purpose)),
            status=self.one("given", self.word(*AdministrationStatus)),
            visit=self.one(1, None, *COUNTS),
            order=self.one(*WORDS),
            dose=self.maybe(self.quantity),
            containers=self.some(self.container),
            discarded=self.maybe(self.quantity),
            volume_ml=self.maybe(self.amount),
            rate=self.one(*WORDS),
            lot=self.one(*WORDS),
            ndc=self.maybe(self.ndc),
            diagnosis=self.one(*WORDS),
            is_implanted=self.flag(),
            lesions=self.one(None, *COUNTS),
            is_new_setup=self.flag(),
            is_puncture_by_other=self.flag(),
            is_without_tap=self.flag(),
            is_on_pump=self.flag(),
        )

    def authorization(self) -> PriorAuthorization:
        return PriorAuthorization(
            self.word("drug a"), self.one(None, *DATES), self.one(None, *DATES), self.one(None, *COUNTS)
        )

    def documents(self) -> Documents:
        return Documents(
            has_treatment_plan=self.one(*UNSURE),
            has_response_charted=self.one(*UNSURE),
            has_off_label_support=self.one(*UNSURE),
            prior_authorizations=self.maybe(lambda: self.some(self.authorization)),
            are_orders_known=self.flag(),
            are_lots_known=self.flag(),
        )

    def encounter(self, records: list[int]) -> EncounterFacts:
        return EncounterFacts(
            encounter_id=self.word("e1"),
            date_of_service=self.one(date(2026, 1, 15), date(2026, 1, 15), *DATES),
            setting=self.word("facility", "office"),
            place_of_service=self.word("22", "11"),
            is_professional_claim=self.one(*UNSURE),
            payer=self.word("medicare", "independence"),
            facility=self.word("institutional-2020"),
            start=self.one(None, None, self.time()),
            end=self.one(None, None, self.time()),
            inpatient_order=self.one(None, None, self.time()),
            has_earlier_encounter=self.flag(),
            is_340b=self.flag(),
            diagnoses=self.maybe(lambda: self.some(lambda: self.word("C18.9", "Z5111", "E86.0"))),
            primary_reason=self.word("a1"),
            accesses=self.some(lambda: Access(self.word("A", "B"), self.word(*AccessReason), self.one(*WORDS))),
            orders=self.some(
                lambda: Order(self.one(*WORDS), self.word("drug a"), self.maybe(self.quantity), self.word("IV"))
            ),
            documents=self.documents(),
            other_services=self.some(lambda: OtherService(self.word("99211", "99213"), self.some(lambda: "25"))),
            administrations=tuple(_Odd(record).record() for record in records),
        )


def malformed(seed: int) -> EncounterFacts:
    """The facts of one number: the same number always gives the same facts."""
    random = Random(seed)  # noqa: S311 (no secret is drawn)
    return _Odd(seed).encounter([random.randrange(2**32) for _ in range(random.randrange(6))])


NUMBERS = st.integers(0, 2**32)
MALFORMED: st.SearchStrategy[EncounterFacts] = st.builds(
    lambda seed, records: _Odd(seed).encounter(records), NUMBERS, st.lists(NUMBERS, max_size=5)
)
"""A counterexample sheds records."""
