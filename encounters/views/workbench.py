"""What the workbench prints: the lines with their why, what is not billed, the findings, the timeline."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from encounters import coding
from encounters.models import Encounter, Review
from encounters.models.review import DecisionAction, ReviewState
from encounters.review.lines import ReviewLine, lines_of
from encounters.timeline import Earns, Timeline, timeline
from encounters.timeline.items import is_push
from encounters.timeline.words import FAMILY_CLASS, amount
from rules import explain
from rules.explain import LineExplanation
from rules.facts import Administration, EncounterFacts
from rules.result import CodedLine, CodingResult, Counterfactual, Finding, NotBilled
from rules.rulebook.loader import load_rulebook
from rules.rulebook.model import Rulebook
from rules.vocabulary import LineFamily, Role, Severity

DRUG_ROLES = frozenset({Role.DRUG, Role.DISCARDED})
FORM_OF_ROLE = {
    Role.FLUSH: "push",
    Role.PUMP: "pump",
    Role.DRUG: "dot",
    Role.DISCARDED: "ring",
    Role.CONCURRENT: "outlined",
    Role.ADDITIONAL_HOUR: "lighter",
}
SIGN_OF_ACTION = {
    DecisionAction.ACCEPTED: ("d-ok", "accepted"),
    DecisionAction.OVERRIDDEN: ("d-edit", "corrected"),
    DecisionAction.REJECTED: ("d-x", "rejected"),
    DecisionAction.ADDED: ("d-add", "added"),
}
# More stretches of one row than this are told by their first start and last stop.
SPANS_TOLD = 3
SEVERITY_ORDER = (Severity.BLOCKS, Severity.WARNS, Severity.INFORMS)
SEVERITY_CSS = {Severity.BLOCKS: "b", Severity.WARNS: "w", Severity.INFORMS: "n"}


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the list. `form` and `css` draw its key, `sign` and `said` its decision."""

    line: ReviewLine
    form: str
    css: str
    sign: str
    said: str
    label: str
    drugs: str
    rules: str
    pointers: str
    dollars: Decimal | None
    explanation: LineExplanation | None

    @property
    def is_open(self) -> bool:
        """Nobody has decided it."""
        return self.line.decision is None


@dataclass(frozen=True, slots=True)
class NotBilledRow:
    """One administration, or part of one, without a line."""

    administration: str
    name: str
    times: str
    text: str
    rule: str


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


@dataclass(frozen=True, slots=True)
class Workbench:
    """Everything below the header of an encounter's page."""

    services: tuple[LineRow, ...]
    drug_lines: tuple[LineRow, ...]
    service_total: Decimal | None
    drug_total: Decimal | None
    not_billed: tuple[NotBilledRow, ...]
    findings: tuple[FindingRow, ...]
    diagnoses: tuple[tuple[str, str], ...]
    are_pointers_equal: bool
    pointers: str
    timeline: Timeline
    administrations: tuple[tuple[str, str], ...]
    decided: int
    changed: int

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self.services) + len(self.drug_lines)

    @property
    def total(self) -> Decimal | None:
        """The dollars of services and drugs together."""
        return _total((*self.services, *self.drug_lines))

    @property
    def unpriced_services(self) -> int:
        """How many billed services have no price here, so that the total leaves them out."""
        return _unpriced(self.services)

    @property
    def unpriced_drugs(self) -> int:
        """How many billed drug lines have no price here, so that the total leaves them out."""
        return _unpriced(self.drug_lines)

    @property
    def lines_billed(self) -> int:
        """How many of them are billed."""
        return sum(row.line.is_billed for row in (*self.services, *self.drug_lines))

    @property
    def blocks(self) -> int:
        """How many findings block."""
        return sum(finding.css == "b" for finding in self.findings)

    @property
    def to_know(self) -> int:
        """How many findings do not block."""
        return len(self.findings) - self.blocks


