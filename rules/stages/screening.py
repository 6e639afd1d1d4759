"""What is set aside before any coding, always with its reason (coding-rules section 1)."""

from datetime import datetime
from itertools import pairwise
from operator import attrgetter
from typing import Final

from rules import chronology
from rules.chronology import Spans
from rules.facts import Administration, EncounterFacts, Span
from rules.result import Step
from rules.rulebook.model import Minutes
from rules.vocabulary import (
    ROUTES_NOT_CODED,
    AdministrationStatus,
    Family,
    FindingKind,
    LineFamily,
    Purpose,
    Reason,
    Role,
    Route,
    Severity,
)
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import Entry
from rules.worksheet.words import PUMP_INITIATION, PUMP_REFILL, PUMP_UNATTENDED, SC

FLUSH: Final = Purpose.FLUSH
INCIDENTAL: Final = frozenset({Purpose.KVO, FLUSH, Purpose.CARRIER, Purpose.DILUENT})
PART_OF_A_PROCEDURE: Final = frozenset({Purpose.PERIPROCEDURAL, Purpose.SEDATION, Purpose.CONTRAST, Purpose.BLOCK})
PUMPED: Final = frozenset({PUMP_INITIATION, PUMP_UNATTENDED, PUMP_REFILL})
KNOWN_ROUTES: Final = frozenset(Route)
CODED_ROUTES: Final = KNOWN_ROUTES - ROUTES_NOT_CODED
SET_ASIDE: Final = frozenset({Family.CONTRAST, Family.BLOOD, Family.VACCINE})
"""Families that earn no administration line."""
STOP_BEFORE_START: Final = "stop_before_start"
OPEN: Final = (None, None)
NOT_DONE: Final = frozenset({AdministrationStatus.NOT_GIVEN, AdministrationStatus.ENTERED_IN_ERROR})
PAUSED: Final = step("paused", "B8")
AFTER_ORDER: Final = step("after_order", "R2")


def screen(sheet: Worksheet) -> None:
    """Reads the chart's times and sets aside what earns no administration line of its own."""
    sheet.entries = read_chart(sheet.facts, minutes=sheet.terms.minutes)
    sheet.ledger = [[] for _ in sheet.entries]
    if sheet.terms.policy.families:
        _follow_policy(sheet)
    _find_duplicates(sheet)
    given = [entry for entry in sheet.entries if entry.status not in NOT_DONE]
    if len(given) < len(sheet.entries):
        _not_given(sheet)
    order = sheet.facts.inpatient_order
    if order is not None:
        given = [entry for entry in given if not _inpatient(sheet, entry, chronology.minute_of(order))]
    given = _port_flushes(sheet, given)
    passed = [
        entry
        for entry in given
        if (entry.purpose is None and entry.route in CODED_ROUTES and entry.drug_family not in SET_ASIDE)
        or _passes(sheet, entry)
    ]
    sheet.passed = [entry for entry in passed if entry.problem is None or not _impossible(sheet, entry)]
    for entry in sheet.passed:
        if entry.paused or entry.after_order:
            _keep_ledger(sheet, entry)


def _follow_policy(sheet: Worksheet) -> None:
    """Families by the policy's own list, which knows drugs by name or by HCPCS code."""
    families = sheet.terms.policy.families
    for entry in sheet.entries:
        drug = entry.given.drug
        entry.drug_family = families.get(drug.name, entry.drug_family)
        for code in drug.billing_codes or ():
            entry.drug_family = families.get(code.code, entry.drug_family)


def _passes(sheet: Worksheet, entry: Entry) -> bool:
    """Whether the entry is coded; sets it aside with its reason where it is not."""
    _note_transfusion(sheet, entry)
    verdict = _verdict(sheet, entry)
    if verdict is None:
        return True
    reason, why = verdict
    _set_aside(sheet, entry, reason, why)
    if entry.problem and entry.drug_family == Family.BLOOD:
        _find_impossible(sheet, entry)
    return False


