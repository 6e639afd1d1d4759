"""No input, however odd, raises: it gives findings, reasons or lines (coding-rules section 17)."""

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import explain
from rules.cases.comparison import run_case
from rules.counterfactual import with_counterfactuals
from rules.engine import code_encounter
from rules.facts import EncounterFacts
from rules.rulebook.loader import load_rulebook
from rules.snapshot import facts_from_json, facts_to_json, result_to_json
from tests.factories.malformed import MALFORMED, malformed
from tests.factories.strategies import policies

MANY = 100_000 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 1_000
LARGEST_COLUMN = 2**31 - 1
"""What a row of a line can hold as units."""

ADMINISTRATION_KEYS = (
    *("id", "drug", "kind", "hormonal", "route", "technique", "start", "stop", "minutes", "segments", "pauses", "site"),
    *(
        "bag",
        "purpose",
        "status",
        "visit",
        "order",
        "dose",
        "volume",
        "rate",
        "implanted",
        "lesions",
        "new_setup",
        "tap",
    ),
)
CASE_KEYS = (
    *("id", "policy", "date_of_service", "expected", "soundness", "current_lines", "setting", "primary_reason"),
    *("accesses", "encounter", "inpatient_order", "diagnoses", "administrations", "drug", "hcpcs", "per", "dose"),
    *("containers", "discarded", "ndc"),
)
SCALARS: list[Any] = [
    *(
        None,
        "",
        "x",
        "D1 10:00",
        "D1 99:99",
        "D0 00:00",
        "D9999 23:59",
        "10 mg",
        "1,,0 mg",
        "-5 mg",
        "chemo",
        "facility",
    ),
    *(0, 1, -1, 10**12, 1.5, float("nan"), float("inf"), True, False, "2026-13-01", "9999-12-31", "0001-01-01", "IV"),
    *("hydration", "infusion", "therapeutic", b"x"),
]
LINES: list[Any] = [
    [{"code": "96365", "units": "x"}],
    [{"units": 1}],
    ["96365"],
    {"lines": [{"code": 96365, "units": None, "modifiers": 5}]},
    {"lines": [{"code": "96365", "modifiers": ["59", None]}]},
]
SHAPES: list[Any] = [
    *([], {}, [None], [[]], [["D1 10:00"]], [["D1 10:00", "D1 11:00"]], [["D1 11:00", "D1 10:00"]], {"a": "b"}),
    *([{}], [{"label": None}], [{"size": "10 mg"}], [{"size": None}], [{"size": "10 mg", "count": "many"}]),
    *({"start": "D1 10:00"}, {"label": "1-2-3", "quantity": "many"}, {"jz": "false"}, {"jz": None}, {"nothing": 1}),
]
ODD = st.sampled_from([*SCALARS, *SHAPES, *LINES])
RECORDS = st.dictionaries(st.sampled_from(ADMINISTRATION_KEYS), ODD, max_size=10)
RUNNING = st.fixed_dictionaries(
    {"kind": st.sampled_from(["therapeutic", "chemo", "hydration"]), "route": st.just("IV")},
    optional={key: ODD for key in ADMINISTRATION_KEYS if key not in {"kind", "route"}},
)
CASES = st.dictionaries(st.sampled_from(CASE_KEYS), ODD, max_size=8)
ENCOUNTERS = st.tuples(CASES, st.lists(st.one_of(RECORDS, RUNNING), max_size=4)).map(
    lambda pair: {**pair[0], "administrations": pair[1]}
)


