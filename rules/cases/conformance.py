"""Every worked case beside its source, the published answer and ours; and the same as a page of text."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rules.cases.comparison import Outcome, run_case
from rules.cases.reading import Record, is_drug_unit_case
from rules.rulebook.model import Coverage, Rulebook

SOUNDNESS = ("agrees", "policy", "disagrees")
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class CheckedCase:
    """One case with its source and both answers. `is_met`: ours is the published one, or the disputed one we stand by.

    `excluded` says why a case is not asked; it is empty for all others.
    """

    id: str
    publisher: str
    title: str
    url: str
    year: str
    locator: str
    question: str
    published: str
    ours: str
    soundness: str
    note: str
    policy: str
    is_met: bool
    error: str
    excluded: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases of one publisher, or of all, there are by soundness, and how many answers are met."""

    name: str
    agrees: int
    policy: int
    disagrees: int
    excluded: int
    met: int

    @property
    def asked(self) -> int:
        """Cases that are put to the engine."""
        return self.agrees + self.policy + self.disagrees


@dataclass(frozen=True, slots=True)
class Conformance:
    """All cases, by publisher and id, with their counts."""

    cases: tuple[CheckedCase, ...]
    publishers: tuple[Tally, ...]
    total: Tally
    rules: tuple[Coverage, ...] = ()
    """Every rule with the cases that fail without it, in reading order."""

    @property
    def disputes(self) -> tuple[CheckedCase, ...]:
        """Cases to which we give another answer than the one published."""
        return tuple(case for case in self.cases if case.soundness == "disagrees" and not case.excluded)

    @property
    def answered(self) -> tuple[CheckedCase, ...]:
        """Cases to which the published answer is expected of us."""
        return tuple(case for case in self.cases if case.soundness != "disagrees" and not case.excluded)

    @property
    def excluded(self) -> tuple[CheckedCase, ...]:
        """Cases that are not asked."""
        return tuple(case for case in self.cases if case.excluded)


def check_all(cases: Iterable[Record], *, rulebook: Rulebook, electrolytes: frozenset[str]) -> Conformance:
    """Runs every case, those of a policy under it."""
    checked = sorted(
        (_checked(case, rulebook=rulebook, electrolytes=electrolytes) for case in cases),
        key=lambda case: (case.publisher.lower(), case.id),
    )
    names = dict.fromkeys(case.publisher for case in checked)
    tallies = tuple(_tally(name, [case for case in checked if case.publisher == name]) for name in names)
    return Conformance(tuple(checked), tallies, _tally("All", checked), _in_reading_order(rulebook))


def _in_reading_order(rulebook: Rulebook) -> tuple[Coverage, ...]:
    return tuple(sorted(rulebook.coverage.values(), key=lambda each: (each.rule[0], len(each.rule), each.rule)))


