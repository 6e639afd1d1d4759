"""What does not belong beside these lines on one claim (coding-rules section 10)."""

from collections.abc import Mapping
from datetime import date
from typing import Final, TypeAlias

from rules.result import Scalar, Step
from rules.rulebook.edits import Mue, Pair
from rules.rulebook.terms import ClaimEdits
from rules.vocabulary import FindingKind, Setting, Severity
from rules.worksheet.drafts import Draft
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step

Others: TypeAlias = dict[str, list[tuple[object, ...]]]
"""Codes of other services of the encounter, each with the modifiers of every time it is named."""

PER_LINE: Final = 1
ABSOLUTE: Final = 2
"""Adjudication indicators of an MUE."""
NEVER: Final = 0
"""Modifier indicator of a pair: no modifier helps."""


def check(sheet: Worksheet) -> None:
    """Findings about units, pairs, other services and who may report; never a silent change."""
    edits = sheet.terms.edits(is_professional=_is_professional(sheet))
    _unlikely_units(sheet, edits)
    administered = [draft for draft in sheet.drafts if not draft.is_of_drug]
    if not administered:
        return
    others: Others = {}
    said: dict[str, set[Severity]] = {}
    for service in sheet.facts.other_services:
        others.setdefault(str(service.code), []).append(service.modifiers)
        said.setdefault(str(service.code), set()).update(_beside(sheet, str(service.code), service.modifiers))
    days = {draft.date_of_service for draft in administered}
    for on in days:
        of_day = administered if len(days) == 1 else [draft for draft in administered if draft.date_of_service == on]
        _pairs(sheet, edits, of_day, others, said)
    _addons(sheet, edits, administered)
    _who_reports(sheet, administered)


def _beside(sheet: Worksheet, code: str, modifiers: tuple[object, ...]) -> tuple[Severity, ...]:
    """How heavy it is what is said of a service beside the administrations; empty where nothing is."""
    listed = sheet.terms.in_force.codes_of
    if code in listed("included"):
        return _find_beside(sheet, FindingKind.INCLUDED, Severity.WARNS, step("included", "F1", code=code))
    if code in listed("nurse_visit"):
        return _find_beside(sheet, FindingKind.EM_99211, Severity.BLOCKS, step("em_99211", "F2"))
    if code in listed("visits") and not _has(modifiers, sheet, "separate_visit"):
        return _find_beside(sheet, FindingKind.NEEDS_25, Severity.WARNS, step("needs_25", "F2", code=code))
    return ()


def _find_beside(sheet: Worksheet, kind: FindingKind, severity: Severity, why: Step) -> tuple[Severity, ...]:
    sheet.find(kind, severity, [], why, step("mend_other_service", why.rule))
    return (severity,)


def _has(modifiers: tuple[object, ...], sheet: Worksheet, name: str) -> bool:
    if not modifiers:
        return False
    wanted = sheet.terms.in_force.codes_of(name)
    return any(modifier in wanted for modifier in modifiers)


def _unlikely_units(sheet: Worksheet, edits: ClaimEdits) -> None:
    """Units of one code on one day above its MUE (F3)."""
    units: dict[str, int] = {}
    for draft in sheet.drafts:
        units[draft.code] = units.get(draft.code, 0) + draft.units
    for code, all_days in units.items():
        edit = edits.mue(code)
        if edit is not None and all_days > edit.units:
            _weigh_days(sheet, edit, [draft for draft in sheet.drafts if draft.code == code])


def _weigh_days(sheet: Worksheet, edit: Mue, drafts: list[Draft]) -> None:
    """A finding for each day on which the lines of one code are above its edit."""
    by_day: dict[date, list[Draft]] = {}
    for draft in drafts:
        by_day.setdefault(draft.date_of_service, []).append(draft)
    for of_day in by_day.values():
        units = [draft.units for draft in of_day]
        most = max(units) if edit.mai == PER_LINE else sum(units)
        if most > edit.units:
            _find_units(sheet, of_day, most, edit)


