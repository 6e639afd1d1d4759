"""`manage.py conformance --out docs/conformance.md`: every published case, its source, its answer and ours."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from encounters import worked_cases
from rules.cases.conformance import as_markdown


class Command(BaseCommand):
    """Writes the page; exits 1 when an answer is not the one expected."""

    help = "Write the page of published cases with our answers. Exits 1 when one is not as expected."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the page goes."""
        parser.add_argument("--out", type=Path, help="file to write (standard output)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask every case and write the page."""
        try:
            found = worked_cases.checked()
        except worked_cases.UnableToReadCases as wrong:
            raise CommandError(str(wrong)) from wrong
        if found is None:
            message = f"{worked_cases.folder()} holds no cases"
            raise CommandError(message)
        text = as_markdown(found)
        if options["out"] is None:
            self.stdout.write(text, ending="")
        else:
            options["out"].write_text(text, encoding="utf-8")
            self.stdout.write(f"{found.total.met} of {found.total.asked} answers as expected: {options['out']}")
        if found.total.met != found.total.asked:
            raise SystemExit(1)