def workbench(*, review: Review) -> Workbench:
    """The workbench of a review, from its run as stored."""
    facts, result = coding.facts_of(review.run), coding.result_of(review.run)
    rulebook = load_rulebook()
    lines = lines_of(review)
    letters = {diagnosis.code: chr(ord("A") + number) for number, diagnosis in enumerate(result.diagnoses)}
    pointers = Counter(line.suggested.diagnoses for line in lines if line.suggested)
    usual = pointers.most_common(1)[0][0] if pointers else ()
    is_accepted = review.state == ReviewState.ACCEPTED
    rows = [
        _line_row(line, facts, rulebook, pointers=_pointers(line, letters, usual), is_accepted=is_accepted)
        for line in lines
    ]
    services = tuple(row for row in rows if not _is_drug(row.line))
    drug_lines = tuple(row for row in rows if _is_drug(row.line))
    zone = ZoneInfo(review.encounter.time_zone)
    return Workbench(
        services=services,
        drug_lines=drug_lines,
        service_total=_total(services),
        drug_total=_total(drug_lines),
        not_billed=_not_billed(facts, result, zone),
        findings=_findings(result.findings),
        diagnoses=tuple((letter, code) for code, letter in letters.items()),
        are_pointers_equal=len(pointers) <= 1,
        pointers=" ".join(letters.get(code, code) for code in usual),
        timeline=timeline(facts=facts, result=result, zone=zone, earns=earns(rulebook, review.encounter)),
        administrations=tuple((each.id, _given(each)) for each in facts.administrations),
        decided=sum(not row.is_open for row in rows),
        changed=sum(row.line.is_changed for row in rows),
    )


def earns(rulebook: Rulebook, encounter: Encounter) -> Mapping[LineFamily, Earns]:
    """The running minutes at which each family earns its first and second unit, on the date of service."""
    minutes = rulebook.as_of(encounter.date_of_service).minutes
    second = minutes.hour + minutes.additional_from
    infusion = Earns(minutes.infusion_from, second)
    return {
        LineFamily.CHEMO: infusion,
        LineFamily.THERAPEUTIC: infusion,
        LineFamily.HYDRATION: Earns(minutes.hydration_from, second),
    }


def _is_drug(line: ReviewLine) -> bool:
    """Drug lines stand below the services; an added line goes by its code's first letter."""
    if line.suggested is not None:
        return line.suggested.role in DRUG_ROLES
    return line.code[:1].isalpha()


def _pointers(line: ReviewLine, letters: Mapping[str, str], usual: tuple[str, ...]) -> str:
    """The letters of a line's diagnoses, nothing where they are those of most lines."""
    if line.suggested is None or line.suggested.diagnoses == usual:
        return ""
    return " ".join(letters.get(code, code) for code in line.suggested.diagnoses)


def _line_row(
    line: ReviewLine, facts: EncounterFacts, rulebook: Rulebook, *, pointers: str, is_accepted: bool
) -> LineRow:
    suggested = line.suggested
    given = [each for each in facts.administrations if each.id in line.administrations]
    undecided = ("d-ok", "accepted as suggested") if is_accepted else ("d-open", "open")
    sign, said = SIGN_OF_ACTION[DecisionAction(line.action)] if line.action else undecided
    form, css = _key(suggested, given)
    return LineRow(
        line=line,
        form=form,
        css=css,
        sign=sign,
        said=said,
        label=_label(line, given, rulebook),
        drugs=_drugs(suggested, given),
        rules=" ".join(explain.rules_of(suggested)) if suggested else "",
        pointers=pointers,
        dollars=suggested.price * line.units
        if suggested and suggested.price is not None and suggested.code == line.code
        else None,
        explanation=explain.line_explanation(suggested, rulebook=rulebook) if suggested else None,
    )


