"""Findings as they are printed, and what is not billed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.text import capfirst

from encounters.review import sights
from encounters.views.line_rows import given_words
from rules import explain
from rules.facts import Administration, EncounterFacts
from rules.result import CodingResult, Counterfactual, Finding, NotBilled
from rules.vocabulary import FindingKind, Severity

# More stretches of one row than this are told by their first start and last stop.
SPANS_TOLD = 3
SEVERITY_ORDER = (Severity.BLOCKS, Severity.WARNS, Severity.INFORMS)
SEVERITY_CSS = {Severity.BLOCKS: "b", Severity.WARNS: "w", Severity.INFORMS: "n"}

FIELD_OF_FINDING = {
    FindingKind.MISSING_STOP_TIME: "stopped_at",
    FindingKind.MISSING_START_TIME: "started_at",
    FindingKind.IMPOSSIBLE_TIME: "stopped_at",
    FindingKind.PUSH_OVER_15: "stopped_at",
    FindingKind.MISSING_ROUTE: "route",
    FindingKind.MISSING_DOSE: "dose_amount",
    FindingKind.WASTE_NOT_DOCUMENTED: "discarded_amount",
    FindingKind.WASTE_MISMATCH: "discarded_amount",
    FindingKind.SECOND_ACCESS_REASON_MISSING: "access_reason",
    FindingKind.UNCLASSIFIED_DRUG: "family",
    FindingKind.FAMILY_UNKNOWN: "family",
    FindingKind.AMBIGUOUS_CODE: "ndc",
    FindingKind.NDC_INVALID: "ndc",
    FindingKind.LOT_MISSING: "lot",
}
OF_NO_CHARTING = frozenset(
    {
        FindingKind.MISSING_ORDER,
        FindingKind.HYDRATION_NO_ORDER,
        FindingKind.HYDRATION_NECESSITY,
        FindingKind.PRIMARY_REASON_NOT_NAMED,
        FindingKind.TREATMENT_PLAN_MISSING,
        FindingKind.MONITORING_MISSING,
        FindingKind.PRIOR_AUTH_MISSING,
        FindingKind.PRIOR_AUTH_EXHAUSTED,
        FindingKind.OFF_LABEL_SUPPORT_MISSING,
        FindingKind.MUE_EXCEEDED,
        FindingKind.NCCI_PAIR,
        FindingKind.DX_SEQUENCE,
        FindingKind.DX_MISSING,
        FindingKind.SMALLER_VIALS,
    }
)
"""What these miss stands in no record of an administration: no addendum to one brings it."""


@dataclass(frozen=True, slots=True)
class NotBilledRow:
    """One administration, or part of one, without a line.

    `is_needed`: the administration earns no line at all, so it has to be seen; told by the first of its rows.
    """

    administration: str
    name: str
    times: str
    text: str
    rule: str
    is_needed: bool
    is_seen: bool


@dataclass(frozen=True, slots=True)
class CounterfactualRow:
    """What one mended fact would change."""

    condition: str
    becomes: str
    dollars: Decimal | None


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding, in words."""

    kind: str
    css: str
    severity: str
    title: str
    text: str
    mend: str
    question: str
    """The head over the conditions of its counterfactuals."""
    administrations: str
    counterfactuals: tuple[CounterfactualRow, ...]
    administration: str
    """The first one it is about: that an addendum or a question would speak of. Empty where it is about none."""
    mended_field: str
    """What of that administration would settle it, where it is one field."""
    can_be_charted: bool
    """Whether what is missing is a fact of that administration, which an addendum may bring."""


def not_billed(
    facts: EncounterFacts, result: CodingResult, zone: ZoneInfo, *, seen: Collection[tuple[str, str]]
) -> tuple[NotBilledRow, ...]:
    """What earns nothing, in the engine's order; `seen` as `sights.seen` gives it."""
    by_id = {each.id: each for each in facts.administrations}
    needed = sights.without_a_line(result, by_id)
    rows: list[NotBilledRow] = []
    told: set[str] = set()
    for row in result.not_billed:
        given = by_id.get(row.administration)
        rows.append(
            NotBilledRow(
                administration=row.administration,
                name=given_words(given) if given else row.administration,
                times=_spans(row, result, zone) or _times(given, zone),
                text=explain.not_billed_why(row),
                rule=row.step.rule,
                is_needed=row.administration in needed and row.administration not in told,
                is_seen=(row.administration, needed.get(row.administration, "")) in seen,
            )
        )
        told.add(row.administration)
    silent = [by_id[one] for one in needed if one not in told]
    rows += [
        NotBilledRow(
            administration=given.id,
            name=given_words(given),
            times=_times(given, zone),
            text="no line is suggested for giving it",
            rule="",
            is_needed=True,
            is_seen=(given.id, "") in seen,
        )
        for given in silent
    ]
    return tuple(rows)


