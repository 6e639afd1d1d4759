"""The engine's facts in a few words. Times are of 15 January 2026, in UTC: "10:00", or "D2 01:30" the day after."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rules.engine import NO_OVERRIDES, code_encounter
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
from rules.result import CodedLine, CodingResult
from rules.rulebook.loader import load_rulebook
from rules.vocabulary import Role

SERVICE_DATE = date(2026, 1, 15)
MIDNIGHT = datetime(2026, 1, 15, tzinfo=UTC)


def clock(text: str) -> datetime:
    """`10:00` of the day of service, or `D2 01:30` of the day after it."""
    day, _, time = text.rpartition(" ")
    hour, minute = time.split(":")
    return MIDNIGHT + timedelta(days=int(day[1:] or 1) - 1 if day else 0, hours=int(hour), minutes=int(minute))


def spans(*pairs: tuple[str, str]) -> tuple[Span, ...]:
    """Pauses or segments."""
    return tuple(Span(clock(start), clock(stop)) for start, stop in pairs)


def quantity(text: str) -> Quantity:
    """`250 mg`."""
    amount, unit = text.split(" ", 1)
    return Quantity(Decimal(amount), unit)


def drug(name: str = "drug a", family: str = "therapeutic", **fields: Any) -> DrugFacts:
    """A drug without drug lines, unless `billing_codes` say otherwise."""
    return DrugFacts(name=name, family=family, **fields)


def given(
    key: str = "a1",
    name: str = "drug a",
    family: str = "therapeutic",
    *,
    at: str | None = "10:00",
    until: str | None = None,
    minutes: int | None = None,
    **fields: Any,
) -> Administration:
    """An intravenous administration that starts `at` and stops `until`, or after so many `minutes`."""
    start = None if at is None else clock(at)
    stop = None if until is None else clock(until)
    if minutes is not None and start is not None:
        stop = start + timedelta(minutes=minutes)
    fields.setdefault("route", "IV")
    fields.setdefault("drug", drug(name, family))
    return Administration(id=key, start=start, stop=stop, **fields)


def infusion(
    key: str = "a1", name: str = "drug a", minutes: int | None = 60, *, at: str | None = "10:00", **fields: Any
) -> Administration:
    """A therapeutic infusion, unless `family` says otherwise; `minutes` None: no stop charted."""
    return given(key, name, at=at, minutes=minutes, technique="infusion", **fields)


def chemo(
    key: str = "a1", name: str = "drug c", minutes: int | None = 60, *, at: str | None = "10:00", **fields: Any
) -> Administration:
    """A chemo infusion."""
    return infusion(key, name, minutes, at=at, family="antineoplastic", **fields)


def fluid(
    key: str = "a1", minutes: int | None = 60, *, at: str | None = "10:00", name: str = "normal saline", **fields: Any
) -> Administration:
    """Hydration."""
    return infusion(key, name, minutes, at=at, family="hydration_fluid", **fields)


def push(
    key: str = "a1", name: str = "drug a", *, at: str | None = "10:00", minutes: int | None = 0, **fields: Any
) -> Administration:
    """A therapeutic push."""
    return given(key, name, at=at, minutes=minutes, technique="push", **fields)


def chemo_push(
    key: str = "a1", name: str = "drug c", *, at: str | None = "10:00", minutes: int | None = 0, **fields: Any
) -> Administration:
    """A chemo push."""
    return push(key, name, at=at, minutes=minutes, family="antineoplastic", **fields)


def injection(
    key: str = "a1", name: str = "drug a", *, route: str = "IM", at: str | None = "10:00", **fields: Any
) -> Administration:
    """An injection into muscle, or under the skin by `route`."""
    return given(key, name, at=at, route=route, technique="injection", **fields)


def blood(key: str = "b1", minutes: int | None = 60, *, at: str | None = "10:00", **fields: Any) -> Administration:
    """A transfusion."""
    return infusion(key, "red cells", minutes, at=at, family="blood", **fields)


def dose(
    amount: str = "77 mg",
    *,
    opened: tuple[str, ...] = ("100 mg",),
    per: str = "10 mg",
    is_single_dose: bool | None = True,
    discarded: str | None = "rest",
    code: str = "J9999X",
    key: str = "a1",
    about: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Administration:
    """A dose into muscle; `discarded` "rest": what arithmetic leaves."""
    sizes = [quantity(size) for size in opened]
    left = sum((size.amount for size in sizes), Decimal(0)) - quantity(amount).amount
    lost = Quantity(left, quantity(amount).unit) if discarded == "rest" and sizes and left >= 0 else None
    if discarded not in (None, "rest"):
        lost = quantity(str(discarded))
    codes = (BillingCodeFacts(code, quantity(per)),)
    fields.setdefault("route", "IM")
    fields.setdefault("drug", drug("drug d", billing_codes=codes, **dict(about or {})))
    return given(
        key,
        dose=quantity(amount),
        containers=tuple(Container(size, 1, is_single_dose) for size in sizes),
        discarded=lost,
        **fields,
    )


def encounter(*administrations: Administration, **fields: Any) -> EncounterFacts:
    """An encounter at a facility; every access counts as needed by protocol unless `accesses` are named."""
    fields.setdefault("encounter_id", "e1")
    fields.setdefault("date_of_service", SERVICE_DATE)
    if "accesses" not in fields:
        fields["accesses"] = tuple(
            Access(label, "protocol") for label in sorted({one.access for one in administrations})
        )
    return EncounterFacts(administrations=administrations, **fields)


def coded(*administrations: Administration, policy: Mapping[str, str] = NO_OVERRIDES, **fields: Any) -> CodingResult:
    """What the engine makes of these, with policy keys put to other values."""
    return code_encounter(encounter(*administrations, **fields), rulebook=load_rulebook(), overrides=policy)


def services(result: CodingResult) -> tuple[CodedLine, ...]:
    """The administration lines."""
    return tuple(line for line in result.lines if line.role not in (Role.DRUG, Role.DISCARDED))


def drugs(result: CodingResult) -> tuple[CodedLine, ...]:
    """The drug lines."""
    return tuple(line for line in result.lines if line.role in (Role.DRUG, Role.DISCARDED))


def claim(lines: tuple[CodedLine, ...]) -> dict[str, int]:
    """Units by code and modifiers: `{"96365": 1, "96366-59": 2}`."""
    units: dict[str, int] = {}
    for line in lines:
        name = "-".join([line.code, *line.modifiers])
        units[name] = units.get(name, 0) + line.units
    return units


def codes(*administrations: Administration, policy: Mapping[str, str] = NO_OVERRIDES, **fields: Any) -> dict[str, int]:
    """The administration lines that these earn, as units by code and modifiers."""
    return claim(services(coded(*administrations, policy=policy, **fields)))


def units(*administrations: Administration, policy: Mapping[str, str] = NO_OVERRIDES, **fields: Any) -> dict[str, int]:
    """The drug lines that these earn, as units by code and modifiers."""
    return claim(drugs(coded(*administrations, policy=policy, **fields)))


def reasons(result: CodingResult) -> dict[str, list[str]]:
    """Why an administration, or a part of it, is not billed."""
    found: dict[str, list[str]] = {}
    for row in result.not_billed:
        found.setdefault(row.administration, []).append(row.reason.value)
    return {key: sorted(words) for key, words in found.items()}


def findings(result: CodingResult) -> list[str]:
    """The kinds of the findings, each as often as it was found."""
    return sorted(finding.kind.value for finding in result.findings)


def ledger(result: CodingResult) -> dict[str, dict[str, int]]:
    """Minutes of each administration by bucket."""
    found: dict[str, dict[str, int]] = {}
    for row in result.minute_ledger:
        of_one = found.setdefault(row.administration, {})
        of_one[row.bucket] = of_one.get(row.bucket, 0) + row.minutes
    return found