def _key(suggested: CodedLine | None, given: Sequence[Administration]) -> tuple[str, str]:
    """The form and hue of a line's key: the same as its bar."""
    if suggested is None:
        return "added", "othr"
    css = FAMILY_CLASS[suggested.family]
    is_open_ended = any(each.start and not each.stop and each.technique == "infusion" for each in given)
    if is_open_ended and suggested.role not in DRUG_ROLES:
        return "fade", css
    return "push" if is_push(suggested) else FORM_OF_ROLE.get(suggested.role, "bar"), css


def _label(line: ReviewLine, given: Sequence[Administration], rulebook: Rulebook) -> str:
    """Our own short label; of a drug code the drug and what one unit stands for."""
    if line.suggested is None or line.suggested.role not in DRUG_ROLES or line.code != line.suggested.code:
        return rulebook.label(line.code) if rulebook.label(line.code) != line.code else ""
    for each in given:
        for code in each.drug.billing_codes or ():
            if code.code == line.code:
                what = (
                    "discarded"
                    if line.suggested.role is Role.DISCARDED
                    else f"{amount(code.per.amount)} {code.per.unit} a unit"
                )
                return _sentence(f"{each.drug.name}, {what}")
    return _sentence(given[0].drug.name) if given else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _drugs(suggested: CodedLine | None, given: Sequence[Administration]) -> str:
    """The drugs behind a line; of one drug with the dose, summed where the units agree."""
    names = list(dict.fromkeys(each.drug.name for each in given))
    if suggested is not None and suggested.role is Role.DISCARDED:
        return _opened(given)
    doses = [each.dose for each in given if each.dose]
    if len(names) == 1 and doses and len({dose.unit for dose in doses}) == 1:
        dose = f"{amount(sum((dose.amount for dose in doses), Decimal(0)))} {doses[0].unit}"
        if suggested is not None and suggested.role is Role.DRUG:
            return f"{dose} given"
        return names[0] if suggested is not None and suggested.role is Role.ADDITIONAL_HOUR else f"{names[0]} {dose}"
    return ", ".join(names)


def _opened(given: Sequence[Administration]) -> str:
    sizes = [(box.size, box.count) for each in given for box in each.containers]
    if not sizes or len({size.unit for size, _ in sizes}) > 1:
        return ""
    return f"of {amount(sum((size.amount * count for size, count in sizes), Decimal(0)))} {sizes[0][0].unit} opened"


def _total(rows: Sequence[LineRow]) -> Decimal | None:
    amounts = [row.dollars for row in rows if row.line.is_billed and row.dollars is not None]
    return sum(amounts, Decimal(0)) if amounts else None


def _unpriced(rows: Sequence[LineRow]) -> int:
    return sum(row.line.is_billed and row.dollars is None for row in rows)


def _given(administration: Administration) -> str:
    dose = administration.dose
    return _sentence(
        f"{administration.drug.name} {amount(dose.amount)} {dose.unit}" if dose else administration.drug.name
    )


def _not_billed(facts: EncounterFacts, result: CodingResult, zone: ZoneInfo) -> tuple[NotBilledRow, ...]:
    by_id = {each.id: each for each in facts.administrations}
    return tuple(
        NotBilledRow(
            administration=row.administration,
            name=_given(by_id[row.administration]) if row.administration in by_id else row.administration,
            times=_spans(row, result, zone) or _times(by_id.get(row.administration), zone),
            text=explain.not_billed_why(row),
            rule=row.step.rule,
        )
        for row in result.not_billed
    )


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


def _findings(findings: Sequence[Finding]) -> tuple[FindingRow, ...]:
    placed = sorted(findings, key=lambda finding: SEVERITY_ORDER.index(finding.severity))
    return tuple(
        FindingRow(
            kind=finding.kind,
            css=SEVERITY_CSS[finding.severity],
            severity=_sentence(finding.severity),
            title=explain.finding_title(finding),
            text=explain.finding_text(finding),
            mend=explain.finding_mend(finding),
            question=explain.counterfactual_question(finding),
            administrations=" ".join(finding.administrations),
            counterfactuals=tuple(_counterfactual(each) for each in finding.counterfactuals),
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
