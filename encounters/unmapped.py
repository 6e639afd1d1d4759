"""Drugs that arrived and that nobody could resolve; and the decision, made once, what a charted name is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Count, F, Min, Q, Window
from django.db.models.functions import RowNumber

from drugs import formulary, selectors
from drugs.models import Drug, Product
from encounters import recoding
from encounters.models import CodingRun, DrugReferences, Recoding, UnresolvedDrug
from encounters.models.references import Unresolved
from encounters.references import comparable_names
from rules.vocabulary import Family, Route

MAINTAIN = "drugs.maintain_formulary"
EXAMPLES = 3

_BY_FREQUENCY = """
    WITH of_encounter AS (
        SELECT name, why, encounter_id, count(*) AS administrations, min(date_of_service) AS oldest
        FROM encounters_unresolveddrug
        GROUP BY name, why, encounter_id
    )
    SELECT name, why, count(*) AS encounters, sum(administrations)::int, min(oldest),
        coalesce(sum(review.value_at_stake), 0)
    FROM of_encounter
    LEFT JOIN encounters_review review ON review.encounter_id = of_encounter.encounter_id
    GROUP BY name, why
    ORDER BY encounters DESC, min(oldest), name, why
"""


@dataclass(frozen=True, slots=True)
class Example:
    """How the drug was charted, and how often so."""

    name: str
    ndc: str
    route: str
    dose: str
    times: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A charted name that nobody could resolve. `value`: US dollars at stake in the encounters that wait for it."""

    name: str
    why: Unresolved
    encounters: int
    administrations: int
    oldest: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class WaitingDetail:
    """A waiting name with what helps to decide. `suggestions` are only alike; `candidates` really have the name."""

    waiting: Waiting
    charted_name: str
    examples: tuple[Example, ...]
    candidates: tuple[Drug, ...]
    suggestions: tuple[Drug, ...]
    codes: tuple[str, ...]


class UnableToMap(Exception):
    """What was decided cannot be done; the message says why. Nothing was changed."""


def waiting(*, user: User) -> list[Waiting]:
    """What waits, the name of most encounters first, in one query.

    Raises PermissionDenied for a user who may not maintain the formulary.
    """
    _require(user)
    with connection.cursor() as cursor:
        cursor.execute(_BY_FREQUENCY)
        return [Waiting(row[0], Unresolved(row[1]), *row[2:]) for row in cursor.fetchall()]


def examples(names: Sequence[str]) -> dict[tuple[str, str], tuple[Example, ...]]:
    """For each of these names and reasons the ways in which it was charted most often, in one query."""
    ways = (
        UnresolvedDrug.objects.filter(name__in=names)
        .values("name", "why", "charted_name", "ndc", "route", "dose_amount", "dose_unit")
        .annotate(times=Count("pk"))
        .annotate(
            place=Window(
                RowNumber(),
                partition_by=[F("name"), F("why")],
                order_by=[F("times").desc(), F("charted_name"), F("ndc"), F("route"), F("dose_amount")],
            )
        )
        .filter(place__lte=EXAMPLES)
        .order_by("name", "why", "place")
    )
    found: dict[tuple[str, str], tuple[Example, ...]] = {}
    for way in ways:
        dose = "" if way["dose_amount"] is None else f"{way['dose_amount'].normalize():f} {way['dose_unit']}".strip()
        example = Example(way["charted_name"], way["ndc"], way["route"], dose, way["times"])
        key = (way["name"], way["why"])
        found[key] = (*found.get(key, ()), example)
    return found


def detail(*, name: str, why: str, user: User) -> WaitingDetail | None:
    """One waiting name, None where nothing waits under it any more. Raises like `waiting`."""
    found = next((one for one in waiting(user=user) if (one.name, one.why) == (name, why)), None)
    if found is None:
        return None
    rows = UnresolvedDrug.objects.filter(name=name, why=why)
    first = rows.order_by("-date_of_service", "pk").select_related("drug")[0]
    resolution = selectors.resolve(on=first.date_of_service, name=first.charted_name)
    by_name = {drug.name: drug for drug in Drug.objects.filter(name__in=resolution.suggestions)}
    return WaitingDetail(
        waiting=found,
        charted_name=first.charted_name,
        examples=examples([name]).get((name, why), ()),
        candidates=resolution.candidates or ((first.drug,) if first.drug else ()),
        suggestions=tuple(by_name[each] for each in resolution.suggestions),
        codes=tuple(first.codes),
    )