def _checked(case: Record, *, rulebook: Rulebook, electrolytes: frozenset[str]) -> CheckedCase:
    outcome = run_case(case, rulebook=rulebook, electrolytes=electrolytes)
    source = _mapping(case.get("source"))
    return CheckedCase(
        id=str(case.get("id")),
        publisher=_text(source.get("publisher")) or "Unnamed",
        title=_text(source.get("title")),
        url=_text(source.get("url")),
        year=_text(source.get("year")),
        locator=_text(source.get("locator")),
        question=_text(case.get("question")) or _unit_question(case),
        published=_published(case),
        ours=_ours(outcome),
        soundness=_text(case.get("soundness")) or SOUNDNESS[0],
        note=_text(case.get("soundness_note")),
        policy=", ".join(f"{key} = {_text(value)}" for key, value in _mapping(case.get("policy")).items()),
        is_met=outcome.passed,
        error=outcome.error,
        excluded=_text(case.get("exclude")),
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    """One line of text; empty for none."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else " ".join(str(value).split())


def _unit_question(case: Record) -> str:
    """What a case of drug units asks: the code with its unit, the dose and what was opened."""
    if not is_drug_unit_case(case):
        return ""
    opened = [_mapping(one) for one in case.get("containers") or ()]
    vials = ", ".join(f"{one.get('count', 1)} × {one.get('size')}" for one in opened)
    asked = (
        f"{_text(case.get('drug'))}, {_text(case.get('hcpcs'))} per {_text(case.get('per'))}: {_text(case.get('dose'))}"
    )
    return f"{asked} given of {vials}" if vials else f"{asked} given"


def _published(case: Record) -> str:
    listed = _mapping(case.get("expected")).get("lines")
    lines = [_mapping(one) for one in listed] if isinstance(listed, list) else []
    return (
        ", ".join(_line(one.get("code"), one.get("modifiers") or (), one.get("units", 1)) for one in lines) or NOTHING
    )


def _ours(outcome: Outcome) -> str:
    """Our lines in claim order, those of one code and modifiers together."""
    totals: dict[tuple[str, tuple[str, ...]], Decimal] = {}
    for line in outcome.lines:
        key = (line.code, line.modifiers)
        totals[key] = totals.get(key, Decimal(0)) + line.units
    return ", ".join(_line(code, modifiers, units) for (code, modifiers), units in totals.items()) or NOTHING


def _line(code: object, modifiers: object, units: object) -> str:
    listed = modifiers if isinstance(modifiers, list | tuple) else ()
    name = "-".join(map(str, (code, *listed)))
    return name if str(units) == "1" else f"{name} ×{units}"


def _tally(name: str, cases: list[CheckedCase]) -> Tally:
    asked = [case for case in cases if not case.excluded]
    counts = Counter(case.soundness for case in asked)
    return Tally(
        name=name,
        agrees=counts["agrees"],
        policy=counts["policy"],
        disagrees=counts["disagrees"],
        excluded=len(cases) - len(asked),
        met=sum(case.is_met for case in asked),
    )


def as_markdown(conformance: Conformance) -> str:
    """The page `docs/conformance.md`, ending with a line break."""
    total = conformance.total
    parts = [
        "# Conformance",
        "",
        "Published questions with published answers, put to the engine. `manage.py conformance` writes this page;",
        "the cases stand in `tests/cases`.",
        "",
        _summary(total),
        "",
        "## By publisher",
        "",
        *_table(
            ("Publisher", "As published", "Under a policy", "Disputed", "Not asked", "As expected"),
            [_counts(tally) for tally in (*conformance.publishers, total)],
        ),
        "",
        "## Disputes",
        "",
        "Our answer differs from the published one, for the reason that stands beside it.",
        "",
        *_table(
            ("Case", "Source", "Question", "Published", "Ours", "Reason"),
            [
                (case.id, _source(case), case.question, case.published, _answer(case), case.note)
                for case in conformance.disputes
            ],
        ),
        "",
        "## As published",
        "",
        *_table(
            ("Case", "Source", "Question", "Published", "Ours", "Policy"),
            [
                (case.id, _source(case), case.question, case.published, _answer(case), case.policy)
                for case in conformance.answered
            ],
        ),
    ]
    if conformance.excluded:
        rows = [(case.id, _source(case), case.question, case.excluded) for case in conformance.excluded]
        parts += ["", "## Not asked", "", *_table(("Case", "Source", "Question", "Reason"), rows)]
    return "\n".join([*parts, *_proofs(conformance.rules)]) + "\n"


def _proofs(rules: Sequence[Coverage]) -> list[str]:
    """Each rule with the cases that fail without it, and the rules without any."""
    proven = [each for each in rules if each.is_proven]
    unproven = [each for each in rules if not each.is_proven]
    return [
        "",
        "## Rules and what fails without them",
        "",
        f"{len(proven)} of {len(rules)} rules are proven: these cases, and charts of the tests, are answered otherwise",
        "as soon as the rule is taken out of the engine.",
        "",
        *_table(("Rule", "Cases", "Charts"), [(one.rule, _listed(one.cases), _listed(one.charts)) for one in proven]),
        "",
        "Not proven, because the engine does not act on them:",
        "",
        *_table(("Rule", "Why"), [(one.rule, one.note) for one in unproven]),
    ]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _summary(total: Tally) -> str:
    return (
        f"{total.met} of {total.asked} answers are as expected: {total.agrees} as published, {total.policy} as "
        f"published under the policy that the publisher follows, {total.disagrees} disputed and answered as below."
    )


def _counts(tally: Tally) -> tuple[str, ...]:
    numbers = (tally.agrees, tally.policy, tally.disagrees, tally.excluded)
    return (tally.name, *(str(number or "") for number in numbers), f"{tally.met} of {tally.asked}")


def _answer(case: CheckedCase) -> str:
    if case.error:
        return f"not read: {case.error}"
    return case.ours if case.is_met else f"**not met:** {case.ours}"


def _source(case: CheckedCase) -> str:
    title = case.title or case.locator
    named = ", ".join(part for part in (case.publisher, title, case.year) if part)
    shown = named.replace("[", "\\[").replace("]", "\\]")
    return f"[{shown}]({case.url})" if case.url else shown


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (header, ("---",) * len(header), *map(_cells, rows))]


def _cells(row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(cell.replace("|", "\\|") for cell in row)