class TestCodeEncounter:
    @given(MALFORMED, policies())
    def test_raises_for_no_facts(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        result = code_encounter(facts, rulebook=load_rulebook(), overrides=policy)
        text = result_to_json(result)
        again = code_encounter(facts, rulebook=load_rulebook(), overrides=policy)
        assert result_to_json(again) == text

    def test_raises_for_none_of_many(self) -> None:
        rulebook = load_rulebook()
        for seed in range(MANY):
            facts = malformed(seed)
            result = code_encounter(facts, rulebook=rulebook)
            told = {row.administration for row in result.not_billed}
            told.update(one for line in result.lines for one in line.administrations)
            assert told >= {str(one.id) for one in facts.administrations}, seed
            assert all(line.units <= LARGEST_COLUMN for line in result.lines), seed

    @given(MALFORMED)
    def test_can_be_explained_whatever_was_charted(self, facts: EncounterFacts) -> None:
        rulebook = load_rulebook()
        result = with_counterfactuals(code_encounter(facts, rulebook=rulebook), facts=facts, rulebook=rulebook)
        for line in result.lines:
            assert explain.line_why(line)
            assert explain.line_explanation(line, rulebook=rulebook).numbers
        assert all(explain.not_billed_why(row) for row in result.not_billed)
        assert all(explain.finding_title(one) and explain.finding_text(one) for one in result.findings)

    @given(MALFORMED)
    def test_facts_survive_their_snapshot(self, facts: EncounterFacts) -> None:
        text = facts_to_json(facts)
        assert facts_to_json(facts_from_json(text)) == text


class TestRunCase:
    @given(CASES)
    def test_fails_and_says_why_for_a_unit_case_that_cannot_be_read(self, case: dict[str, Any]) -> None:
        outcome = run_case(case, rulebook=load_rulebook())
        assert outcome.error or outcome.result is not None

    @given(ENCOUNTERS)
    def test_fails_and_says_why_for_an_encounter_that_cannot_be_read(self, case: dict[str, Any]) -> None:
        outcome = run_case(case, rulebook=load_rulebook())
        assert outcome.error or outcome.result is not None

    @pytest.mark.parametrize(
        ("case", "wrong"),
        [
            ({"administrations": [{"kind": "potion"}]}, "kind"),
            ({"administrations": "none"}, "administrations"),
            ({"administrations": [3]}, "administrations"),
            ({"administrations": [], "setting": "spa"}, "setting"),
            ({"administrations": [{"kind": "chemo", "start": "10:00"}]}, "start"),
            ({"administrations": [{"kind": "chemo", "segments": "D1 10:00"}]}, "segments"),
            ({"administrations": [{"kind": "chemo", "pauses": [["D1 10:00"]]}]}, "pauses"),
            ({"administrations": [{"kind": "chemo", "minutes": "many"}]}, "minutes"),
            ({"administrations": [{"kind": "chemo", "visit": "x"}]}, "visit"),
            ({"administrations": [{"kind": "chemo", "lesions": "x"}]}, "lesions"),
            ({"administrations": [{"kind": "chemo", "dose": "much"}]}, "dose"),
            ({"administrations": [], "date_of_service": "soon"}, "date_of_service"),
            ({"administrations": [], "policy": {"jz": "maybe"}}, "jz"),
            ({"administrations": [], "policy": {"nothing": 1}}, "nothing"),
            ({"administrations": [], "policy": ["jz"]}, "policy"),
            ({"administrations": [], "encounter": "D1"}, "encounter"),
            ({"administrations": [], "accesses": [3]}, "accesses"),
            ({"drug": "drug d", "dose": "1 mg"}, "per"),
            ({"per": "1 mg", "containers": [{}]}, "size"),
            ({"per": "1 mg", "containers": [{"size": "1 mg", "count": "x"}]}, "count"),
            ({"per": "1 mg", "ndc": {"label": "1", "quantity": "x"}}, "quantity"),
            ({"per": "1 mg", "expected": {"lines": [{"units": 1}]}}, "expected"),
            ({"per": "1 mg", "expected": [1]}, "expected"),
        ],
        ids=lambda value: value if isinstance(value, str) else repr(value),
    )
    def test_names_the_key_that_is_wrong(self, case: dict[str, Any], wrong: str) -> None:
        outcome = run_case({"id": "odd", **case}, rulebook=load_rulebook())
        assert not outcome.passed
        assert outcome.case_id == "odd"
        assert wrong in outcome.error
