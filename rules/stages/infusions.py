"""The infusions of each access: initial, sequential, concurrent, and their hours (coding-rules section 6)."""

from bisect import bisect_left, insort
from datetime import date
from typing import Final

from rules import chronology
from rules.chronology import Spans
from rules.result import Lost, Step
from rules.vocabulary import FindingKind, LineFamily, Reason, Role, Severity
from rules.worksheet.drafts import Draft
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import make_step, step
from rules.worksheet.units import AccessSheet, Service
from rules.worksheet.words import CHEMO

STOPPED: Final = "53"


INITIAL_SLOT: Final = {family: f"{family}_infusion_initial" for family in LineFamily}
WORD: Final = {family: family.value for family in LineFamily}
INITIAL: Final = Role.INITIAL
SEQUENTIAL: Final = Role.SEQUENTIAL
CONCURRENT: Final = Role.CONCURRENT
ADDITIONAL_HOUR: Final = Role.ADDITIONAL_HOUR
PARTIAL_OVERLAP: Final = FindingKind.PARTIAL_OVERLAP
INFORMS: Final = Severity.INFORMS
ANOTHER_INITIAL: Final = step("another_initial", "A1")


def code(sheet: Worksheet) -> None:
    """Codes every infusion service, chemo before therapeutic, each by minutes, start and id."""
    concurrent_billed: set[tuple[int, date | None]] = set()
    for access in sheet.accesses:
        placed = _Placed()
        rest = _in_order(access.infusions)
        for service in rest:
            if service is access.initial:
                _initial(sheet, access, service)
                placed.add(service, service.runs)
        for service in rest:
            if service is not access.initial:
                _further(sheet, access, service, placed, concurrent_billed)


class _Placed:
    """The infusions of the access that are timed, by their spans, in the order they were placed."""

    def __init__(self) -> None:
        self.services: list[Service] = []
        self.spans: list[tuple[int, int, int]] = []
        """Start, stop and the place in `services`, by start."""
        self.longest = 0

    def add(self, service: Service, spans: Spans) -> None:
        place = len(self.services)
        self.services.append(service)
        for start, stop in spans:
            insort(self.spans, (start, stop, place))
            self.longest = max(self.longest, stop - start)

    def beside(self, runs: Spans) -> list[tuple[int, int, int]]:
        """Start, stop and service of the minutes in which one of them runs within these."""
        found = []
        for start, stop in runs:
            for at in range(bisect_left(self.spans, (start - self.longest, 0, 0)), len(self.spans)):
                other_start, other_stop, place = self.spans[at]
                if other_start >= stop:
                    break
                if other_stop > start:
                    found.append((max(start, other_start), min(stop, other_stop), place))
        return found


def _in_order(services: list[Service]) -> list[Service]:
    """Chemo first, then the longest, the earliest, the first by id."""
    if len(services) == 1:
        return services
    places = [
        (service.family is not CHEMO, -service.minutes, service.start, service.id, nth)
        for nth, service in enumerate(services)
    ]
    places.sort()
    return [services[place[4]] for place in places]


def _initial(sheet: Worksheet, access: AccessSheet, service: Service) -> None:
    slot = INITIAL_SLOT[service.family]
    why = make_step("initial_infusion", "A1", (("minutes", service.minutes), ("family", WORD[service.family])))
    steps = [why, *access.why_initial(), service.ran]
    draft = _first_hour(sheet, access, service, slot=slot, role=INITIAL, steps=steps)
    draft.is_initial = True


def _first_hour(
    sheet: Worksheet,
    access: AccessSheet,
    service: Service,
    slot: str,
    *,
    role: Role,
    steps: list[Step],
    lost: tuple[Lost, ...] = (),
) -> Draft:
    """The line of the first hour and, where earned, the line of the additional hours."""
    timed, minutes = service.runs, service.minutes
    if service.own is not None:
        timed, minutes = service.own, chronology.total(service.own)
    marks = service.hour_marks
    first = chronology.first_minutes(timed, sheet.terms.hour) if marks else timed
    spans = first
    if service.own is not None:
        spans = chronology.union([*first, *chronology.minus(service.runs, timed)])
    draft = sheet.bill(
        slot,
        service.entries,
        role=role,
        family=service.family,
        steps=steps,
        at=service.start,
        access=access,
        minutes=minutes,
        spans=spans,
        lost=lost,
    )
    if service.is_stopped_short:
        draft.modifiers.append(STOPPED)
        draft.steps.append(sheet.chose("stopped_infusion", "R7", "stopped_infusion"))
    if marks:
        sheet.bill_hours(
            "chemo_hour" if service.family is CHEMO else "therapeutic_hour",
            service.entries,
            marks,
            role=ADDITIONAL_HOUR,
            family=service.family,
            steps=[
                make_step(
                    "additional_hours",
                    "B3",
                    (("minutes", minutes), ("units", len(marks))),
                    ("same_drug_runs", sheet.answers["same_drug_runs"]),
                ),
                service.ran,
            ],
            at=service.start,
            access=access,
            under=draft,
            minutes=minutes,
            spans=chronology.minus(timed, first),
        )
    return draft


