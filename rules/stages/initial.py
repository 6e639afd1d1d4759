"""The one initial service of each needed access (coding-rules section 5)."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from rules.result import Step
from rules.vocabulary import FindingKind, LineFamily, Setting, Severity
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import make_step, step
from rules.worksheet.units import LAST, AccessSheet, Entry, Service, Unit
from rules.worksheet.words import CHEMO, HYDRATION

OFFICE: Final = Setting.OFFICE

Candidate: TypeAlias = Service | Unit


def choose(sheet: Worksheet) -> None:
    """Sets the initial service of each access: by the hierarchy, or in an office by the primary reason."""
    for access in sheet.accesses:
        candidates = _candidates(access)
        if not candidates:
            continue
        if _follows_reason(sheet):
            access.initial = _by_reason(sheet, access, candidates)
        else:
            access.initial = _by_hierarchy(sheet, access, candidates)


def _candidates(access: AccessSheet) -> list[Candidate]:
    """What may be initial: infusions, the first push of each drug that is not infused too, hydration."""
    candidates: list[Candidate] = list(access.infusions)
    if access.pushes:
        _add_first_pushes(candidates, access)
    if access.hydration is not None:
        candidates.append(access.hydration)
    return candidates


def _add_first_pushes(candidates: list[Candidate], access: AccessSheet) -> None:
    infused = {name for service in access.infusions for name in service.ingredients}
    pushed: set[str] = set()
    for unit in access.pushes:
        is_new = unit.ingredients.isdisjoint(pushed)
        if is_new and (unit.family is CHEMO or unit.ingredients.isdisjoint(infused)):
            candidates.append(unit)
        pushed |= unit.ingredients


def _follows_reason(sheet: Worksheet) -> bool:
    return sheet.facts.setting == OFFICE and sheet.answers["office_initial"] == "primary_reason"


def _by_reason(sheet: Worksheet, access: AccessSheet, candidates: list[Candidate]) -> Candidate:
    """The named administration's service, among chemo where chemo was given (A4); else the hierarchy."""
    open_to_choice = _chemo_first(candidates)
    named = sheet.facts.primary_reason
    for candidate in open_to_choice:
        if named is not None and _holds(access, candidate, named):
            access.chosen_by = sheet.chose("initial_by_reason", "A4", "office_initial")
            return candidate
    is_named = any(entry.id == named for entry in sheet.entries)
    if not is_named and len({candidate.family for candidate in open_to_choice}) > 1:
        sheet.find(
            FindingKind.PRIMARY_REASON_NOT_NAMED,
            Severity.WARNS,
            [entry for candidate in open_to_choice for entry in _entries(candidate)],
            sheet.chose("primary_reason_not_named", "A4", "office_initial", access=access.label),
            step("mend_primary_reason", "A4"),
        )
    return _by_hierarchy(sheet, access, candidates)


def _chemo_first(candidates: list[Candidate]) -> list[Candidate]:
    for kind in (Service, Unit):
        chemo = [candidate for candidate in candidates if candidate.family is CHEMO and isinstance(candidate, kind)]
        if chemo:
            return chemo
    return candidates


def _holds(access: AccessSheet, candidate: Candidate, named: str) -> bool:
    """Whether the named administration is of that service; all fluid of the access is one, also what did not count."""
    entries = _entries(candidate)
    if candidate.family is HYDRATION:
        entries = [entry for unit in access.units if unit.family is HYDRATION for entry in unit.entries]
    return any(entry.id == named for entry in entries)


def _entries(candidate: Candidate) -> list[Entry]:
    return candidate.entries


Rank: TypeAlias = tuple[int, int, int, str]
INFUSION_CLASS: Final = {family: f"{family}_infusion" for family in LineFamily} | {HYDRATION: "hydration"}
PUSH_CLASS: Final = {family: f"{family}_push" for family in LineFamily} | {HYDRATION: "hydration"}
ALONE: Final = step("initial_alone", "A3")
RANKED_BY: Final = ("initial_by_class", "initial_by_minutes", "initial_by_start", "initial_by_id")


def _rank(places: Mapping[str, int], candidate: Candidate) -> Rank:
    """The place in the hierarchy: class, more minutes, earlier start, id as text (A3)."""
    names = PUSH_CLASS if isinstance(candidate, Unit) else INFUSION_CLASS
    start = LAST if candidate.start is None else candidate.start
    return (places[names[candidate.family]], -candidate.minutes, start, candidate.id)


def _by_hierarchy(sheet: Worksheet, access: AccessSheet, candidates: list[Candidate]) -> Candidate:
    if len(candidates) == 1:
        access.chosen_by = ALONE
        return candidates[0]
    places = sheet.terms.places
    highest, next_ = candidates[:2]
    first, second = _rank(places, highest), _rank(places, next_)
    if _precedes(second, first):
        first, second, highest, next_ = second, first, next_, highest
    for candidate in candidates[2:]:
        rank = _rank(places, candidate)
        if _precedes(rank, first):
            first, second, highest, next_ = rank, first, candidate, highest
        elif _precedes(rank, second):
            second, next_ = rank, candidate
    access.chosen_by = _why_highest(first, second, next_)
    return highest


def _precedes(one: Rank, other: Rank) -> bool:
    # Part by part: compared as a whole both are made into objects first.
    if one[0] != other[0]:
        return one[0] < other[0]
    if one[1] != other[1]:
        return one[1] < other[1]
    return one[2:] < other[2:]


def _why_highest(first: Rank, second: Rank, next_: Candidate) -> Step:
    """The highest class, or within its class the longest, the earliest, the first by id (A3)."""
    decided = 0
    while first[decided] == second[decided] and decided < len(first) - 1:
        decided += 1
    return make_step(RANKED_BY[decided], "A3", (("second", next_.names),))
