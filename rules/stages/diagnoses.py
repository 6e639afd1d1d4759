"""The order of the diagnoses, and which line points to which (coding-rules section 13)."""

from functools import lru_cache
from typing import Final

from rules.result import SuggestedDiagnosis
from rules.vocabulary import Family, FindingKind, Role, Severity
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import NEW, step
from rules.worksheet.units import Entry
from rules.worksheet.words import HYDRATION

ANTINEOPLASTIC: Final = Family.ANTINEOPLASTIC
MOST_POINTERS: Final = 4
REASON_FOR_VISIT: Final = step("dx_reason_for_visit", "F6")
CHEMOTHERAPY: Final = "Z51.11"
IMMUNOTHERAPY: Final = "Z51.12"


def suggest(sheet: Worksheet) -> None:
    """Orders what is charted, says what is missing, and points each line to its diagnoses; invents nothing."""
    charted = sheet.facts.diagnoses
    if charted is None:
        return
    codes = list(dict.fromkeys([dotted(code) for code in charted if str(code).strip()]))
    wanted = _reasons_for_visit(sheet, codes)
    ordered = _in_order(codes, wanted) if wanted else codes
    for code in ordered:
        sheet.diagnoses.append(NEW(SuggestedDiagnosis, (code, REASON_FOR_VISIT if code in wanted else None)))
    _find_sequence(sheet, codes, ordered, wanted)
    _point(sheet, ordered)


def _in_order(codes: list[str], wanted: list[str]) -> list[str]:
    """The reasons for the visit that are charted, then what they treat, then the rest."""
    first = [code for code in (CHEMOTHERAPY, IMMUNOTHERAPY) if wanted and code in codes]
    rest = [code for code in codes if code not in first]
    malignancies = [code for code in rest if is_neoplasm(code)]
    return [*first, *malignancies, *(code for code in rest if code not in malignancies)]


@lru_cache(maxsize=4096)
def dotted(code: object) -> str:
    """An ICD-10-CM code in capitals, its dot after the third character.

    >>> dotted("c189")
    'C18.9'
    """
    plain = str(code).strip().upper().replace(".", "")
    return f"{plain[:3]}.{plain[3:]}" if len(plain) > len("C18") else plain


def is_neoplasm(code: str) -> bool:
    """C00 to D49."""
    return "C00" <= code[:3] <= "D49"


def _reasons_for_visit(sheet: Worksheet, codes: list[str]) -> list[str]:
    """Z51.11 for chemotherapy and Z51.12 for immunotherapy of a neoplasm, both when both are given (F6)."""
    if not any(is_neoplasm(code) for code in codes):
        return []
    treating = [entry for entry in sheet.passed if _treats_neoplasm(entry)]
    wanted = []
    if any(not _is_antibody(entry) for entry in treating):
        wanted.append(CHEMOTHERAPY)
    if any(entry.drug_facts.is_immunotherapy for entry in treating):
        wanted.append(IMMUNOTHERAPY)
    if treating and not wanted:
        wanted.append(CHEMOTHERAPY if CHEMOTHERAPY in codes else IMMUNOTHERAPY)
    return wanted


def _treats_neoplasm(entry: Entry) -> bool:
    """Hormones treat a neoplasm too, but neither code is for them."""
    drug = entry.drug_facts
    return drug.family == ANTINEOPLASTIC or drug.is_immunotherapy


def _is_antibody(entry: Entry) -> bool:
    """A biologic against a neoplasm, or a drug that nobody has mapped yet: either code may stand for it."""
    drug = entry.drug_facts
    return drug.is_immunotherapy or drug.is_biologic or drug.is_unmapped


def _find_sequence(sheet: Worksheet, codes: list[str], ordered: list[str], wanted: list[str]) -> None:
    missing = [code for code in wanted if code not in codes]
    if missing:
        sheet.find(
            FindingKind.DX_MISSING,
            Severity.WARNS,
            [],
            step("dx_missing", "F6", codes=", ".join(missing)),
            step("mend_dx", "F6"),
        )
    misplaced = [code for code in (CHEMOTHERAPY, IMMUNOTHERAPY) if code in codes and not wanted]
    if misplaced and not any(is_neoplasm(code) for code in codes):
        sheet.find(
            FindingKind.DX_SEQUENCE,
            Severity.WARNS,
            [],
            step("dx_not_neoplastic", "F6", codes=", ".join(misplaced)),
            step("mend_dx", "F6"),
        )
    elif ordered != codes:
        sheet.find(
            FindingKind.DX_SEQUENCE,
            Severity.INFORMS,
            [],
            step("dx_sequence", "F6", codes=", ".join(ordered)),
        )
    if not codes and sheet.drafts:
        sheet.find(
            FindingKind.DX_MISSING,
            Severity.WARNS,
            [],
            step("dx_none", "F6"),
            step("mend_dx", "F6"),
        )


def _point(sheet: Worksheet, ordered: list[str]) -> None:
    """Hydration points to the reason for hydration; other lines to the visit's first diagnoses, at most four."""
    first = tuple(ordered[:MOST_POINTERS])
    of_fluid = None
    for draft in sheet.drafts:
        draft.diagnoses = first
        if draft.family is HYDRATION and draft.role is not Role.DRUG:
            if of_fluid is None:
                covered = [code for code in ordered if code.startswith(sheet.terms.policy.hydration_necessity)]
                of_fluid = tuple(covered[:MOST_POINTERS]) or first
            draft.diagnoses = of_fluid
