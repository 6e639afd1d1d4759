"""What does not belong beside these lines on one claim (coding-rules section 10)."""

from rules.result import Step
from rules.vocabulary import FindingKind, Setting, Severity
from rules.worksheet.drafts import OF_DRUGS, Draft
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step

INCLUDED = frozenset({"36000", "36410", "36591", "36592", "96523"})
NURSE_VISIT = "99211"
SEPARATE_VISIT = "25"
FACILITY_PLACES = frozenset({"19", "21", "22", "23", "24"})
VISIT_CODES = (("99091", "99499"), ("92002", "92014"))
HOSPITAL_VISIT = "G0463"
PRACTICE_EXPENSE = (("96360", "96425"), ("96521", "96523"))


def check(sheet: Worksheet) -> None:
    """Findings about other services of the encounter and about who may report; never a silent change."""
    facts = sheet.facts
    if not facts.other_services and str(facts.place_of_service) not in FACILITY_PLACES:
        return
    administered = [draft for draft in sheet.drafts if draft.role not in OF_DRUGS]
    if not administered:
        return
    for service in facts.other_services:
        _beside(sheet, str(service.code), service.modifiers)
    _who_reports(sheet, administered)


def _beside(sheet: Worksheet, code: str, modifiers: tuple[str, ...]) -> None:
    if code in INCLUDED:
        _find(sheet, FindingKind.INCLUDED, Severity.WARNS, step("included", "F1", code=code))
    elif code == NURSE_VISIT:
        _find(sheet, FindingKind.EM_99211, Severity.BLOCKS, step("em_99211", "F2"))
    elif _is_visit(code) and SEPARATE_VISIT not in modifiers:
        _find(sheet, FindingKind.NEEDS_25, Severity.WARNS, step("needs_25", "F2", code=code))


def _find(sheet: Worksheet, kind: FindingKind, severity: Severity, why: Step) -> None:
    sheet.find(kind, severity, [], why, step("mend_other_service", why.rule))


def _is_visit(code: str) -> bool:
    return code == HOSPITAL_VISIT or any(low <= code <= high for low, high in VISIT_CODES)


def _who_reports(sheet: Worksheet, administered: list[Draft]) -> None:
    """A physician's claim does not carry the facility's administration codes (A5)."""
    facts = sheet.facts
    is_professional = facts.is_professional_claim
    if is_professional is None:
        is_professional = facts.setting == Setting.OFFICE
    if not is_professional or str(facts.place_of_service) not in FACILITY_PLACES:
        return
    theirs = [draft for draft in administered if any(low <= draft.code <= high for low, high in PRACTICE_EXPENSE)]
    if theirs:
        codes = ", ".join(sorted({draft.code for draft in theirs}))
        sheet.find(
            FindingKind.NOT_PHYSICIAN,
            Severity.BLOCKS,
            [entry for draft in theirs for entry in draft.entries],
            step("not_physician", "A5", codes=codes, place=facts.place_of_service),
            step("mend_claim", "A5"),
        )