def read_chart(facts: EncounterFacts, *, minutes: Minutes) -> list[Entry]:
    """The administrations as entries, in order of their ids, with times, pauses and what is wrong with them."""
    order_at = None if facts.inpatient_order is None else chronology.minute_of(facts.inpatient_order)
    bounds = (
        None if facts.start is None else chronology.minute_of(facts.start),
        None if facts.end is None else chronology.minute_of(facts.end),
    )
    entries = [_read(given, order_at, bounds, minutes) for given in facts.administrations]
    if not _ascend(entries):
        entries.sort(key=_BY_ID)
        if not _ascend(entries):
            entries.sort(key=_canonical)
    for place, entry in enumerate(entries):
        entry.place = place
    return entries


_BY_ID: Final = attrgetter("id")


def _ascend(entries: list[Entry]) -> bool:
    """Whether each id stands behind the one before it, as most charts have them."""
    last: str | None = None
    for entry in entries:
        if last is not None and entry.id <= last:
            return False
        last = entry.id
    return True


def _canonical(entry: Entry) -> tuple[str, int, int, str]:
    """An order for entries of the same id too, whichever came first in the facts."""
    return (
        entry.id,
        -1 if entry.start is None else entry.start,
        -1 if entry.stop is None else entry.stop,
        repr(entry.given),
    )


def _read(
    given: Administration,
    order_at: int | None,
    bounds: tuple[int | None, int | None],
    minutes: Minutes,
) -> Entry:
    segments = given.segments or ()
    start, stop = _ends(given, segments) if segments else (given.start, given.stop)
    first, last, offset = chronology.minutes_and_offset(start, stop)
    charted = given.visit
    visit = charted if isinstance(charted, int) else 1
    chart: Spans = ()
    if first is not None and last is not None and last > first:
        chart = ((first, last),)
    entry = Entry(given, visit=visit, start=first, stop=last, offset=offset, chart=chart)
    if segments or given.pauses or order_at is not None or bounds != OPEN:
        entry.problem = _problem(entry, segments, bounds)
        _lay_out(entry, segments, order_at)
    elif not chart and first is not None and last is not None and last < first:
        entry.problem = STOP_BEFORE_START
    if chart and entry.problem is None and _runs_too_long(entry, minutes):
        entry.problem = "over_limit"
    return entry


def _ends(given: Administration, segments: tuple[Span, ...]) -> tuple[datetime | None, datetime | None]:
    """Start and stop, from the first and last segment where they are not charted themselves."""
    starts = [span.start for span in segments if span.start is not None]
    stops = [span.stop for span in segments if span.stop is not None]
    start = min(starts, default=None, key=chronology.minute_of) if given.start is None else given.start
    stop = max(stops, default=None, key=chronology.minute_of) if given.stop is None else given.stop
    return start, stop


def _problem(entry: Entry, segments: tuple[Span, ...], bounds: tuple[int | None, int | None]) -> str | None:
    """What makes the charted times impossible, or None."""
    start, stop = entry.start, entry.stop
    if start is not None and stop is not None and stop < start:
        return STOP_BEFORE_START
    if _is_broken(segments, start, stop):
        return "segments"
    if _is_broken(entry.given.pauses, start, stop):
        return "pauses"
    return _outside(entry, bounds)


def _is_broken(spans: tuple[Span, ...], start: int | None, stop: int | None) -> bool:
    """Whether spans of one record are open, turned round, overlap or leave the record."""
    minutes: list[tuple[int, int]] = []
    for span in spans:
        if span.start is None or span.stop is None:
            return True
        pair = (chronology.minute_of(span.start), chronology.minute_of(span.stop))
        if pair[1] < pair[0]:
            return True
        minutes.append(pair)
    minutes.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(minutes)):
        return True
    return any((start is not None and first < start) or (stop is not None and last > stop) for first, last in minutes)


def _outside(entry: Entry, bounds: tuple[int | None, int | None]) -> str | None:
    """A time outside the encounter; a pump that goes home stops after it."""
    begin, end = bounds
    known = [minute for minute in (entry.start, entry.stop) if minute is not None]
    goes_home = entry.technique in PUMPED or entry.given.is_on_pump
    latest = [entry.start] if goes_home and entry.start is not None else known
    if begin is not None and any(minute < begin for minute in known):
        return "outside_encounter"
    if end is not None and any(minute is not None and minute > end for minute in latest):
        return "outside_encounter"
    return None


