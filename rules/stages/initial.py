"""The one initial service of each needed access (coding-rules section 5)."""

from typing import TypeAlias

from rules.result import Step
from rules.vocabulary import FindingKind, LineFamily, Setting, Severity
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import LAST, AccessSheet, Entry, Service, Unit

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
    infused = {name for service in access.infusions for name in service.ingredients}
    pushed: set[str] = set()
    candidates: list[Candidate] = list(access.infusions)
    for unit in access.pushes:
        barred = pushed if unit.family == LineFamily.CHEMO else pushed | infused
        if unit.ingredients.isdisjoint(barred):
            candidates.append(unit)
        pushed |= unit.ingredients
    if access.hydration is not None:
        candidates.append(access.hydration)
    return candidates


def _follows_reason(sheet: Worksheet) -> bool:
    return sheet.facts.setting == Setting.OFFICE and sheet.answers["office_initial"] == "primary_reason"


def _by_reason(sheet: Worksheet, access: AccessSheet, candidates: list[Candidate]) -> Candidate:
    """The named administration's service, among chemo where chemo was given (A4); else the hierarchy."""
    open_to_choice = _chemo_first(candidates)
    named = sheet.facts.primary_reason
    for candidate in open_to_choice:
        if named is not None and any(entry.id == named for entry in _entries(candidate)):
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
        chemo = [
            candidate
            for candidate in candidates
            if candidate.family == LineFamily.CHEMO and isinstance(candidate, kind)
        ]
        if chemo:
            return chemo
    return candidates


def _entries(candidate: Candidate) -> list[Entry]:
    return candidate.entries


def rank(sheet: Worksheet, candidate: Candidate) -> tuple[int, int, int, str]:
    """The place in the hierarchy: class, more minutes, earlier start, id as text (A3)."""
    technique = "push" if isinstance(candidate, Unit) else "infusion"
    is_hydration = candidate.family == LineFamily.HYDRATION
    name = "hydration" if is_hydration else f"{candidate.family}_{technique}"
    start = LAST if candidate.start is None else candidate.start
    return (sheet.in_force.hierarchy.index(name), -candidate.minutes, start, candidate.id)


def _by_hierarchy(sheet: Worksheet, access: AccessSheet, candidates: list[Candidate]) -> Candidate:
    ranked = sorted(candidates, key=lambda candidate: rank(sheet, candidate))
    highest = ranked[0]
    access.chosen_by = _why_highest(sheet, ranked)
    return highest


def _why_highest(sheet: Worksheet, ranked: list[Candidate]) -> Step:
    """The only one, the highest class, or within its class the longest, the earliest, the first by id (A3)."""
    if len(ranked) == 1:
        return step("initial_alone", "A3")
    first, second = (rank(sheet, candidate) for candidate in ranked[:2])
    kinds = ("initial_by_class", "initial_by_minutes", "initial_by_start", "initial_by_id")
    decided = next(nth for nth, kind in enumerate(kinds) if first[nth] != second[nth] or kind == kinds[-1])
    return step(kinds[decided], "A3", second=ranked[1].names)
