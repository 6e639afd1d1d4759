"""`manage.py explain FILE`: what is suggested, why, what is withheld, what is found, and both ledgers, in words."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from drugs.formulary.starter import seeded_electrolytes
from encounters import rehearsal, worked_cases
from encounters.installed import load_rulebook
from rules import report
from rules.cases.comparison import run_case
from rules.counterfactual import with_counterfactuals

WORKED_CASES = (".yaml", ".yml")


class Command(BaseCommand):
    """Nothing is stored; an encounter of an intake file is coded by the formulary of this instance."""

    help = "Explain how worked cases (YAML; no database needed) or encounters of an intake file (JSON) are coded."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and which of its cases."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--id", help="explain only this case or encounter")

    def handle(self, *args: Any, **options: Any) -> None:
        """Explain each in the order of the file."""
        file: Path = options["file"]
        told = _of_cases(file) if file.suffix in WORKED_CASES else _of_encounters(file)
        wanted = {name: text for name, text in told.items() if options["id"] in (None, name)}
        if not wanted:
            message = f"{file} holds nothing to explain" + (f" called {options['id']}" if options["id"] else "")
            raise CommandError(message)
        for name, text in wanted.items():
            self.stdout.write(f"{name}\n\n{text}")


def _of_cases(file: Path) -> dict[str, str]:
    rulebook, electrolytes = load_rulebook(), seeded_electrolytes()
    told: dict[str, str] = {}
    try:
        cases = worked_cases.read_cases(file)
    except worked_cases.UnableToReadCases as wrong:
        raise CommandError(str(wrong)) from wrong
    for case in cases:
        outcome = run_case(case, rulebook=rulebook, electrolytes=electrolytes)
        if outcome.result is None or outcome.facts is None:
            told[outcome.case_id] = f"{outcome.error}\n"
            continue
        result = with_counterfactuals(
            outcome.result, facts=outcome.facts, rulebook=rulebook, overrides=outcome.overrides
        )
        told[outcome.case_id] = report.as_text(report.sections(result, rulebook=rulebook, on=outcome.date_of_service))
    return told


def _of_encounters(file: Path) -> dict[str, str]:
    try:
        with file.open("rb") as opened:
            found = rehearsal.rehearse(file=opened, file_name=file.name, at=timezone.now())
    except OSError as wrong:
        message = f"{file} cannot be opened: {wrong.strerror}"
        raise CommandError(message) from wrong
    except rehearsal.UnableToRehearse as wrong:
        raise CommandError(str(wrong)) from wrong
    rulebook = load_rulebook()
    return {
        one.name: report.as_text(report.sections(one.result, rulebook=rulebook, on=one.date_of_service))
        for one in found
    }