@transaction.atomic
def map_name(*, name: str, drug: Drug, by: User, at: datetime, source: str, product: Product | None = None) -> Recoding:
    """The charted name is `drug` from now on, and every encounter that waits for it is to be coded again.

    Raises UnableToMap where the formulary refuses, PermissionDenied.
    """
    _require(by)
    charted = _charted_name(name)
    try:
        formulary.map_charted_name(
            text=charted, drug=drug, product=product, on=_oldest(name, at), by=by, at=at, source=source
        )
    except formulary.UnableToMapChartedName as error:
        raise UnableToMap(*error.args) from error
    return _recode(charted, reason=f"“{charted}” is {product or drug.name}", by=by, at=at)


@transaction.atomic
def add_drug(
    *,
    name: str,
    drug_name: str,
    family: Family,
    routes: Sequence[Route],
    by: User,
    at: datetime,
    source: str,
    code: str = "",
    not_billed_because: str = "",
) -> Recoding:
    """The charted name is a drug new to the formulary, in it since the oldest encounter that waits.

    With `code` it bills as that code; with `not_billed_because` its administration is coded and no drug line is asked
    for. Raises UnableToMap where the formulary refuses, PermissionDenied.
    """
    _require(by)
    charted, on = _charted_name(name), _oldest(name, at)
    try:
        drug = formulary.add_drug(
            name=drug_name,
            family=family,
            routes=routes,
            on=on,
            by=by,
            at=at,
            source=source,
            no_code_reason=not_billed_because,
            is_not_billed=bool(not_billed_because),
        )
        if code:
            formulary.assign_billing_code(drug=drug, code=code, on=on, by=by, at=at, source=source)
        if selectors.resolve(on=on, name=charted).drug != drug:
            formulary.map_charted_name(text=charted, drug=drug, on=on, by=by, at=at, source=source)
    except (
        formulary.UnableToAddDrug,
        formulary.UnableToAssignBillingCode,
        formulary.UnableToMapChartedName,
    ) as error:
        raise UnableToMap(*error.args) from error
    return _recode(charted, reason=f"“{charted}” is {drug.name}, new in the formulary", by=by, at=at)


def _charted_name(name: str) -> str:
    """The name as somebody charted it. Raises UnableToMap where nothing waits under it."""
    row = UnresolvedDrug.objects.filter(name=name).order_by("-date_of_service", "pk").first()
    if row is None:
        msg = f"Nothing waits for “{name}” any more."
        raise UnableToMap(msg)
    return row.charted_name


def _oldest(name: str, at: datetime) -> date:
    """The first date of service that the decision is about."""
    oldest = UnresolvedDrug.objects.filter(name=name).aggregate(oldest=Min("date_of_service"))["oldest"]
    return min(oldest or at.date(), at.date())


def _recode(charted: str, *, reason: str, by: User, at: datetime) -> Recoding:
    """All encounters that chart or order something of that name, whatever its strength or form."""
    names = sorted(comparable_names(charted))
    named = DrugReferences.objects.filter(names__overlap=names).values_list("encounter_id", flat=True)
    waited = UnresolvedDrug.objects.filter(Q(name__in=names) | Q(charted_name=charted))
    ids = {*named.iterator(), *waited.values_list("encounter_id", flat=True).iterator()}
    return recoding.request(encounter_ids=ids, trigger=CodingRun.Trigger.MAPPING, reason=reason, by=by, at=at)


def _require(user: User) -> None:
    if not user.has_perm(MAINTAIN):
        message = "Only those who maintain the formulary may decide what a charted name is."
        raise PermissionDenied(message)
