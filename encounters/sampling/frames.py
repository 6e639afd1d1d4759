"""The frame: which accepted encounters a sample is drawn from, listed and hashed as they stand at one moment."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import F, Func, QuerySet, TextField, Value

from encounters import audit
from encounters.models import CodedLine, FinalLine, Review
from encounters.models.review import ReviewState
from encounters.models.sampling import Stratum
from encounters.sampling import verify_sample
from encounters.sampling.permission import require
from encounters.sites import seen_by

CHUNK = 1000
BANDS = ((Decimal(500), "A under $500"), (Decimal(5000), "B $500 to $5,000"))
LAST_BAND = "C $5,000 and more"
EVERYTHING = "all"


@dataclass(frozen=True, slots=True)
class Frame:
    """What is asked for; empty or None is not asked for. Days are dates of service, both included; values US dollars.

    `rule` is the id of a rule behind a suggested line, `drug` a part of a drug's name, `coder` a user name.
    """

    first_day: date | None = None
    last_day: date | None = None
    coder: str = ""
    payer: str = ""
    setting: str = ""
    rule: str = ""
    drug: str = ""
    least_value: Decimal | None = None
    most_value: Decimal | None = None

    def words(self) -> dict[str, str]:
        """What was asked for, as it is stored."""
        return {name: str(value) for name, value in asdict(self).items() if value not in (None, "")}

    @classmethod
    def of_words(cls, words: Mapping[str, str]) -> "Frame":
        """The frame that `words` told of."""
        kinds = {"first_day": date.fromisoformat, "last_day": date.fromisoformat}
        kinds |= {"least_value": Decimal, "most_value": Decimal}  # type: ignore[dict-item]
        known = {each.name for each in fields(cls)}
        return cls(**{name: kinds.get(name, str)(word) for name, word in words.items() if name in known})  # type: ignore[arg-type]


class Unit(NamedTuple):
    """One accepted encounter of a frame, in the order of the frame's line; `value` in US dollars of the final lines."""

    encounter: int
    acceptance: int
    run: int
    result_digest: str
    lines_digest: str
    stratum: str
    coder: str
    value: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A frame as it stands: its units, their text and its hash."""

    units: tuple[Unit, ...]
    text: str
    hash: str

    def strata(self) -> dict[str, list[Decimal]]:
        """Stratum → the values of its units."""
        found: dict[str, list[Decimal]] = defaultdict(list)
        for unit in self.units:
            found[unit.stratum].append(Decimal(unit.value))
        return dict(sorted(found.items()))


def listed(*, frame: Frame, stratified_by: str = Stratum.NONE, user: User) -> Listed:
    """The accepted encounters that fit, of the user's sites, each with what identifies its acceptance.

    Raises PermissionDenied.
    """
    require(user)
    units = tuple(sorted(_units(_reviews(frame).filter(seen_by(user)), frame, Stratum(stratified_by))))
    text = verify_sample.listing([list(unit) for unit in units])
    return Listed(units, text, verify_sample.digest(text))


def read(text: str) -> tuple[Unit, ...]:
    """The units of a stored frame."""
    return tuple(Unit(*json.loads(line)) for line in text.splitlines())


def final_lines(lines: Sequence[FinalLine]) -> list[list[Any]]:
    """Final lines as they are hashed: code, units, modifiers in order of the alphabet, date."""
    return [[line.code, line.units, sorted(line.modifiers), line.date_of_service.isoformat()] for line in lines]


def _units(found: QuerySet[Review], frame: Frame, stratum: Stratum) -> Iterator[Unit]:
    reviews = found.order_by("pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(reviews, CHUNK)):
        lines: dict[int, list[FinalLine]] = defaultdict(list)
        latest = {review.pk: review.acceptances for review in chunk}
        for line in FinalLine.objects.filter(review__in=latest).order_by("position"):
            if line.acceptance == latest[line.review_id]:
                lines[line.review_id].append(line)
        prices = _prices([review.accepted_run_id for review in chunk])
        for review in chunk:
            unit = _unit(review, lines[review.pk], prices, stratum)
            if _is_worth(frame, unit):
                yield unit


def _prices(runs: Sequence[int | None]) -> dict[tuple[int, str], Decimal]:
    rows = CodedLine.objects.filter(run__in=runs, price__isnull=False).values_list("run_id", "code", "price")
    return {(run, code): price for run, code, price in rows if price is not None}


def _unit(
    review: Review, lines: Sequence[FinalLine], prices: Mapping[tuple[int, str], Decimal], stratum: Stratum
) -> Unit:
    run, coder = review.accepted_run, review.accepted_by
    if run is None or coder is None:
        message = f"Review {review.pk} is accepted by nobody, which the database refuses."
        raise AssertionError(message)
    value = sum((prices.get((run.pk, line.code), Decimal(0)) * line.units for line in lines), Decimal(0))
    name = audit.name_of(coder)
    strata = {
        Stratum.NONE: EVERYTHING,
        Stratum.PAYER: review.payer.name if review.payer else "no payer",
        Stratum.CODER: name,
        Stratum.SETTING: review.encounter.setting,
        Stratum.VALUE: next((band for limit, band in BANDS if value < limit), LAST_BAND),
    }
    return Unit(
        encounter=review.encounter_id,
        acceptance=review.acceptances,
        run=run.number,
        result_digest=run.result_digest,
        lines_digest=verify_sample.digest(verify_sample.canonical(final_lines(lines))),
        stratum=strata[stratum],
        coder=name,
        value=f"{value:.2f}",
    )


def _is_worth(frame: Frame, unit: Unit) -> bool:
    value = Decimal(unit.value)
    return not (
        (frame.least_value is not None and value < frame.least_value)
        or (frame.most_value is not None and value > frame.most_value)
    )


def _reviews(frame: Frame) -> QuerySet[Review]:
    found = Review.objects.filter(state=ReviewState.ACCEPTED)
    if frame.first_day:
        found = found.filter(date_of_service__gte=frame.first_day)
    if frame.last_day:
        found = found.filter(date_of_service__lte=frame.last_day)
    if frame.coder:
        found = found.filter(accepted_by__username=frame.coder)
    if frame.payer:
        found = found.filter(payer__code=frame.payer)
    if frame.setting:
        found = found.filter(encounter__setting=frame.setting)
    if frame.rule:
        # A run's result is canonical JSON: a rule stands in it in these very letters.
        found = found.filter(accepted_run__result__contains=f'"rule":"{frame.rule}"')
    if frame.drug:
        names = Func(F("drugs"), Value("\n"), function="array_to_string", output_field=TextField())
        found = found.annotate(names=names).filter(names__icontains=frame.drug.replace("\0", ""))
    return found.select_related("payer", "encounter", "accepted_run", "accepted_by").defer(
        "accepted_run__facts", "accepted_run__result"
    )