def _spans(row: NotBilled, result: CodingResult, zone: ZoneInfo) -> str:
    """The clock times of just these minutes, where the ledger has them in one piece or few."""
    spans = [
        span
        for entry in result.minute_ledger
        if not entry.is_line and (entry.administration, entry.bucket) == (row.administration, row.reason)
        for span in entry.spans
    ]
    if not spans:
        return ""
    told = [_from_to(datetime.fromisoformat(start), datetime.fromisoformat(stop), zone) for start, stop in spans]
    if len(told) <= SPANS_TOLD:
        return ", ".join(told)
    whole = _from_to(datetime.fromisoformat(spans[0][0]), datetime.fromisoformat(spans[-1][1]), zone)
    return f"{whole} in {len(told)} parts"


def _times(administration: Administration | None, zone: ZoneInfo) -> str:
    if administration is None:
        return ""
    start, stop = administration.start, administration.stop
    if start and stop and start != stop:
        return _from_to(start, stop, zone)
    only = start or stop
    return f"{only.astimezone(zone):%H:%M}" if only else ""


def _from_to(start: datetime, stop: datetime, zone: ZoneInfo) -> str:
    """Two clock times; a stop on a later day says by how many days."""
    begin, end = start.astimezone(zone), stop.astimezone(zone)
    days = (end.date() - begin.date()).days
    return f"{begin:%H:%M}–{end:%H:%M}{f' +{days} d' if days else ''}"


def findings_of(findings: Sequence[Finding]) -> tuple[FindingRow, ...]:
    """The findings, what blocks first."""
    placed = sorted(findings, key=lambda finding: SEVERITY_ORDER.index(finding.severity))
    return tuple(
        FindingRow(
            kind=finding.kind,
            css=SEVERITY_CSS[finding.severity],
            severity=capfirst(finding.severity),
            title=explain.finding_title(finding),
            text=explain.finding_text(finding),
            mend=explain.finding_mend(finding),
            question=explain.counterfactual_question(finding),
            administrations=" ".join(finding.administrations),
            counterfactuals=tuple(_counterfactual(each) for each in finding.counterfactuals),
            administration=finding.administrations[0] if finding.administrations else "",
            mended_field=FIELD_OF_FINDING.get(finding.kind, ""),
            can_be_charted=finding.kind not in OF_NO_CHARTING,
        )
        for finding in placed
    )


def _counterfactual(each: Counterfactual) -> CounterfactualRow:
    return CounterfactualRow(
        condition=explain.sentence(each.mended), becomes=becomes(each.changes), dollars=each.dollars
    )


def becomes(changes: Sequence[tuple[str, tuple[str, ...], int, int]]) -> str:
    """Differences of lines in words: 96367 instead of 96375; 96415 ×2 → ×1; nothing changes."""
    gone = [_named(code, modifiers, now) for code, modifiers, now, then in changes if not then]
    come = [_named(code, modifiers, then) for code, modifiers, now, then in changes if not now]
    moved = [
        f"{' '.join((code, *modifiers))} ×{now} → ×{then}"
        for code, modifiers, now, then in changes
        if now and then and now != then
    ]
    words = []
    if come and gone:
        words.append(f"{', '.join(come)} instead of {', '.join(gone)}")
    elif come:
        words.append(f"{', '.join(come)} in addition")
    elif gone:
        words.append(f"without {', '.join(gone)}")
    return "; ".join([*words, *moved]) or "as suggested"


def _named(code: str, modifiers: tuple[str, ...], units: int) -> str:
    name = " ".join((code, *modifiers))
    return f"{name} ×{units}" if units > 1 else name
