"""The NDC on each drug line (coding-rules section 12, I1-I5)."""

from rules.ndc import ndc_of_claim
from rules.result import NdcLine
from rules.vocabulary import FindingKind, Role, Severity
from rules.worksheet.drafts import OF_DRUGS, Draft
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import step

CODED = "drug"
"""The slot of a drug line with a code of its own; every other one is unclassified."""


def attach(sheet: Worksheet) -> None:
    """Gives each drug line the claim's NDC where the policy asks for it; an unclassified drug always has it."""
    for draft in sheet.drafts:
        if draft.role in OF_DRUGS:
            _attach(sheet, draft)


def _attach(sheet: Worksheet, draft: Draft) -> None:
    for entry in draft.entries:
        ndc = entry.given.ndc
        if ndc is None:
            continue
        claim = ndc_of_claim(ndc.claim or ndc.label)
        if claim is None:
            if draft.role == Role.DRUG:
                sheet.find(
                    FindingKind.NDC_INVALID,
                    Severity.WARNS,
                    [entry],
                    step("ndc_invalid", "R28", drug=entry.drug, ndc=ndc.label),
                    step("mend_ndc", "R28"),
                )
            continue
        if draft.slot != CODED or sheet.answers["ndc_required"] != "noc_only":
            draft.ndc = NdcLine(claim, ndc.quantity, ndc.unit)
            draft.steps.append(sheet.chose("ndc_on_line", "I5", "ndc_required", ndc=claim))
        return
