"""The NDCs on each drug line (coding-rules section 12, I1-I5)."""

from decimal import Decimal
from typing import Final

from rules import amounts
from rules.facts import Administration
from rules.ndc import ndc_of_claim
from rules.result import NdcLine
from rules.vocabulary import FindingKind, Role, Severity
from rules.worksheet.drafts import Draft
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step
from rules.worksheet.units import Entry

CODED: Final = "drug"
"""The slot of a drug line with a code of its own; every other one is unclassified."""
COUNTED, IN_ML, IN_UNITS = "UN", "ML", "F2"
MEASURES = {IN_ML: "mL", IN_UNITS: "units"}


def attach(sheet: Worksheet) -> None:
    """Gives each drug line the claim's NDCs where the policy asks for them; an unclassified drug always has them."""
    for draft in sheet.drafts:
        if draft.is_of_drug:
            _attach(sheet, draft)


def _attach(sheet: Worksheet, draft: Draft) -> None:
    given_by_ndc: dict[str, list[Administration]] = {}
    for entry in draft.entries:
        claim = _claimed(sheet, draft, entry)
        if claim is not None:
            given_by_ndc.setdefault(claim, []).append(entry.given)
    if not given_by_ndc or not _is_asked(sheet, draft):
        return
    segments = [_segment(claim, given) for claim, given in given_by_ndc.items()]
    draft.ndc, draft.further_ndcs = segments[0], tuple(segments[1:])
    draft.steps.append(sheet.chose("ndc_on_line", "I5", "ndc_required", ndc=", ".join(given_by_ndc)))


def _is_asked(sheet: Worksheet, draft: Draft) -> bool:
    """Whether the line has to name its NDCs: by policy, none but unclassified ones, all, or those on a list (I5)."""
    asked = sheet.answers["ndc_required"]
    return draft.slot != CODED or asked == "always" or (asked == "list" and draft.code in sheet.terms.policy.ndc_list)


def _claimed(sheet: Worksheet, draft: Draft, entry: Entry) -> str | None:
    """The entry's NDC as a claim carries it, with a finding where it is no valid one (I1)."""
    ndc = entry.given.ndc
    if ndc is None:
        return None
    claim = ndc_of_claim(ndc.claim or ndc.label)
    if claim is None and draft.role is Role.DRUG:
        sheet.find(
            FindingKind.NDC_INVALID,
            Severity.WARNS,
            [entry],
            step("ndc_invalid", "R28", drug=entry.drug, ndc=ndc.label),
            step("mend_ndc", "R28"),
        )
    return claim


def _segment(claim: str, given: list[Administration]) -> NdcLine:
    """One NDC with what was given of it; no quantity where units differ or one is not known (I2-I4)."""
    parts = [_quantity(one) for one in given]
    units = {unit for _, unit in parts}
    amounts_given = [amount for amount, _ in parts if amount is not None]
    if len(units) > 1 or len(amounts_given) < len(parts):
        return NdcLine(claim, None, units.pop() if len(units) == 1 else None)
    return NdcLine(claim, sum(amounts_given, Decimal(0)), units.pop())


def _quantity(given: Administration) -> tuple[Decimal | None, str | None]:
    """What the record says; else the dose in the package's own measure, containers counted (I3, I4)."""
    ndc = given.ndc
    quantity, unit = (None, None) if ndc is None else (ndc.quantity, ndc.unit)
    if quantity is not None and amounts.is_usable(quantity):
        return quantity, unit
    if unit is None and given.drug.concentration is not None:
        unit = IN_ML
    if unit == COUNTED and given.containers:
        return Decimal(sum(container.count for container in given.containers)), unit
    if unit not in MEASURES or given.dose is None:
        return None, unit
    return amounts.converted(given.dose, MEASURES[unit], given.drug.concentration), unit
