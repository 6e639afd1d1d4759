"""Worked cases beside their sources: what is told of each, and the page made of it."""

from typing import Any

import pytest

from rules.cases.conformance import CheckedCase, Conformance, as_markdown, check_all
from rules.rulebook.loader import load_rulebook

INFUSION = {"id": "a1", "drug": "drug a", "kind": "therapeutic", "route": "IV", "technique": "infusion", "minutes": 60}
SOURCE = {"publisher": "St. Elsewhere", "title": "Reading [sic]", "url": "https://example.org/1", "year": 2024}


def case(key: str = "c1", code: str = "96365", **fields: Any) -> dict[str, Any]:
    return {
        "id": key,
        "question": "one | infusion",
        "source": SOURCE,
        "administrations": [INFUSION],
        "expected": {"lines": [{"code": code, "units": 1}]},
        "soundness": "agrees",
        **fields,
    }


def checked(*cases: dict[str, Any]) -> Conformance:
    return check_all(cases, rulebook=load_rulebook(), electrolytes=frozenset())


def only(found: Conformance) -> CheckedCase:
    [one] = found.cases
    return one


class TestCheckAll:
    def test_tells_source_question_and_both_answers(self) -> None:
        found = only(checked(case(code="96413")))
        assert (found.publisher, found.title, found.year) == ("St. Elsewhere", "Reading [sic]", "2024")
        assert (found.published, found.ours, found.is_met) == ("96413", "96365", False)

    def test_tells_units_modifiers_and_the_question_of_a_case_of_units(self) -> None:
        unit_case = {
            "id": "u1",
            "drug": "drug b",
            "hcpcs": "J9035",
            "per": "10 mg",
            "dose": "70 mg",
            "containers": [{"size": "100 mg", "count": 1, "single_dose": True}],
            "expected": {"lines": [{"code": "J9035", "units": 7}, {"code": "J9035", "units": 3, "modifiers": ["JW"]}]},
        }
        found = only(checked(unit_case))
        assert found.question == "drug b, J9035 per 10 mg: 70 mg given of 1 × 100 mg"
        assert found.published == found.ours == "J9035 ×7, J9035-JW ×3"
        assert found.is_met
        assert found.publisher == "Unnamed"

    def test_a_case_may_ask_without_words(self) -> None:
        found = only(checked(case(question=None)))
        assert found.question == ""

    def test_runs_a_case_under_its_policy_and_says_which(self) -> None:
        found = only(checked(case(policy={"jz": False, "midnight_dating": "split"}, soundness="policy")))
        assert found.policy == "jz = false, midnight_dating = split"

    def test_counts_by_publisher_and_soundness(self) -> None:
        disputed = case("c2", "96413", soundness="disagrees", soundness_note="Why", current_lines=[{"code": "96365"}])
        other = case("c4", source={"publisher": "Another"})
        found = checked(case(), disputed, case("c3", exclude="no times"), other)
        assert [(one.name, one.asked, one.met, one.excluded) for one in found.publishers] == [
            ("Another", 1, 1, 0),
            ("St. Elsewhere", 2, 2, 1),
        ]
        assert (found.total.agrees, found.total.policy, found.total.disagrees) == (2, 0, 1)
        assert [one.id for one in found.disputes] == ["c2"]
        assert [one.id for one in found.answered] == ["c4", "c1"]
        assert [one.id for one in found.excluded] == ["c3"]

    @pytest.mark.parametrize(
        "broken", [{"administrations": "none"}, {"expected": {"lines": "x"}}, {"policy": ["jz"]}], ids=str
    )
    def test_a_case_that_cannot_be_read_says_so(self, broken: dict[str, Any]) -> None:
        found = only(checked(case(**broken)))
        assert found.error
        assert not found.is_met
        assert "not read: " in as_markdown(checked(case(**broken)))


class TestAsMarkdown:
    def test_lists_disputes_apart_with_their_reason(self) -> None:
        disputed = case("c2", "96413", soundness="disagrees", soundness_note="Why", current_lines=[{"code": "96365"}])
        text = as_markdown(checked(case("c1"), disputed, case("c3", "96413"), case("c4", exclude="no times")))
        before, _, after = text.partition("## As published")
        assert "| c2 | [St. Elsewhere, Reading \\[sic\\], 2024](https://example.org/1) | one \\| infusion |" in before
        assert "| 96413 | 96365 | Why |" in before
        assert "| 96413 | **not met:** 96365 |  |" in after
        assert "| c4 |" in after.partition("## Not asked")[2]
        assert text.startswith("# Conformance\n\nPublished questions")
        assert "2 of 3 answers are as expected" in text
