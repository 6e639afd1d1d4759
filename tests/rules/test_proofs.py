"""Every rule has cases that fail without it: the ledger `coverage.yaml` names them, and here the rule is taken out."""

import re
from typing import Any

import pytest

from rules.cases.comparison import run_case
from rules.rulebook.loader import load_rulebook
from rules.rulebook.model import Rulebook
from tests.rules.proofs.mutation import Mutation
from tests.rules.proofs.table import CHARTS, MUTATIONS
from tests.rules.test_cases import CASES, ELECTROLYTES, read

PUBLISHED: dict[str, dict[str, Any]] = {case["id"]: case for case in read(CASES)}
COVERAGE = load_rulebook().coverage
SECTIONS_TO_PROVE = {*range(1, 10), 12}


def is_met(case: str, rulebook: Rulebook) -> bool:
    return run_case(PUBLISHED[case], rulebook=rulebook, electrolytes=ELECTROLYTES).passed


def noticing(rule: str, mutation: Mutation) -> set[str]:
    """Which of the cases and charts of the ledger are answered otherwise."""
    proof = COVERAGE[rule]
    with mutation.applied() as rulebook:
        return {case for case in proof.cases if not is_met(case, rulebook)} | {
            name for name in proof.charts if not CHARTS[rule][name].is_answered(rulebook)
        }


def sections_of(rule: str) -> set[int]:
    return {int(number) for number in re.findall(r"§(\d+)", load_rulebook().rules[rule].section)}


class TestLedger:
    def test_proves_every_rule_of_the_coding_rules_proper(self) -> None:
        assert not [
            rule
            for rule in load_rulebook().rules
            if sections_of(rule) & SECTIONS_TO_PROVE and not COVERAGE[rule].is_proven
        ]

    def test_says_of_every_rule_without_proof_why(self) -> None:
        unproven = {rule for rule, coverage in COVERAGE.items() if not coverage.is_proven}
        assert unproven == set(COVERAGE) - set(MUTATIONS)
        assert all(COVERAGE[rule].note and COVERAGE[rule].status == "absent" for rule in unproven)

    def test_names_charts_that_are_there(self) -> None:
        assert {rule: set(coverage.charts) for rule, coverage in COVERAGE.items() if coverage.charts} == {
            rule: set(charts) for rule, charts in CHARTS.items()
        }


class TestRule:
    @pytest.mark.parametrize("rule", MUTATIONS)
    def test_is_missed(self, rule: str) -> None:
        noticed = {mutation.without: noticing(rule, mutation) for mutation in MUTATIONS[rule]}
        assert [without for without, found in noticed.items() if not found] == []
        assert set.union(*noticed.values()) == {*COVERAGE[rule].cases, *COVERAGE[rule].charts}

    @pytest.mark.parametrize("rule", MUTATIONS)
    def test_is_followed(self, rule: str) -> None:
        rulebook = load_rulebook()
        assert [case for case in COVERAGE[rule].cases if not is_met(case, rulebook)] == []
        assert [name for name in COVERAGE[rule].charts if not CHARTS[rule][name].is_answered(rulebook)] == []


def test_a_mutation_of_what_is_not_there_is_refused() -> None:
    gone = Mutation(without="a part", code={"rules.stages.screening.no_such_part": None})
    with pytest.raises(AttributeError, match="no_such_part"), gone.applied():
        pass
