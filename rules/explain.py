"""Results as sentences: the same text for page, API and dossier. Text only; no rule is decided here."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from rules.errors import RulebookError
from rules.result import CodedLine, Counterfactual, Finding, NotBilled, Scalar, Step
from rules.rulebook.model import Rulebook
from rules.sentences import (
    ADJUDICATION_WORDS,
    COUNT_WORDS,
    PUBLISHERS,
    PURPOSE_WORDS,
    QUESTIONS,
    REASON_WORDS,
    ROUTE_WORDS,
    SENTENCES,
    TITLES,
)

FIRST_MARK, HYDRATION_MARK, HOUR = 91, 31, 60
# Amounts that are told with their thousands apart.
AMOUNTS = frozenset({"given", "opened", "rest", "charted", "least", "per", "volume"})
# Steps that belong into the one-line why wherever they stand.
TELLING = frozenset({"push_untimed", "second_initial_access", "second_initial_visit", "stopped_infusion"})


class Row(NamedTuple):
    """One statement and, at its edge, where it comes from."""

    text: str
    aside: str = ""


class LineExplanation(NamedTuple):
    """Why a line is suggested: the numbers, the policy values that decided, what lost, and the sources."""

    numbers: tuple[Row, ...]
    decided_by: tuple[Row, ...]
    lost: tuple[Row, ...]
    sources: tuple[Row, ...]
    checked: tuple[str, ...]
    """The days on which the sources were last read, ISO 8601, earliest first."""


def sentence(step: Step) -> str:
    """The step in words, without a full stop.

    A step of an older release whose sentence is gone still says its kind and its numbers.
    """
    values = dict(step.values)
    template = SENTENCES.get(step.kind)
    if template is None:
        told = ", ".join(f"{name} {value}" for name, value in step.values)
        return f"{step.kind.replace('_', ' ')}: {told}" if told else step.kind.replace("_", " ")
    return template.format_map(_Words({**values, **_derived(values)}))


class _Words(dict[str, Scalar]):
    """The words of a sentence; one that an older step did not hold is a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def _derived(values: dict[str, Scalar]) -> dict[str, str]:
    """Words that follow from the numbers of a step."""
    words = {name: grouped(value) for name, value in values.items() if name in AMOUNTS}
    problem = values.get("problem")
    if isinstance(problem, str):
        words["problem"] = REASON_WORDS.get(problem, problem)
    if "runs" in values:
        words["run_word"] = "run" if values["runs"] == 1 else "runs"
    if "route" in values:
        words["route_text"] = ROUTE_WORDS.get(str(values["route"]), f"by route {values['route']}")
    if "purpose" in values:
        words["purpose_text"] = PURPOSE_WORDS.get(str(values["purpose"]), str(values["purpose"]).replace("_", " "))
    units = values.get("units")
    if isinstance(units, int):
        words["unit_word"] = "unit" if units == 1 else "units"
        words["marks_text"] = _marks(units, FIRST_MARK)
        words["hydration_marks_text"] = _marks(units, HYDRATION_MARK)
    mai = values.get("mai")
    if isinstance(mai, int):
        words["mai_text"] = ADJUDICATION_WORDS.get(mai, f"MAI {mai}")
    if "gap" in values:
        words["gap_text"] = _gap(values["gap"])
    if "rest" in values:
        words["left_text"] = _left(values)
    if "given" in values and "per" in values:
        words.update(_quotient(values))
    return words


def _marks(units: int, first: int) -> str:
    last = first + HOUR * (units - 1)
    if units == 1:
        return f"{first} earns one"
    count = COUNT_WORDS[units] if 0 <= units < len(COUNT_WORDS) else str(units)
    return f"{first} earns one, {last} earns {count}"


def _left(values: dict[str, Scalar]) -> str:
    rest = str(values["rest"])
    return "none left over" if rest == "0" else f"{rest} {values.get('unit', '')} left over, less than one unit"


def grouped(value: Scalar) -> str:
    """A number with its thousands apart; anything else as it is.

    >>> grouped("2400000"), grouped("0.5"), grouped("all")
    ('2,400,000', '0.5', 'all')
    """
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return f"{number:,f}" if number.is_finite() else str(value)


def _gap(gap: Scalar) -> str:
    if not isinstance(gap, int):
        return "at an unknown time"
    if gap < 0:
        return "while the last one still ran"
    return f"{gap} min after the last one ended"


def _quotient(values: dict[str, Scalar]) -> dict[str, str]:
    quotient = Decimal(str(values["given"])) / Decimal(str(values["per"]))
    exact = quotient == quotient.to_integral_value()
    shown = quotient if exact else quotient.quantize(Decimal("0.01"))
    text = f"{shown.normalize():,f}"
    return {"quotient": text, "rounded": "" if exact else f", rounded to {values.get('units')}"}


