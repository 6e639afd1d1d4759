"""Sentences: every step of every published case and of random encounters is told, with its numbers."""

import ast
import string
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from rules import explain
from rules.engine import code_encounter
from rules.errors import RulebookError
from rules.facts import EncounterFacts
from rules.result import CodedLine, Counterfactual, Finding, NdcLine, Step
from rules.rulebook.loader import load_rulebook
from rules.sentences import REASON_WORDS, SENTENCES, TITLES
from rules.snapshot import facts_from_json, facts_to_json, result_from_json, result_to_json
from rules.vocabulary import FindingKind, LineFamily, Role, Severity
from tests.factories.facts import chemo, coded, dose, encounter, fluid, infusion, push
from tests.factories.strategies import encounters, policies

STAGES = Path(__file__).parents[2] / "rules"


def kinds_written() -> set[str]:
    """First arguments of `step` and `chose` that stand in the source as text."""
    found = set()
    for path in STAGES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in {"step", "chose", "Step"} and isinstance(node.args[0].value, str):
                    found.add(node.args[0].value)
    return found


class TestSentences:
    @pytest.mark.parametrize("kind", sorted(SENTENCES))
    def test_have_a_dash_for_what_an_older_step_lacks(self, kind: str) -> None:
        wanted = {name for _, name, _, _ in string.Formatter().parse(SENTENCES[kind]) if name}
        assert explain.sentence(Step(kind, "A1")).count("–") >= len(wanted)

    def test_are_there_for_every_step_in_the_source(self) -> None:
        assert not kinds_written() - set(SENTENCES)

    def test_are_there_for_every_finding(self) -> None:
        assert set(TITLES) == {kind.value for kind in FindingKind}

    def test_are_words_without_a_full_stop(self) -> None:
        wrong = [kind for kind, text in {**SENTENCES, **REASON_WORDS}.items() if not text or text.endswith(".")]
        assert not wrong
        assert all(list(string.Formatter().parse(text)) for text in SENTENCES.values())

    @given(encounters(), policies())
    def test_tell_every_step(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        rulebook = load_rulebook()
        result = code_encounter(facts, rulebook=rulebook, overrides=policy)
        for line in result.lines:
            told = explain.line_explanation(line, rulebook=rulebook)
            assert len(told.numbers) == len(line.steps)
            assert len(told.lost) == len(line.lost)
            assert {row.aside for row in told.numbers} == set(explain.rules_of(line))
            assert told.sources
        for finding in result.findings:
            assert explain.finding_text(finding).endswith(".")
            assert explain.finding_mend(finding) == "" or explain.finding_mend(finding).endswith(".")
            assert explain.finding_title(finding)
        assert all(explain.not_billed_why(row) for row in result.not_billed)


class TestSentence:
    @pytest.mark.parametrize(
        ("administrations", "said"),
        [
            ([infusion(minutes=151)], "151 running min: 91 earns one, 151 earns two"),
            ([infusion(minutes=91)], "91 running min: 91 earns one"),
            (
                [push(), fluid("a2", 91, at="11:00")],
                "91 min beside another initial service: 31 earns one, 91 earns two",
            ),
            ([push(), push("a2", at="10:45")], "drug a again 45 min after the last one ended"),
            ([dose("77 mg")], "77 mg ÷ 10 mg = 7.7, rounded to 8"),
            ([dose("70 mg")], "70 mg ÷ 10 mg = 7"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_holds_the_numbers(self, administrations: list[Any], said: str) -> None:
        result = coded(*administrations)
        assert said in {explain.sentence(step) for line in result.lines for step in line.steps}

    @pytest.mark.parametrize(
        ("second", "said"),
        [
            (push("a2", at="10:20"), "drug a again 20 min after the last one ended, too soon to count"),
            (push("a2", at="10:05"), "drug a again while the last one still ran, too soon to count"),
            (push("a2", at=None, minutes=None), "drug a again at an unknown time, too soon to count"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_says_how_long_after(self, second: Any, said: str) -> None:
        first = push(minutes=0 if "20 min" in said else 10)
        assert [explain.not_billed_why(row) for row in coded(first, second).not_billed] == [said]

    def test_of_a_kind_that_is_no_longer_written_says_its_values(self) -> None:
        assert explain.sentence(Step("old_thought", "B1", (("minutes", 5),))) == "old thought: minutes 5"
        assert explain.sentence(Step("old_thought", "B1")) == "old thought"
        assert explain.sentence(Step("inpatient", "R2")) == SENTENCES["inpatient"]
        assert explain.sentence(Step("lesions", "C13")) == "– lesions"

    def test_says_what_is_wrong_with_a_time(self) -> None:
        (finding,) = coded(infusion(minutes=-5)).findings
        assert explain.finding_text(finding) == "The times of drug a cannot be right: it stops before it starts."
        assert explain.finding_title(finding) == "Times cannot be right, drug a"
        assert explain.finding_mend(finding) == "Correct the times in an addendum."


class TestLines:
    def test_without_steps_say_nothing(self) -> None:
        line = coded(infusion()).lines[0]
        bare = CodedLine("k", "96365", 1, Role.INITIAL, line.family, ("a1",), line.date_of_service)
        assert explain.line_why(bare) == ""
        assert explain.line_why(line)

    def test_refuse_a_rule_that_is_none(self) -> None:
        line = coded(infusion()).lines[0]
        odd = CodedLine(
            "k", "96365", 1, Role.INITIAL, line.family, ("a1",), line.date_of_service, steps=(Step("paused", "Z99"),)
        )
        with pytest.raises(RulebookError, match="Z99"):
            explain.line_explanation(odd, rulebook=load_rulebook())

    def test_name_the_policy_value_that_decided(self) -> None:
        line = coded(chemo(minutes=91)).lines[1]
        told = explain.line_explanation(line, rulebook=load_rulebook())
        assert [row.text for row in told.decided_by] == ["same_drug_runs = sum"]


class TestCounterfactuals:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ((("96367", (), 0, 1), ("96375", (), 1, 0)), "96367 instead of 96375"),
            ((("96366", (), 0, 2),), "96366 ×2 more"),
            ((("96365", ("59",), 1, 0),), "96365-59 less"),
            ((), "as suggested"),
        ],
        ids=str,
    )
    def test_say_what_would_change(self, changes: Any, said: str) -> None:
        one = Counterfactual(Step("mend_time", "R5"), changes)
        assert explain.counterfactual_change(one) == said
        assert explain.counterfactual_condition(one) == "correct the times in an addendum"

    def test_ask_their_question(self) -> None:
        plain = Finding(FindingKind.UNLISTED, Severity.WARNS, (), Step("paused", "B8"))
        assert explain.counterfactual_question(plain).startswith("If")


class TestSnapshot:
    @pytest.mark.parametrize("text", ["[]", "{}", '{"lines": 1}', '{"nothing": 1}', "{"])
    def test_refuses_what_it_did_not_write(self, text: str) -> None:
        with pytest.raises(ValueError, match=r".+"):
            facts_from_json(text)
        with pytest.raises(ValueError, match=r".+"):
            result_from_json(text)

    def test_brings_facts_and_results_back(self) -> None:
        facts = encounter(infusion(minutes=91), dose("77 mg", key="a2"))
        assert facts_from_json(facts_to_json(facts)) == facts
        result = coded(infusion(minutes=91), dose("77 mg", key="a2"))
        assert result_from_json(result_to_json(result)) == result


def test_a_drug_line_tells_every_package_behind_it() -> None:
    line = CodedLine(
        key="J0690-1",
        code="J0690",
        units=2,
        role=Role.DRUG,
        family=LineFamily.THERAPEUTIC,
        administrations=("a1",),
        date_of_service=date(2026, 1, 15),
        ndc=NdcLine("00781345170", Decimal("4.50"), "ML"),
        further_ndcs=(NdcLine("00143992490", None, None),),
    )
    told = explain.line_explanation(line, rulebook=load_rulebook())
    assert [row.text for row in told.ndcs] == ["00781-3451-70, 4.5 ML", "00143-9924-90, quantity not known"]
