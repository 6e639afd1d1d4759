"""What the workbench prints: the lines with their why, what is not billed, the findings, the timeline."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from encounters import coding
from encounters.installed import load_rulebook
from encounters.models import Encounter, Review
from encounters.models.review import ReviewState
from encounters.review.desk import Desk
from encounters.review.lines import lines_of
from encounters.timeline import Earns, Timeline, timeline
from encounters.views.finding_rows import FindingRow, NotBilledRow, findings_of, not_billed
from encounters.views.line_rows import LineRow, given_words, is_drug, line_row, pointers_of
from rules.facts import EncounterFacts
from rules.result import CodingResult
from rules.rulebook.model import Rulebook
from rules.vocabulary import LineFamily

MOST_ROWS = 120
"""Lines, and rows of what is not billed, that one page prints unless all are asked for."""


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
    unseen: int
    """Administrations without a line that still have to be looked at."""
    most: int
    """So many rows of each list are printed."""

    @property
    def shown_services(self) -> tuple[LineRow, ...]:
        """Those that are printed."""
        return self.services[: self.most]

    @property
    def shown_drug_lines(self) -> tuple[LineRow, ...]:
        """Those that are printed."""
        return self.drug_lines[: self.most]

    @property
    def shown_not_billed(self) -> tuple[NotBilledRow, ...]:
        """Those that are printed; where there are too many, what is still to be seen comes first."""
        if len(self.not_billed) <= self.most:
            return self.not_billed
        return tuple(sorted(self.not_billed, key=lambda row: not (row.is_needed and not row.is_seen)))[: self.most]

    @property
    def shown_findings(self) -> tuple[FindingRow, ...]:
        """Those that are printed, what blocks first."""
        return self.findings[: max(self.most // 4, 1)]

    @property
    def hidden_findings(self) -> int:
        """How many findings are not printed."""
        return len(self.findings) - len(self.shown_findings)

    @property
    def hidden(self) -> int:
        """How many rows there are that are not printed."""
        lists = (self.services, self.drug_lines, self.not_billed)
        return sum(max(len(rows) - self.most, 0) for rows in lists)

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


def workbench(*, review: Review, desk: Desk | None = None, is_whole: bool = False) -> Workbench:
    """The workbench of a review, from its run as stored; `is_whole` prints thousands of rows too."""
    facts, result = coding.facts_of(review.run), coding.result_of(review.run)
    rulebook = load_rulebook()
    lines = lines_of(review)
    letters = diagnosis_letters(result)
    pointers = Counter(line.suggested.diagnoses for line in lines if line.suggested)
    usual = pointers.most_common(1)[0][0] if pointers else ()
    is_accepted = review.state == ReviewState.ACCEPTED
    given = {each.id: each for each in facts.administrations}
    rows = [
        line_row(line, given, rulebook, pointers=pointers_of(line, letters, usual), is_accepted=is_accepted)
        for line in lines
    ]
    services = tuple(row for row in rows if not is_drug(row.line))
    drug_lines = tuple(row for row in rows if is_drug(row.line))
    zone = ZoneInfo(review.encounter.time_zone)
    rest = not_billed(facts, result, zone, seen=desk.seen if desk else frozenset())
    most = 4 * max(len(rows) + len(rest) + len(result.findings), MOST_ROWS) if is_whole else MOST_ROWS
    return Workbench(
        services=services,
        drug_lines=drug_lines,
        service_total=_total(services),
        drug_total=_total(drug_lines),
        not_billed=rest,
        findings=findings_of(result.findings),
        diagnoses=tuple((letter, code) for code, letter in letters.items()),
        are_pointers_equal=len(pointers) <= 1,
        pointers=" ".join(letters.get(code, code) for code in usual),
        timeline=drawn(facts, result, review.encounter, rulebook),
        administrations=tuple((each.id, given_words(each)) for each in facts.administrations[:most]),
        decided=sum(not row.is_open for row in rows),
        changed=sum(row.line.is_changed for row in rows),
        unseen=sum(row.is_needed and not row.is_seen for row in rest),
        most=most,
    )


def drawn(facts: EncounterFacts, result: CodingResult, encounter: Encounter, rulebook: Rulebook) -> Timeline:
    """The timeline of what was given and what became of it, on the clinic's clock."""
    return timeline(facts=facts, result=result, zone=ZoneInfo(encounter.time_zone), earns=earns(rulebook, encounter))


def diagnosis_letters(result: CodingResult) -> Mapping[str, str]:
    """Diagnosis → the letter by which lines point to it."""
    return {diagnosis.code: chr(ord("A") + number) for number, diagnosis in enumerate(result.diagnoses)}


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


def _total(rows: Sequence[LineRow]) -> Decimal | None:
    amounts = [row.dollars for row in rows if row.line.is_billed and row.dollars is not None]
    return sum(amounts, Decimal(0)) if amounts else None


def _unpriced(rows: Sequence[LineRow]) -> int:
    return sum(row.line.is_billed and row.dollars is None for row in rows)