def line_why(line: CodedLine) -> str:
    """The one-line why of a suggested line: its first step, and what a reader must not miss among the others."""
    return "; ".join(sentence(step) for step in line.steps if step is line.steps[0] or step.kind in TELLING)


def rules_of(line: CodedLine) -> tuple[str, ...]:
    """The ids of the rules behind a line, in order of use, each once."""
    return tuple(dict.fromkeys(step.rule for step in line.steps))


def line_explanation(line: CodedLine, *, rulebook: Rulebook) -> LineExplanation:
    """Everything that stands behind a line, in words with rule ids, dates and sources."""
    policies = [
        _decided(*step.policy, rulebook) for step in line.steps if step.policy is not None and not _is_undecided(step)
    ]
    numbers = [Row(sentence(step), step.rule) for step in line.steps]
    lost = [Row(f"{lost.code}: {sentence(lost.step)}", lost.step.rule) for lost in line.lost]
    rules = rules_of(line)
    return LineExplanation(
        numbers=tuple(numbers),
        decided_by=tuple(dict.fromkeys(policies)),
        lost=tuple(lost),
        sources=_sources(rules, rulebook, line.date_of_service.isoformat()),
        checked=tuple(sorted({rulebook.rules[rule].checked.isoformat() for rule in rules})),
    )


def _decided(key: str, value: str, rulebook: Rulebook) -> Row:
    """A policy value, with the question it answers."""
    question = rulebook.policy_keys.get(key)
    return Row(f"{key} = {value}", "" if question is None else question.statement)


def _is_undecided(step: Step) -> bool:
    """Whether the policy of the step had nothing to choose: a quotient without remainder is not rounded."""
    return step.kind == "drug_units" and _quotient(dict(step.values))["rounded"] == ""


def _sources(rule_ids: Iterable[str], rulebook: Rulebook, on: str) -> tuple[Row, ...]:
    rows = []
    for rule_id in rule_ids:
        if rule_id not in rulebook.rules:
            message = f"{rule_id} is not a rule of the rulebook on {on}"
            raise RulebookError(message)
        rows.append(_source(rule_id, rulebook))
    return tuple(rows)


@lru_cache(maxsize=1024)
def _source(rule_id: str, rulebook: Rulebook) -> Row:
    """A rule's statement with its publishers."""
    rule = rulebook.rules[rule_id]
    names = [rulebook.sources[citation.source_id].publisher for citation in rule.citations]
    publishers = dict.fromkeys(PUBLISHERS.get(name, name) for name in names)
    return Row(f"{rule.title}: {rule.statement}", f"{rule_id} · {', '.join(publishers)}")


def not_billed_why(not_billed: NotBilled) -> str:
    """Why an administration, or these minutes of it, earns nothing."""
    return sentence(not_billed.step)


def kind_title(kind: str) -> str:
    """The name of a kind of finding, without what it is about; a kind of an older release in its own letters."""
    return TITLES.get(kind) or kind.replace("_", " ").capitalize()


def finding_title(finding: Finding) -> str:
    """The finding's name with the drug it is about, where it is about one."""
    drug = dict(finding.step.values).get("drug")
    title = kind_title(finding.kind.value)
    return f"{title}, {drug}" if drug else title


def finding_text(finding: Finding) -> str:
    """What the finding says, as a sentence with a full stop."""
    text = sentence(finding.step)
    return f"{text[:1].upper()}{text[1:]}."


def finding_mend(finding: Finding) -> str:
    """What would settle it, as a sentence with a full stop; empty where nothing needs mending."""
    if finding.mend is None:
        return ""
    text = sentence(finding.mend)
    return f"{text[:1].upper()}{text[1:]}."


def counterfactual_question(finding: Finding) -> str:
    """The head of a finding's counterfactuals: `If it stopped`, or plainly `If`."""
    return QUESTIONS.get(finding.kind.value, "If")


def counterfactual_condition(counterfactual: Counterfactual) -> str:
    """The mended fact in words, to stand under its question."""
    return sentence(counterfactual.mended)


def counterfactual_change(counterfactual: Counterfactual) -> str:
    """How the lines would change: `96367 instead of 96375`, or `as suggested`."""
    gained = [_units(change, change[3] - change[2]) for change in counterfactual.changes if change[3] > change[2]]
    lost = [_units(change, change[2] - change[3]) for change in counterfactual.changes if change[3] < change[2]]
    if gained and lost:
        return f"{', '.join(gained)} instead of {', '.join(lost)}"
    if gained:
        return f"{', '.join(gained)} more"
    return f"{', '.join(lost)} less" if lost else "as suggested"


def _units(change: tuple[str, tuple[str, ...], int, int], units: int) -> str:
    name = "-".join([change[0], *change[1]])
    return name if units == 1 else f"{name} ×{units}"
