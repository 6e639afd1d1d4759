"""Accepted encounters billed for more than the corrected rules give, with the day by which to return it.

An overpayment is reported and returned within days of being identified, and looked for years back: 42 CFR 401.305,
whose numbers are parameters of the rulebook. From 2025 on a timely investigation in good faith suspends the deadline,
by paragraph (b)(3): the deadline here is the one without it. The years count from the day of payment, which is not
known here, so they are counted from the date of service: what was paid long after it may be missed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from encounters import coding
from encounters.models import FinalLine, Review
from encounters.models.review import ReviewState
from rules.result import CodingResult
from rules.rulebook.model import Rulebook

ACCEPTED = (ReviewState.ACCEPTED, ReviewState.CHANGED)
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Overpayment:
    """One accepted encounter; `lines` are codes with the units billed and those that the corrected rules give.

    `dollars` are US dollars of the lines in excess less those of lines that were not billed; a code without a price
    counts nothing and is named in `unpriced`.
    """

    encounter_id: int
    date_of_service: date
    accepted_at: datetime
    lines: tuple[tuple[str, int, int], ...]
    dollars: Decimal
    unpriced: tuple[str, ...]
    return_by: date


def overpayments(*, rulebook: Rulebook, identified_on: date) -> Iterator[Overpayment]:
    """Every accepted encounter within the years looked back whose final lines exceed what `rulebook` gives.

    `return_by` is counted from `identified_on`. Raises ParameterNotInForce on a day before the rule.
    """
    in_force = rulebook.as_of(identified_on)
    return_by = identified_on + timedelta(days=in_force.number("overpayment_days"))
    years = in_force.number("overpayment_years")
    first = identified_on - timedelta(days=round(years * 365.25))
    reviews = Review.objects.filter(state__in=ACCEPTED, accepted_run__isnull=False)
    found = reviews.filter(encounter__date_of_service__gte=first).select_related("accepted_run", "encounter")
    for review in found.order_by("encounter__date_of_service", "pk").iterator(chunk_size=AT_ONCE):
        one = _overpayment(review, rulebook, return_by)
        if one is not None:
            yield one


def _overpayment(review: Review, rulebook: Rulebook, return_by: date) -> Overpayment | None:
    run, at = review.accepted_run, review.accepted_at
    if run is None or at is None:
        return None
    result = coding.corrected(run=run, rulebook=rulebook)
    billed: Counter[str] = Counter()
    for code, units in FinalLine.objects.filter(review=review, acceptance=review.acceptances).values_list(
        "code", "units"
    ):
        billed[code] += units
    given: Counter[str] = Counter()
    for line in result.lines:
        given[line.code] += line.units
    lines = tuple((code, billed[code], given[code]) for code in sorted(billed | given) if billed[code] != given[code])
    prices = _prices(coding.result_of(run)) | _prices(result)
    dollars = sum(((was - should) * (prices.get(code) or Decimal(0)) for code, was, should in lines), Decimal(0))
    unpriced = tuple(code for code, was, should in lines if prices.get(code) is None and was > should)
    if dollars <= 0 and not unpriced:
        return None
    return Overpayment(
        encounter_id=review.encounter_id,
        date_of_service=review.encounter.date_of_service,
        accepted_at=at,
        lines=lines,
        dollars=dollars,
        unpriced=unpriced,
        return_by=return_by,
    )


def _prices(result: CodingResult) -> dict[str, Decimal]:
    return {line.code: line.price for line in result.lines if line.price is not None}