def _lay_out(entry: Entry, segments: tuple[Span, ...], order_at: int | None) -> None:
    """Sets what of the charted minutes ran, what was paused, and what came after an inpatient order."""
    if entry.start is None or entry.stop is None or entry.stop < entry.start:
        return
    if entry.problem is not None and entry.problem != "outside_encounter":
        return
    raw: Spans = entry.chart
    if segments:
        raw = chronology.union(
            (chronology.minute_of(span.start), chronology.minute_of(span.stop))
            for span in segments
            if span.start is not None and span.stop is not None
        )
    stood = chronology.union(
        (chronology.minute_of(span.start), chronology.minute_of(span.stop))
        for span in entry.given.pauses
        if span.start is not None and span.stop is not None
    )
    entry.runs = chronology.minus(raw, stood)
    if order_at is not None and entry.start < order_at < entry.stop:
        before = ((entry.start, order_at),)
        entry.after_order = chronology.minus(entry.chart, before)
        entry.runs = chronology.common(entry.runs, before)
        entry.stop = order_at
    entry.paused = chronology.minus(chronology.minus(entry.chart, entry.runs), entry.after_order)


def _runs_too_long(entry: Entry, minutes: Minutes) -> bool:
    """A run over 24 h without a pump, which carries any under the skin; minutes before an inpatient order count."""
    if entry.start is None or entry.stop is None or entry.stop - entry.start <= minutes.run_limit:
        return False
    is_pumped = entry.technique in PUMPED or entry.given.is_on_pump or entry.route == SC
    return not is_pumped or entry.stop - entry.start > minutes.pump_run_limit


def _find_duplicates(sheet: Worksheet) -> None:
    if len({entry.start for entry in sheet.entries}) == len(sheet.entries):
        return
    if len({(entry.start, entry.stop, entry.drug) for entry in sheet.entries}) == len(sheet.entries):
        return
    seen: dict[tuple[object, ...], Entry] = {}
    for entry in sheet.entries:
        if entry.status in NOT_DONE or (entry.start is None and entry.stop is None):
            continue
        same = (entry.drug, entry.route, entry.technique, entry.start, entry.stop,
                repr(entry.given.dose), entry.label, entry.visit)  # fmt: skip
        if same in seen:
            sheet.find(
                FindingKind.DUPLICATE_RECORD,
                Severity.WARNS,
                [seen[same], entry],
                step("duplicate_record", "R13", drug=entry.drug),
                step("mend_duplicate", "R13"),
            )
        else:
            seen[same] = entry


def _not_given(sheet: Worksheet) -> None:
    for entry in sheet.entries:
        status = entry.status
        if status in NOT_DONE:
            _set_aside(sheet, entry, Reason.NOT_GIVEN, step("not_given", "R1", status=str(status)))


def _inpatient(sheet: Worksheet, entry: Entry, order_at: int) -> bool:
    known = entry.stop if entry.start is None else entry.start
    if known is None or known < order_at:
        return False
    _set_aside(sheet, entry, Reason.INPATIENT, step("inpatient", "R2"))
    return True


def _set_aside(sheet: Worksheet, entry: Entry, reason: Reason, why: Step) -> None:
    """The whole charted time goes to one reason."""
    entry.runs, entry.paused, entry.after_order = entry.chart, (), ()
    sheet.withhold([entry], reason, why)


def _port_flushes(sheet: Worksheet, given: list[Entry]) -> list[Entry]:
    """96523 once where flushes are all that was given in the visit (C10); returns the other entries."""
    if FLUSH not in {entry.purpose for entry in given}:
        return given
    of_visit: dict[int, list[Entry]] = {}
    for entry in given:
        of_visit.setdefault(entry.visit, []).append(entry)
    flushed: set[int] = set()
    for visit, members in sorted(of_visit.items()):
        if all(entry.purpose == FLUSH for entry in members):
            for entry in members:
                _keep_ledger(sheet, entry)
            sheet.bill(
                "port_flush",
                members,
                role=Role.FLUSH,
                family=LineFamily.OTHER,
                steps=[step("port_flush", "C10")],
                at=min((entry.start for entry in members if entry.start is not None), default=None),
            )
            flushed.add(visit)
    return [entry for entry in given if entry.visit not in flushed]


