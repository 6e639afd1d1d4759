"""The order of the stages, and nothing else.

>>> from datetime import UTC, date, datetime
>>> from rules.facts import Administration, DrugFacts, EncounterFacts
>>> from rules.rulebook.loader import load_rulebook
>>> cefazolin = Administration(
...     id="a1", drug=DrugFacts("cefazolin", "therapeutic"), route="IV", technique="infusion",
...     start=datetime(2026, 1, 15, 10, 0, tzinfo=UTC), stop=datetime(2026, 1, 15, 11, 31, tzinfo=UTC),
... )
>>> facts = EncounterFacts("e1", date(2026, 1, 15), administrations=(cefazolin,))
>>> [(line.code, line.units) for line in code_encounter(facts, rulebook=load_rulebook()).lines]
[('96365', 1), ('96366', 1)]
"""

from collections.abc import Mapping
from types import MappingProxyType

from rules.errors import ParameterNotInForce
from rules.facts import EncounterFacts
from rules.result import CodingResult, Finding, NotBilled, Versions
from rules.rulebook.model import Rulebook
from rules.rulebook.policy import Policy
from rules.rulebook.terms import Terms
from rules.stages import (
    classify,
    diagnoses,
    documentation,
    doses,
    drug_lines,
    edits,
    hydration,
    infusions,
    initial,
    injections,
    modifiers,
    ndc_segment,
    pushes,
    screening,
    services,
)
from rules.vocabulary import FindingKind, Reason, Severity
from rules.worksheet.sheet import Worksheet
from rules.worksheet.steps import NEW, step

ENGINE_VERSION = "1.0"
NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})

STAGES = (
    screening.screen,
    classify.classify,
    services.gather,
    hydration.measure,
    initial.choose,
    infusions.code,
    pushes.code,
    hydration.code,
    injections.code,
    modifiers.apply,
    doses.gather,
    drug_lines.code,
    ndc_segment.attach,
    diagnoses.suggest,
    edits.check,
    documentation.check,
)


def code_encounter(
    facts: EncounterFacts, *, rulebook: Rulebook, overrides: Mapping[str, str] = NO_OVERRIDES
) -> CodingResult:
    """The lines that may be billed for an encounter, with every reason, finding and minute accounted for.

    The policy is that of the encounter's setting, payer and facility on its date of service; `overrides`
    puts policy keys to other values. Raises UnknownKey or BadValue for an override that is no such thing,
    and nothing else: odd facts lead to findings.
    """
    key = (facts.date_of_service, facts.setting, facts.payer, facts.facility)
    terms = None if overrides else rulebook.kept_terms.get(key)
    if terms is not None:
        return _coded(facts, rulebook, terms)
    in_force = rulebook.as_of(facts.date_of_service)
    policy = in_force.policy(setting=facts.setting, payer=facts.payer, facility=facts.facility, overrides=overrides)
    try:
        terms = in_force.terms(policy=policy, setting=facts.setting)
    except ParameterNotInForce as absent:
        return _nothing_in_force(facts, _versions(rulebook, policy), str(absent))
    if not overrides:
        rulebook.keep(key, terms)
    return _coded(facts, rulebook, terms)


def _versions(rulebook: Rulebook, policy: Policy) -> Versions:
    return Versions(ENGINE_VERSION, rulebook.version, policy.name, policy.layers, policy.values)


def _coded(facts: EncounterFacts, rulebook: Rulebook, terms: Terms) -> CodingResult:
    versions = terms.versions
    if versions is None:
        versions = terms.versions = _versions(rulebook, terms.policy)
    sheet = Worksheet(facts=facts, terms=terms)
    try:
        for stage in STAGES:
            stage(sheet)
    except ParameterNotInForce as absent:
        return _nothing_in_force(facts, versions, str(absent))
    answer = (
        facts.encounter_id,
        sheet.settled_lines(),
        sheet.settled_not_billed(),
        sheet.settled_findings(),
        sheet.settled_ledger(),
        tuple(sheet.unit_ledger),
        tuple(sheet.diagnoses),
        versions,
    )
    return NEW(CodingResult, answer)


def _nothing_in_force(facts: EncounterFacts, versions: Versions, absent: str) -> CodingResult:
    """On a date of service for which a rule value is missing nothing is coded, and that is said."""
    why = step("rule_not_in_force", "R25", what=absent)
    ids = tuple(sorted({str(given.id) for given in facts.administrations}))
    finding = Finding(FindingKind.RULE_NOT_IN_FORCE, Severity.BLOCKS, ids, why)
    return CodingResult(
        encounter_id=facts.encounter_id,
        lines=(),
        not_billed=tuple(NotBilled(one, Reason.RULE_NOT_IN_FORCE, why) for one in ids),
        findings=(finding,),
        minute_ledger=(),
        unit_ledger=(),
        diagnoses=(),
        versions=versions,
    )