def _further(
    sheet: Worksheet,
    access: AccessSheet,
    service: Service,
    placed: _Placed,
    concurrent_billed: set[tuple[int, date | None]],
) -> None:
    beside = placed.beside(service.runs)
    partner = _partner(sheet, access, placed, beside) if beside else None
    if partner is not None and service.family is CHEMO:
        _concurrent_chemo(sheet, access, service, partner)
        return
    if partner is not None and not _is_timed_by_its_own(sheet, service, beside):
        _concurrent(sheet, access, service, partner, concurrent_billed)
        return
    _sequential(sheet, access, service)
    placed.add(service, service.runs if service.own is None else service.own)


def _partner(
    sheet: Worksheet,
    access: AccessSheet,
    placed: _Placed,
    beside: list[tuple[int, int, int]],
) -> tuple[Service, int] | None:
    """The placed infusion it runs longest with, and those minutes, where they reach the least (C2)."""
    together: dict[int, int] = {}
    for start, stop, place in beside:
        together[place] = together.get(place, 0) + stop - start
    if sheet.answers["concurrent_partner"] == "initial":
        together = {place: minutes for place, minutes in together.items() if placed.services[place] is access.initial}
    if not together:
        return None
    place = min(together, key=lambda place: (-together[place], place))
    if together[place] < int(sheet.answers["concurrent_min_overlap"]):
        return None
    return placed.services[place], together[place]


def _is_timed_by_its_own(sheet: Worksheet, service: Service, beside: list[tuple[int, int, int]]) -> bool:
    """Whether an overlap leaves minutes of its own that the policy codes as sequential (C2)."""
    taken = chronology.union([(start, stop) for start, stop, _ in beside])
    own = chronology.minus(service.runs, taken)
    minutes = chronology.total(own)
    if minutes < sheet.terms.infusion_from:
        return False
    remainder = sheet.answers["overlap_remainder"]
    sheet.find(
        PARTIAL_OVERLAP,
        INFORMS,
        service.entries,
        make_step(
            "partial_overlap",
            "R9",
            (("drug", service.names), ("own", minutes), ("minutes", service.minutes)),
            ("overlap_remainder", remainder),
        ),
    )
    if remainder != "sequential":
        return False
    service.own = own
    service.hour_marks = sheet.hour_marks(own, minutes)
    return True


def _sequential(sheet: Worksheet, access: AccessSheet, service: Service) -> None:
    is_chemo = service.family is CHEMO
    slot = "chemo_sequential" if is_chemo else "therapeutic_sequential"
    if service.own is None:
        why = make_step("sequential", "C1", (("drug", service.names), ("minutes", service.minutes)))
    else:
        why = sheet.chose(
            "sequential_by_own_minutes",
            "R9",
            "overlap_remainder",
            drug=service.names,
            minutes=chronology.total(service.own),
        )
    _first_hour(
        sheet,
        access,
        service,
        slot,
        role=SEQUENTIAL,
        steps=[why, service.ran],
        lost=sheet.lost(INITIAL_SLOT[service.family], ANOTHER_INITIAL),
    )


def _concurrent(
    sheet: Worksheet,
    access: AccessSheet,
    service: Service,
    partner: tuple[Service, int],
    concurrent_billed: set[tuple[int, date | None]],
) -> None:
    """96368 once in the encounter, each visit being one; not timed (C2)."""
    other, together = partner
    by_date = sheet.answers["concurrent_limit"] == "date"
    day = chronology.local_date(service.start, service.offset) if by_date else None
    if (access.visit, day) in concurrent_billed:
        why = sheet.chose("concurrent_limit", "C2", "concurrent_limit", minutes=together, drug=other.names)
        sheet.withhold(service.entries, Reason.CONCURRENT_LIMIT, why)
        return
    concurrent_billed.add((access.visit, day))
    why = sheet.chose("concurrent", "C2", "concurrent_min_overlap", minutes=together, drug=other.names)
    sheet.bill(
        "therapeutic_concurrent",
        service.entries,
        role=CONCURRENT,
        family=service.family,
        steps=[why, service.ran],
        at=service.start,
        access=access,
        minutes=service.minutes,
        lost=sheet.lost("therapeutic_sequential", step("runs_alongside", "C1", minutes=together)),
    )


def _concurrent_chemo(sheet: Worksheet, access: AccessSheet, service: Service, partner: tuple[Service, int]) -> None:
    """No code stands for chemo alongside chemo; what is reported is a policy (C4)."""
    other, together = partner
    why = sheet.chose("concurrent_chemo", "C4", "concurrent_chemo", minutes=together, drug=other.names)
    sheet.find(FindingKind.CONCURRENT_CHEMO, Severity.WARNS, [*service.entries, *other.entries], why)
    choice = sheet.answers["concurrent_chemo"]
    if choice == "none":
        sheet.withhold(service.entries, Reason.CONCURRENT_CHEMO, why)
    elif choice == sheet.terms.in_force.codes.get("chemo_sequential"):
        _first_hour(sheet, access, service, "chemo_sequential", role=SEQUENTIAL, steps=[why])
    else:
        sheet.bill(
            "chemo_unlisted",
            service.entries,
            role=Role.UNLISTED,
            family=CHEMO,
            steps=[why, service.ran],
            at=service.start,
            access=access,
            minutes=service.minutes,
            lost=sheet.lost("chemo_sequential", step("runs_alongside", "C1", minutes=together)),
        )
