"""A result as a whole text, and the documented example, which runs without Django."""

import subprocess
import sys
from datetime import date
from pathlib import Path

from hypothesis import given

from rules import report
from rules.counterfactual import with_counterfactuals
from rules.engine import code_encounter
from rules.facts import EncounterFacts
from rules.result import CodingResult
from rules.rulebook.loader import load_rulebook
from tests.factories.facts import SERVICE_DATE, coded, dose, encounter, fluid, infusion, push
from tests.factories.strategies import encounters

ROOT = Path(__file__).parents[2]
WITHOUT_DJANGO = """
import doctest, sys
sys.modules["django"] = None
failed, tried = doctest.testfile(sys.argv[1], module_relative=False, encoding="utf-8")
sys.exit(failed or not tried)
"""


def text(result: CodingResult, *, on: date = SERVICE_DATE) -> str:
    return report.as_text(report.sections(result, rulebook=load_rulebook(), on=on))


class TestReport:
    def test_tells_lines_with_numbers_policy_alternatives_and_sources(self) -> None:
        told = text(coded(infusion("a1", "drug a", 91), push("a2", "drug b", at="12:00")))
        assert "  96365 ×1  Drug infusion, first hour  (initial, of a1, 2026-01-15, access A, 91 min, $" in told
        assert "    numbers    91 running min, the initial service" in told
        assert "    lost       " in told
        assert "    source     Push or infusion: " in told
        assert "    checked    20" in told

    def test_tells_what_is_withheld_and_both_ledgers(self) -> None:
        told = text(coded(infusion("a1", "drug a", 91), fluid("a2", 30, at="12:00"), dose("77 mg")))
        assert "NOT BILLED\n\n  a2, 30 min: hydration under 31\n    why        " in told
        assert "MINUTES\n\n  a1: 91 min\n    60 min     96365-1\n    31 min     96366-1\n  a2: 30 min\n" in told
        assert "DRUG UNITS\n\n  J" in told

    def test_tells_findings_with_what_mending_them_would_change(self) -> None:
        facts = encounter(infusion("a1", "drug a", None))
        result = with_counterfactuals(
            code_encounter(facts, rulebook=load_rulebook()), facts=facts, rulebook=load_rulebook()
        )
        told = text(result)
        assert "Stop time missing, drug a (a1)\n    says       " in told
        assert "    if         If it stopped 10:16 to 11:30: 96365 instead of 96374" in told

    def test_says_which_edits_were_in_force(self) -> None:
        assert "NCCI edits MUE 2024Q3, PTP 2024Q3" in text(coded(infusion()))
        assert "none loaded for 2024-06-30, so units and pairs are not checked" in text(
            coded(infusion()), on=date(2024, 6, 30)
        )

    @given(encounters())
    def test_tells_every_line_finding_and_reason(self, facts: EncounterFacts) -> None:
        result = code_encounter(facts, rulebook=load_rulebook())
        found = {
            section.title: section.entries
            for section in report.sections(result, rulebook=load_rulebook(), on=facts.date_of_service)
        }
        assert len(found.get("Lines", ())) == len(result.lines)
        assert len(found.get("Not billed", ())) == len(result.not_billed)
        assert len(found.get("Findings", ())) == len(result.findings)
        assert report.as_text(report.sections(result, rulebook=load_rulebook(), on=facts.date_of_service))


def test_the_documented_example_runs_without_django() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_DJANGO, str(ROOT / "docs" / "using-the-engine.md")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
