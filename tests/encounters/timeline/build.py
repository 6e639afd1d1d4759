"""Facts and results for timeline tests, written out by hand: no engine stands behind them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rules.facts import Administration, DrugFacts, EncounterFacts, Quantity
from rules.result import CodedLine, CodingResult, Finding, LedgerEntry, NotBilled, Step, Versions
from rules.vocabulary import FindingKind, LineFamily, Reason, Role, Severity

DAY = date(2025, 12, 30)


def at(clock: str, day: int = 0) -> datetime:
    """`clock` as 08:40 on the test's day, `day` days later, in UTC."""
    hour, minute = (int(part) for part in clock.split(":"))
    return datetime(DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=UTC) + timedelta(days=day)


def given(
    key: str, drug: str, start: datetime | None = None, stop: datetime | None = None, **more: Any
) -> Administration:
    """An IV infusion unless told otherwise; `dose` as 153 mg."""
    dose = more.pop("dose", None)
    if dose:
        number, unit = dose.split(" ")
        more["dose"] = Quantity(Decimal(number), unit)
    return Administration(
        id=key, drug=DrugFacts(name=drug), start=start, stop=stop, **({"route": "IV", "technique": "infusion"} | more)
    )


def line(code: str, *administrations: str, **more: Any) -> CodedLine:
    """A therapeutic initial line unless told otherwise, with its code as key."""
    values: dict[str, Any] = {
        "key": code,
        "code": code,
        "units": 1,
        "role": Role.INITIAL,
        "family": LineFamily.THERAPEUTIC,
        "administrations": administrations,
        "date_of_service": DAY,
    }
    return CodedLine(**(values | more))


def minutes(administration: str, bucket: str, start: datetime, stop: datetime) -> LedgerEntry:
    """A ledger entry of one span; the bucket is a line's key unless it is a reason's word."""
    is_line = bucket not in set(Reason)
    return LedgerEntry(
        administration,
        bucket,
        is_line,
        (stop - start) // timedelta(minutes=1),
        ((start.isoformat(), stop.isoformat()),),
    )


def not_billed(administration: str, reason: Reason, minutes: int | None = None) -> NotBilled:
    """An administration without a line."""
    return NotBilled(administration, reason, Step("said", "D1"), minutes)


def facts(*administrations: Administration, **more: Any) -> EncounterFacts:
    """An encounter of the test's day."""
    return EncounterFacts(encounter_id="e1", date_of_service=DAY, administrations=administrations, **more)


def no_stop(administration: str) -> Finding:
    """The finding about a missing stop."""
    return Finding(FindingKind.MISSING_STOP_TIME, Severity.BLOCKS, (administration,), Step("said", "B10"))


def result(
    lines: Iterable[CodedLine] = (),
    ledger: Iterable[LedgerEntry] = (),
    unbilled: Iterable[NotBilled] = (),
    findings: Iterable[Finding] = (),
) -> CodingResult:
    """A result with these parts and nothing else."""
    return CodingResult(
        encounter_id="e1",
        lines=tuple(lines),
        not_billed=tuple(unbilled),
        findings=tuple(findings),
        minute_ledger=tuple(ledger),
        unit_ledger=(),
        diagnoses=(),
        versions=Versions("1", "1", "base", (), ()),
    )
