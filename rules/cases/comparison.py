"""A case coded, and held against its published answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from rules.cases.reading import DEFAULT_DATE, CaseError, Record, facts_of_case, is_drug_unit_case, one_or_more
from rules.engine import code_encounter
from rules.errors import RulebookError
from rules.facts import EncounterFacts
from rules.result import CodedLine, CodingResult
from rules.rulebook.model import Rulebook
from rules.vocabulary import Role

LineKey: TypeAlias = tuple[str, tuple[str, ...] | None]

OUTSIDE = "36430"
"""Transfusion: outside this family of codes, left out on both sides."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the engine gave for one case, and whether that is the published answer.

    `wanted` and `given` hold units by code, and by modifiers where those are compared.
    """

    case_id: str
    passed: bool
    wanted: Mapping[LineKey, Decimal]
    given: Mapping[LineKey, Decimal]
    result: CodingResult | None
    lines: tuple[CodedLine, ...] = ()
    not_billable: tuple[str, ...] = ()
    error: str = ""
    date_of_service: date = DEFAULT_DATE
    facts: EncounterFacts | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)


def run_case(case: Record, *, rulebook: Rulebook, electrolytes: frozenset[str] = frozenset()) -> Outcome:
    """Codes a case and compares; a case that cannot be read fails with its error, it never raises."""
    case_id = str(case.get("id"))
    try:
        facts = facts_of_case(case, electrolytes=electrolytes)
        overrides = _overrides(case)
        result = code_encounter(facts, rulebook=rulebook, overrides=overrides)
        wanted = _wanted(case)
    except (CaseError, RulebookError) as wrong:
        return Outcome(case_id, passed=False, wanted={}, given={}, result=None, error=str(wrong))
    lines = _compared_lines(case, result)
    with_modifiers = is_drug_unit_case(case) or any(key[1] for key in wanted)
    given = _totals([(line.code, line.modifiers, Decimal(line.units)) for line in lines])
    if not with_modifiers:
        wanted, given = _without_modifiers(wanted), _without_modifiers(given)
    billed = {one for line in lines for one in line.administrations}
    return Outcome(
        case_id,
        passed=wanted == given,
        wanted=wanted,
        given=given,
        result=result,
        lines=lines,
        not_billable=tuple(one.id for one in facts.administrations if one.id not in billed),
        date_of_service=facts.date_of_service,
        facts=facts,
        overrides=overrides,
    )


def _overrides(case: Record) -> dict[str, str]:
    policy = case.get("policy") or {}
    if not isinstance(policy, Mapping):
        message = f"policy: {policy!r} is not a mapping"
        raise CaseError(message)
    return {str(key): _policy_text(value) for key, value in policy.items()}


def _policy_text(value: object) -> str:
    text = str(value)
    return text.lower() if text in ("True", "False", "None") else text


def _compared_lines(case: Record, result: CodingResult) -> tuple[CodedLine, ...]:
    is_unit = is_drug_unit_case(case)
    return tuple(
        line for line in result.lines if line.code != OUTSIDE and (line.role in (Role.DRUG, Role.DISCARDED)) == is_unit
    )


def _wanted(case: Record) -> dict[LineKey, Decimal]:
    """The answer that the case is held against: where it disagrees, what the rules give today."""
    try:
        listed = (case.get("expected") or {}).get("lines")
        if case.get("soundness") == "disagrees":
            listed = case.get("current_lines")
        return _totals(
            [
                (
                    str(line["code"]),
                    tuple(str(one) for one in one_or_more(line.get("modifiers") or ())),
                    Decimal(str(line.get("units", 1))),
                )
                for line in listed or ()
                if str(line["code"]) != OUTSIDE
            ]
        )
    except (KeyError, TypeError, AttributeError, InvalidOperation) as wrong:
        message = f"expected lines: {wrong!r}"
        raise CaseError(message) from wrong


def _totals(lines: list[tuple[str, tuple[str, ...], Decimal]]) -> dict[LineKey, Decimal]:
    totals: dict[LineKey, Decimal] = {}
    for code, modifiers, units in lines:
        key = (code, tuple(sorted(modifiers)))
        totals[key] = totals.get(key, Decimal(0)) + units
    return totals


def _without_modifiers(lines: Mapping[LineKey, Decimal]) -> dict[LineKey, Decimal]:
    totals: dict[LineKey, Decimal] = {}
    for (code, _), units in lines.items():
        totals[code, None] = totals.get((code, None), Decimal(0)) + units
    return totals
