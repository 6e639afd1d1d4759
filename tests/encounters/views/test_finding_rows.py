"""Findings as the workbench prints them, with what it offers to mend them by."""

import pytest

from encounters.views.finding_rows import findings_of
from rules.result import Finding, Step
from rules.vocabulary import FindingKind, Severity


@pytest.mark.parametrize(
    ("kind", "can_be_charted", "field"),
    [
        (FindingKind.MISSING_STOP_TIME, True, "stopped_at"),
        (FindingKind.LOT_MISSING, True, "lot"),
        (FindingKind.OVERLAPPING_SAME_DRUG, True, ""),
        (FindingKind.MISSING_ORDER, False, ""),
        (FindingKind.PRIOR_AUTH_MISSING, False, ""),
    ],
)
def test_an_addendum_is_offered_for_what_an_administration_can_tell(
    kind: FindingKind, can_be_charted: bool, field: str
) -> None:
    rows = findings_of([Finding(kind, Severity.WARNS, ("a1",), Step("paused", "B8"))])
    assert [(row.can_be_charted, row.mended_field) for row in rows] == [(can_be_charted, field)]
