"""Results as sentences: the same text for page, API and dossier. Text only; no rule is decided here."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from string import Formatter
from typing import Final, NamedTuple

from rules.errors import RulebookError
from rules.result import CodedLine, Counterfactual, Finding, NdcLine, NotBilled, Scalar, Step
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

ABSENT = "–"
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
    ndcs: tuple[Row, ...] = ()
    """Every package behind a drug line: its NDC, and what was given of it in the claim's measure."""


def sentence(step: Step) -> str:
    """The step in words, without a full stop.

    A step of an older release whose sentence is gone still says its kind and its numbers.
    """
    template = SENTENCES.get(step.kind)
    if template is None:
        told = ", ".join(f"{name} {value}" for name, value in step.values)
        return f"{step.kind.replace('_', ' ')}: {told}" if told else step.kind.replace("_", " ")
    values = dict(step.values)
    said: list[str] = []
    for text, name in _parts(template):
        said.append(text)
        if name is not None:
            said.append(_word(name, values))
    return "".join(said)


@cache
def _parts(template: str) -> tuple[tuple[str, str | None], ...]:
    """The texts of a sentence, each with the name of the word that follows it."""
    return tuple((text, name) for text, name, _, _ in Formatter().parse(template))


def _word(name: str, values: dict[str, Scalar]) -> str:
    """A word of a sentence: a number of the step, or what follows from one; a dash where an older step lacks it."""
    if name in AMOUNTS and name in values:
        return grouped(values[name])
    derive = DERIVED.get(name)
    word = None if derive is None else derive(values)
    if word is None:
        word = str(values.get(name, ABSENT))
    return word


def _marks(units: int, first: int) -> str:
    last = first + HOUR * (units - 1)
    if units == 1:
        return f"{first} earns one"
    count = COUNT_WORDS[units] if 0 <= units < len(COUNT_WORDS) else str(units)
    return f"{first} earns one, {last} earns {count}"


def _problem(values: dict[str, Scalar]) -> str | None:
    problem = values.get("problem")
    return REASON_WORDS.get(problem, problem) if isinstance(problem, str) else None


def _run_word(values: dict[str, Scalar]) -> str | None:
    return None if "runs" not in values else "run" if values["runs"] == 1 else "runs"


def _route_text(values: dict[str, Scalar]) -> str | None:
    return ROUTE_WORDS.get(str(values["route"]), f"by route {values['route']}") if "route" in values else None


def _purpose_text(values: dict[str, Scalar]) -> str | None:
    if "purpose" not in values:
        return None
    return PURPOSE_WORDS.get(str(values["purpose"]), str(values["purpose"]).replace("_", " "))


def _unit_word(values: dict[str, Scalar]) -> str | None:
    units = values.get("units")
    return None if not isinstance(units, int) else "unit" if units == 1 else "units"


def _marks_text(values: dict[str, Scalar]) -> str | None:
    units = values.get("units")
    return _marks(units, FIRST_MARK) if isinstance(units, int) else None


def _hydration_marks_text(values: dict[str, Scalar]) -> str | None:
    units = values.get("units")
    return _marks(units, HYDRATION_MARK) if isinstance(units, int) else None


def _mai_text(values: dict[str, Scalar]) -> str | None:
    mai = values.get("mai")
    return ADJUDICATION_WORDS.get(mai, f"MAI {mai}") if isinstance(mai, int) else None


def _gap_text(values: dict[str, Scalar]) -> str | None:
    return _gap(values["gap"]) if "gap" in values else None


def _left_text(values: dict[str, Scalar]) -> str | None:
    if "rest" not in values:
        return None
    rest = str(values["rest"])
    return "none left over" if rest == "0" else f"{rest} {values.get('unit', '')} left over, less than one unit"


def _quotient_text(values: dict[str, Scalar]) -> str | None:
    return _quotient(values)["quotient"] if "given" in values and "per" in values else None


def _rounded(values: dict[str, Scalar]) -> str | None:
    return _quotient(values)["rounded"] if "given" in values and "per" in values else None


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


DERIVED: Final[dict[str, Callable[[dict[str, Scalar]], str | None]]] = {
    "problem": _problem,
    "run_word": _run_word,
    "route_text": _route_text,
    "purpose_text": _purpose_text,
    "unit_word": _unit_word,
    "marks_text": _marks_text,
    "hydration_marks_text": _hydration_marks_text,
    "mai_text": _mai_text,
    "gap_text": _gap_text,
    "left_text": _left_text,
    "quotient": _quotient_text,
    "rounded": _rounded,
}
"""What makes the words that follow from the numbers of a step; None where the step lacks the numbers."""


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
    try:
        sources, checked = _behind(rules_of(line), rulebook)
    except KeyError as unknown:
        message = f"{unknown.args[0]} is not a rule of the rulebook on {line.date_of_service.isoformat()}"
        raise RulebookError(message) from unknown
    return LineExplanation(
        numbers=tuple(numbers),
        decided_by=tuple(dict.fromkeys(policies)),
        lost=tuple(lost),
        sources=sources,
        checked=checked,
        ndcs=tuple(_package(ndc) for ndc in (line.ndc, *line.further_ndcs) if ndc is not None),
    )


def _package(ndc: NdcLine) -> Row:
    """An NDC in its three parts, with the quantity as a claim carries it."""
    told = f"{ndc.code[:5]}-{ndc.code[5:9]}-{ndc.code[9:]}"
    if ndc.quantity is None:
        return Row(f"{told}, quantity not known", "I2")
    return Row(f"{told}, {ndc.quantity.normalize():f} {ndc.unit or ''}".rstrip(), "I2")


@lru_cache(maxsize=1024)
def _decided(key: str, value: str, rulebook: Rulebook) -> Row:
    """A policy value, with the question it answers."""
    question = rulebook.policy_keys.get(key)
    return Row(f"{key} = {value}", "" if question is None else question.statement)


def _is_undecided(step: Step) -> bool:
    """Whether the policy of the step had nothing to choose: a quotient without remainder is not rounded."""
    return step.kind == "drug_units" and _quotient(dict(step.values))["rounded"] == ""


@lru_cache(maxsize=1024)
def _behind(rule_ids: tuple[str, ...], rulebook: Rulebook) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """What stands behind these rules, and the days on which that was last read. KeyError for what is no rule."""
    checked = {rulebook.rules[rule_id].checked.isoformat() for rule_id in rule_ids}
    return tuple([_source(rule_id, rulebook) for rule_id in rule_ids]), tuple(sorted(checked))


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
