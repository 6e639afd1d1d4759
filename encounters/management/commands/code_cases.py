"""manage.py code_cases FILE...: published worked cases through the engine, each difference printed."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from drugs.formulary.starter import seeded_electrolytes
from encounters import worked_cases
from encounters.installed import load_rulebook
from rules.cases import comparison

SOUNDNESS = ("agrees", "policy", "disagrees", "all")


class Command(BaseCommand):
    """Ends with `N passed, M failed`; exit code 1 where any failed."""

    help = "Runs worked cases (YAML) through the engine and compares them with the published answers."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The files, which of their cases to run, and where to write the answers."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--soundness", choices=SOUNDNESS, help="which cases to run; default: all but disagrees")
        parser.add_argument("--json", type=Path, metavar="OUT", help="write each case's answer here")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the cases in the order of the files."""
        wanted: str | None = options["soundness"]
        rulebook, electrolytes = load_rulebook(), seeded_electrolytes()
        report: list[dict[str, Any]] = []
        passed = failed = skipped = 0
        for case in (case for file in options["files"] for case in _cases(file)):
            if case.get("exclude"):
                skipped += 1
                self.stdout.write(f"skipped {case.get('id')}: {case['exclude']}")
                continue
            if not _is_wanted(case, wanted):
                continue
            outcome = comparison.run_case(case, rulebook=rulebook, electrolytes=electrolytes)
            passed, failed = passed + outcome.passed, failed + (not outcome.passed)
            if not outcome.passed:
                self.stdout.write(_difference(case, outcome))
            elif case.get("soundness") == "disagrees":
                self.stdout.write(_dispute(case, outcome))
            report.append(_report(case, outcome))
        if options["json"] is not None:
            text = json.dumps(report, ensure_ascii=False, indent=1)
            options["json"].write_text(text + "\n", encoding="utf-8")
        if skipped:
            self.stdout.write(f"{skipped} skipped")
        self.stdout.write(f"{passed} passed, {failed} failed")
        if failed:
            raise SystemExit(1)


def _cases(file: Path) -> list[Mapping[str, Any]]:
    try:
        return worked_cases.read_cases(file)
    except worked_cases.UnableToReadCases as wrong:
        raise CommandError(str(wrong)) from wrong


def _is_wanted(case: Mapping[str, Any], wanted: str | None) -> bool:
    soundness = case.get("soundness", "agrees")
    if wanted is None:
        return bool(soundness != "disagrees")
    return wanted in ("all", soundness)


def _difference(case: Mapping[str, Any], outcome: comparison.Outcome) -> str:
    head = f"FAILED {outcome.case_id}: {case.get('question') or case.get('drug') or ''}"
    if outcome.error:
        return f"{head}\n  {outcome.error}"
    rows = [head]
    for key in sorted({*outcome.wanted, *outcome.given}, key=str):
        wanted, given = outcome.wanted.get(key, 0), outcome.given.get(key, 0)
        mark = " " if wanted == given else "*"
        rows.append(f"  {mark} {_name(key):12} wanted ×{wanted}, given ×{given}")
    return "\n".join(rows)


def _name(key: comparison.LineKey) -> str:
    code, modifiers = key
    return "-".join([code, *(modifiers or ())])


def _dispute(case: Mapping[str, Any], outcome: comparison.Outcome) -> str:
    published = (case.get("expected") or {}).get("lines") or []
    told = ", ".join(
        "-".join([str(line.get("code")), *map(str, line.get("modifiers") or ())]) + f" ×{line.get('units', 1)}"
        for line in published
    )
    ours = ", ".join(f"{_name(key)} ×{units}" for key, units in sorted(outcome.given.items(), key=str))
    return f"disputed {outcome.case_id}: published {told or 'nothing'}; ours {ours or 'nothing'}"


def _report(case: Mapping[str, Any], outcome: comparison.Outcome) -> dict[str, Any]:
    findings = () if outcome.result is None else outcome.result.findings
    reasons = () if outcome.result is None else outcome.result.not_billed
    return {
        "id": outcome.case_id,
        "soundness": case.get("soundness", "agrees"),
        "passed": outcome.passed,
        "error": outcome.error or None,
        "lines": [
            {
                "code": line.code,
                "units": line.units,
                "modifiers": list(line.modifiers),
                "for": list(line.administrations),
                "dos": f"D{(line.date_of_service - outcome.date_of_service).days + 1}",
            }
            for line in outcome.lines
        ],
        "not_billable": list(outcome.not_billable),
        "reasons": [
            {"administration": one.administration, "reason": one.reason.value, "minutes": one.minutes}
            for one in reasons
        ],
        "findings": [finding.kind.value for finding in findings],
    }
