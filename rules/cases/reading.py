"""The form of worked cases read into facts. Every assumption about what a case leaves out stands here.

The form is that of `docs/worked-cases.md`.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from rules import amounts
from rules.facts import (
    Access,
    Administration,
    BillingCodeFacts,
    Container,
    DrugFacts,
    EncounterFacts,
    NdcFacts,
    Quantity,
    Span,
)
from rules.vocabulary import AccessReason, Family, Kind, Route, Setting, Technique

Record: TypeAlias = Mapping[str, Any]

DEFAULT_DATE = date(2026, 1, 15)
FIRST_SLOT = time(8, 0)
SLOT_GAP = timedelta(minutes=5)

_FAMILIES = {
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
_CLOCK = re.compile(r"D(\d{1,4})\s+(\d{1,2}):(\d{2})(?::\d{2})?\Z", re.IGNORECASE)
_ROUTES = {route.value.lower(): route.value for route in Route}
_NO = frozenset({"", "false", "no", "none", "0"})
_QUANTITY = re.compile(r"([0-9][0-9,]*\.?[0-9]*|\.[0-9]+)\s*(.+)\Z")


class CaseError(ValueError):
    """A case is not in the form of worked cases; the message says which key and why."""


def is_drug_unit_case(case: Record) -> bool:
    """A case without administrations asks for billing units."""
    return "administrations" not in case


def facts_of_case(case: Record, *, electrolytes: frozenset[str] = frozenset()) -> EncounterFacts:
    """The facts of a case, with every assumption that worked cases state. Raises CaseError."""
    try:
        return _facts(case, electrolytes)
    except CaseError:
        raise
    except (TypeError, ValueError, AttributeError, KeyError, ArithmeticError) as wrong:
        message = f"the case is not in the form of worked cases: {wrong!r}"
        raise CaseError(message) from wrong


def _facts(case: Record, electrolytes: frozenset[str]) -> EncounterFacts:
    on = _date(case.get("date_of_service"))
    if is_drug_unit_case(case):
        return _unit_facts(case, on)
    records = _mappings(case["administrations"], "administrations")
    times = _Times(on)
    administrations = tuple(_administration(one, times, electrolytes) for one in records)
    encounter = _mapping(case.get("encounter"), "encounter")
    diagnoses = case.get("diagnoses")
    return EncounterFacts(
        encounter_id=str(case.get("id")),
        date_of_service=on,
        setting=_word(Setting, case.get("setting") or Setting.FACILITY, "setting"),
        start=times.clock(encounter.get("start"), "encounter start"),
        end=times.clock(encounter.get("end"), "encounter end"),
        inpatient_order=times.clock(case.get("inpatient_order"), "inpatient_order"),
        diagnoses=None if diagnoses is None else tuple(str(code) for code in one_or_more(diagnoses)),
        primary_reason=_text(case.get("primary_reason")),
        accesses=_accesses(case, administrations),
        administrations=administrations,
    )


def _date(value: object) -> date:
    if value is None:
        return DEFAULT_DATE
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as wrong:
        message = f"date_of_service: {value!r} is no date"
        raise CaseError(message) from wrong


def _mapping(value: object, key: str) -> Record:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        message = f"{key}: {value!r} is not a mapping"
        raise CaseError(message)
    return value


def _mappings(value: object, key: str) -> list[Record]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        message = f"{key}: {value!r} is not a list of mappings"
        raise CaseError(message)
    return [_mapping({} if one is None else one, key) for one in value]


def _count(value: object, key: str) -> int:
    """A whole number; 1 where none is given."""
    try:
        return 1 if value is None else int(str(value))
    except ValueError as wrong:
        message = f"{key}: {value!r} is no whole number"
        raise CaseError(message) from wrong


def one_or_more(value: Any) -> Iterable[Any]:
    """The items of a list; a single value stands for a list of one."""
    return value if isinstance(value, list | tuple) else (value,)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _lower(value: object) -> str | None:
    """A word of a closed list, however it is written."""
    return None if value is None else str(value).strip().lower()


def _route(value: object) -> str | None:
    return _ROUTES.get(str(value).strip().lower(), _text(value))


def _flag(value: object) -> bool:
    """Yes or no, also where it is written as text."""
    return str(value).strip().lower() not in _NO


def _word(kind: Any, value: object, key: str) -> Any:
    try:
        return kind(str(value).strip().lower())
    except ValueError as wrong:
        message = f"{key}: {value!r} is not one of {', '.join(kind)}"
        raise CaseError(message) from wrong


class _Times:
    """The clock of a case: D1 is the date of service; records without times are laid out one after another."""

    def __init__(self, on: date) -> None:
        self.midnight = datetime.combine(on, time(0), tzinfo=UTC)
        self.latest: datetime | None = None
        self.is_laid_out = False
        self.bags: dict[tuple[object, ...] | None, tuple[datetime | None, datetime | None]] = {}

    def clock(self, value: object, key: str) -> datetime | None:
        if value is None:
            return None
        found = _CLOCK.match(str(value).strip())
        if found is None:
            message = f"{key}: {value!r} is not a time such as 'D1 10:00'"
            raise CaseError(message)
        day, hour, minute = map(int, found.groups())
        return self.midnight + timedelta(days=day - 1, hours=hour, minutes=minute)

    def spans(self, value: object, key: str) -> tuple[Span, ...] | None:
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            message = f"{key}: a list of [start, stop] is wanted"
            raise CaseError(message)
        spans = []
        for pair in value:
            if not isinstance(pair, list | tuple) or len(pair) != len(("start", "stop")):
                message = f"{key}: {pair!r} is not [start, stop]"
                raise CaseError(message)
            spans.append(Span(self.clock(pair[0], key), self.clock(pair[1], key)))
        return tuple(spans)

    def note(self, *times: datetime | None) -> None:
        for one in times:
            if one is not None and (self.latest is None or one > self.latest):
                self.latest = one

    def remember(self, bag: tuple[object, ...] | None, ends: tuple[datetime | None, datetime | None]) -> None:
        if bag is not None:
            self.bags.setdefault(bag, ends)

    def slot(self, minutes: timedelta | None) -> tuple[datetime, datetime | None]:
        if self.latest is None or not self.is_laid_out:
            start = datetime.combine(self.midnight.date(), FIRST_SLOT, tzinfo=UTC)
        else:
            start = self.latest + SLOT_GAP
        self.is_laid_out = True
        return start, None if minutes is None else start + minutes


def _administration(record: Record, times: _Times, electrolytes: frozenset[str]) -> Administration:
    segments = times.spans(record.get("segments"), "segments") or None
    start, stop = _start_and_stop(record, times, segments)
    dose = _quantity(record.get("dose"), "dose")
    tap = record.get("tap")
    return Administration(
        id=str(record.get("id")),
        drug=_drug(record, electrolytes),
        route=_route(record.get("route")),
        technique=_lower(record.get("technique")),
        start=start,
        stop=stop,
        segments=segments,
        pauses=times.spans(record.get("pauses"), "pauses") or (),
        access=str(record.get("site") or "A"),
        bag=_text(record.get("bag")),
        purpose=_lower(record.get("purpose")),
        status=_lower(record.get("status")) or "given",
        visit=_count(record.get("visit"), "visit"),
        order=_text(record.get("order")),
        dose=dose,
        volume_ml=_volume(record, dose),
        rate=_text(record.get("rate")),
        diagnosis=_text(record.get("diagnosis")),
        is_implanted=_flag(record.get("implanted")),
        lesions=_count(record.get("lesions"), "lesions"),
        is_new_setup=_flag(record.get("new_setup")),
        is_puncture_by_other=_flag(record.get("puncture_by_other")),
        is_without_tap=tap is not None and str(tap).lower() == "none",
    )


def _start_and_stop(
    record: Record, times: _Times, segments: tuple[Span, ...] | None
) -> tuple[datetime | None, datetime | None]:
    """Charted times; else a duration beside one of them; else a slot of the layout."""
    start = times.clock(record.get("start"), "start")
    stop = times.clock(record.get("stop"), "stop")
    minutes = _duration(record.get("minutes"))
    bag = _bag(record)
    if segments:
        times.note(start, stop, *(one for span in segments for one in (span.start, span.stop)))
        times.remember(bag, _ends(start, stop, segments))
        return start, stop
    if start is None and stop is None:
        if bag in times.bags:
            return times.bags[bag]
        if _lower(record.get("technique")) == Technique.INFUSION and minutes is None:
            return None, None
        start, stop = times.slot(minutes)
    elif minutes is not None:
        start, stop = start or (stop and stop - minutes), stop or (start and start + minutes)
    times.note(start, stop)
    times.remember(bag, (start, stop))
    return start, stop


def _bag(record: Record) -> tuple[object, ...] | None:
    """What names a bag: its label, within one visit, access and route."""
    if record.get("bag") is None:
        return None
    return (record["bag"], record.get("visit") or 1, record.get("site") or "A", _route(record.get("route")))


def _ends(
    start: datetime | None, stop: datetime | None, segments: tuple[Span, ...]
) -> tuple[datetime | None, datetime | None]:
    """Start and stop of a record with segments, which alone give both."""
    starts = [span.start for span in segments if span.start is not None]
    stops = [span.stop for span in segments if span.stop is not None]
    return start or min(starts, default=None), stop or max(stops, default=None)


def _duration(value: object) -> timedelta | None:
    if value is None:
        return None
    try:
        return timedelta(minutes=int(_amount(value, "minutes")))
    except (ValueError, OverflowError) as wrong:
        message = f"minutes: {value!r} is no number"
        raise CaseError(message) from wrong


def _drug(record: Record, electrolytes: frozenset[str]) -> DrugFacts:
    name = str(record.get("drug") or "").strip().lower()
    family = _FAMILIES[_word(Kind, record.get("kind") or Kind.OTHER, "kind")]
    if _flag(record.get("hormonal")) and family == Family.ANTINEOPLASTIC:
        family = Family.ANTINEOPLASTIC_HORMONAL
    return DrugFacts(name=name, family=family, is_electrolyte=name in electrolytes)


def _quantity(value: object, key: str) -> Quantity | None:
    if value is None:
        return None
    found = _QUANTITY.match(str(value).strip())
    if found is None:
        message = f"{key}: {value!r} is not an amount such as '250 mg'"
        raise CaseError(message)
    return Quantity(Decimal(found[1].replace(",", "")), found[2].strip())


def _amount(value: object, key: str) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as wrong:
        message = f"{key}: {value!r} is no number"
        raise CaseError(message) from wrong


def _volume(record: Record, dose: Quantity | None) -> Decimal | None:
    charted = _quantity(record.get("volume"), "volume")
    if charted is None:
        return None if dose is None else amounts.converted(dose, "mL")
    return amounts.converted(charted, "mL")


def _accesses(case: Record, administrations: tuple[Administration, ...]) -> tuple[Access, ...]:
    """A site that the case does not list counts as needed for a documented reason."""
    listed = {
        str(one.get("label")): Access(str(one.get("label")), _lower(one.get("reason")))
        for one in _mappings(case.get("accesses"), "accesses")
    }
    for one in administrations:
        listed.setdefault(one.access, Access(one.access, AccessReason.PROTOCOL))
    return tuple(listed.values())


def _unit_facts(case: Record, on: date) -> EncounterFacts:
    per = _quantity(case.get("per"), "per")
    dose = _quantity(case.get("dose"), "dose")
    if per is None:
        message = "per: the amount in the code's descriptor is wanted"
        raise CaseError(message)
    code = BillingCodeFacts(code=str(case.get("hcpcs")), per=per)
    containers = tuple(_container(one) for one in _mappings(case.get("containers"), "containers"))
    given = Administration(
        id="a1",
        drug=DrugFacts(
            name=str(case.get("drug") or "").strip().lower(),
            family=Family.THERAPEUTIC,
            billing_codes=(code,),
        ),
        dose=dose,
        containers=containers,
        discarded=_discarded(case, dose, containers),
        ndc=_ndc(case),
    )
    return EncounterFacts(encounter_id=str(case.get("id")), date_of_service=on, administrations=(given,))


def _container(record: Record) -> Container:
    size = _quantity(record.get("size"), "containers: size")
    if size is None:
        message = "containers: size is wanted"
        raise CaseError(message)
    single = record.get("single_dose")
    return Container(size, _count(record.get("count"), "containers: count"), None if single is None else _flag(single))


def _discarded(case: Record, dose: Quantity | None, containers: tuple[Container, ...]) -> Quantity | None:
    """Key absent: the rest of what was opened is charted and agrees with the arithmetic."""
    if "discarded" in case:
        return _quantity(case["discarded"], "discarded")
    if dose is None or not containers:
        return None
    rest = -dose.amount
    for one in containers:
        part = amounts.converted(one.size, dose.unit)
        if part is None:
            return None
        rest += part * one.count
    return Quantity(rest, dose.unit) if rest >= 0 else None


def _ndc(case: Record) -> NdcFacts | None:
    ndc = _mapping(case.get("ndc"), "ndc")
    label = ndc.get("label") or ndc.get("claim")
    if label is None:
        return None
    quantity = ndc.get("quantity")
    return NdcFacts(
        label=str(label),
        claim=_text(ndc.get("claim")),
        unit=_text(ndc.get("unit")),
        quantity=None if quantity is None else _amount(quantity, "ndc: quantity"),
    )