def _note_transfusion(sheet: Worksheet, entry: Entry) -> None:
    """The interval of a transfusion, open where a time is missing, so that hydration can respect it (D5)."""
    if entry.drug_family != Family.BLOOD:
        return
    start = -(1 << 40) if entry.start is None else entry.start
    stop = 1 << 40 if entry.stop is None else entry.stop
    so_far = sheet.transfusions.get(entry.visit, ())
    sheet.transfusions[entry.visit] = chronology.union([*so_far, (start, max(stop, start + 1))])


def _verdict(sheet: Worksheet, entry: Entry) -> tuple[Reason, Step] | None:
    """Why an entry earns no administration line, or None where it is coded."""
    return _by_route_or_purpose(sheet, entry) or _by_family(sheet, entry)


def _by_route_or_purpose(sheet: Worksheet, entry: Entry) -> tuple[Reason, Step] | None:
    purpose, route = entry.purpose, entry.route
    if route in ROUTES_NOT_CODED:
        return Reason.ROUTE_NOT_CODED, step("route_not_coded", "C14", route=str(route))
    if purpose in INCIDENTAL:
        return Reason.INCIDENTAL, step("incidental", "F1", purpose=str(purpose))
    if purpose in PART_OF_A_PROCEDURE:
        return Reason.BUNDLED_WITH_PROCEDURE, step("bundled_with_procedure", "D6")
    if purpose == Purpose.TRANSFUSION:
        return _for_a_transfusion(sheet, entry)
    return None


def _by_family(sheet: Worksheet, entry: Entry) -> tuple[Reason, Step] | None:
    family = entry.drug_family
    if family == Family.CONTRAST:
        return Reason.BUNDLED_WITH_PROCEDURE, step("bundled_with_procedure", "D6")
    if family == Family.BLOOD:
        return Reason.TRANSFUSION, step("transfusion", "D5")
    if entry.route not in KNOWN_ROUTES:
        why = step("missing_route", "R3", drug=entry.drug)
        sheet.find(FindingKind.MISSING_ROUTE, Severity.BLOCKS, [entry], why, step("mend_route", "R3"))
        return Reason.MISSING_ROUTE, why
    if family == Family.VACCINE:
        return Reason.IMMUNIZATION, step("immunization", "C7")
    return None


def _for_a_transfusion(sheet: Worksheet, entry: Entry) -> tuple[Reason, Step] | None:
    if entry.drug_family == Family.BLOOD:
        return None
    if entry.drug_family == Family.HYDRATION_FLUID:
        return Reason.INCIDENTAL, step("incidental", "D1", purpose="transfusion")
    if sheet.answers["transfusion_premeds"] == "not_billable":
        return Reason.TRANSFUSION, sheet.chose("transfusion_premed", "D5", "transfusion_premeds", drug=entry.drug)
    return None


def _impossible(sheet: Worksheet, entry: Entry) -> bool:
    why = _find_impossible(sheet, entry)
    _set_aside(sheet, entry, Reason.IMPOSSIBLE_TIME, why)
    return True


def _find_impossible(sheet: Worksheet, entry: Entry) -> Step:
    why = step("impossible_time", "R5", drug=entry.drug, problem=entry.problem)
    sheet.find(FindingKind.IMPOSSIBLE_TIME, Severity.BLOCKS, [entry], why, step("mend_time", "R5"))
    return why


def _keep_ledger(sheet: Worksheet, entry: Entry) -> None:
    """Minutes that stood still or came after an inpatient order have a bucket of their own."""
    for reason, spans, why in (
        (Reason.PAUSED, entry.paused, PAUSED),
        (Reason.INPATIENT, entry.after_order, AFTER_ORDER),
    ):
        if spans:
            sheet.set_apart(entry, reason, why, spans)