def _find_units(sheet: Worksheet, drafts: list[Draft], units: int, edit: Mue) -> None:
    is_absolute = edit.mai == ABSOLUTE
    sheet.find(
        FindingKind.MUE_EXCEEDED,
        Severity.BLOCKS if is_absolute else Severity.WARNS,
        [entry for draft in drafts for entry in draft.entries],
        step(
            "mue_exceeded",
            "F3",
            code=drafts[0].code,
            units=units,
            on=drafts[0].date_of_service.isoformat(),
            limit=edit.units,
            mai=edit.mai,
            quarter=edit.quarter,
        ),
        step("mend_units_absolute" if is_absolute else "mend_units", "F3"),
    )


def _pairs(
    sheet: Worksheet,
    edits: ClaimEdits,
    drafts: list[Draft],
    others: Others,
    said: Mapping[str, set[Severity]],
) -> None:
    """Pairs of codes on one day that are not paid together (F4).

    A service of which more is said already, as it stands beside an administration, is not named again.
    """
    there = frozenset([draft.code for draft in drafts])
    if others and drafts[0].date_of_service == sheet.facts.date_of_service:
        there = there.union(others)
    for pair in edits.pairs_among(there):
        one, two = pair.column_one, pair.column_two
        severity = _weight(sheet, pair, drafts, others)
        heard = said.get(one, set()) | said.get(two, set())
        if severity is None or Severity.BLOCKS in heard or severity in heard:
            continue
        _find_pair(sheet, pair, severity, [draft for draft in drafts if draft.code in (one, two)])


def _weight(sheet: Worksheet, pair: Pair, drafts: list[Draft], others: Others) -> Severity | None:
    """How much a pair weighs: nothing where every line of one of its codes is set apart by a modifier."""
    if pair.indicator == NEVER:
        return Severity.BLOCKS
    allowed = ((pair.column_one, "ncci_modifiers_column_one"), (pair.column_two, "ncci_modifiers"))
    for code, name in allowed:
        lines: list[tuple[object, ...]] = [tuple(draft.modifiers) for draft in drafts if draft.code == code]
        lines += others.get(code, [])
        if all(_has(modifiers, sheet, name) for modifiers in lines) or (
            all(_has(modifiers, sheet, "separate_visit") for modifiers in lines)
            and code in sheet.terms.in_force.codes_of("visits")
        ):
            return None
    return Severity.WARNS


def _find_pair(sheet: Worksheet, pair: Pair, severity: Severity, drafts: list[Draft]) -> None:
    is_never = pair.indicator == NEVER
    values: dict[str, Scalar] = {
        "one": pair.column_one,
        "two": pair.column_two,
        "indicator": pair.indicator,
        "quarter": pair.quarter,
    }
    sheet.find(
        FindingKind.NCCI_PAIR,
        severity,
        [entry for draft in drafts for entry in draft.entries],
        step("ncci_pair_never" if is_never else "ncci_pair", "F4", **values),
        step("mend_pair_never", "F4", two=pair.column_two) if is_never else step("mend_pair", "F4"),
    )


def _addons(sheet: Worksheet, edits: ClaimEdits, administered: list[Draft]) -> None:
    """An add-on code without any of its primary codes (F4)."""
    for code, primaries in edits.addons_alone(frozenset([draft.code for draft in administered])):
        sheet.find(
            FindingKind.ADDON_WITHOUT_PRIMARY,
            Severity.WARNS,
            [entry for draft in administered if draft.code == code for entry in draft.entries],
            step("addon_without_primary", "F4", code=code, primaries=", ".join(sorted(primaries))),
            step("mend_addon", "F4"),
        )


def _is_professional(sheet: Worksheet) -> bool:
    told = sheet.facts.is_professional_claim
    return sheet.facts.setting == Setting.OFFICE if told is None else told


def _who_reports(sheet: Worksheet, administered: list[Draft]) -> None:
    """A physician's claim does not carry the facility's administration codes (A5)."""
    charted = sheet.facts.place_of_service
    if charted is None or not _is_professional(sheet):
        return
    place = str(charted)
    if place not in sheet.terms.in_force.codes_of("facility_places"):
        return
    of_facility = sheet.terms.in_force.codes_of("practice_expense")
    theirs = [draft for draft in administered if draft.code in of_facility]
    if theirs:
        codes = ", ".join(sorted({draft.code for draft in theirs}))
        sheet.find(
            FindingKind.NOT_PHYSICIAN,
            Severity.BLOCKS,
            [entry for draft in theirs for entry in draft.entries],
            step("not_physician", "A5", codes=codes, place=sheet.facts.place_of_service),
            step("mend_claim", "A5"),
        )
