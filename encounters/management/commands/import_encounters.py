"""`manage.py import_encounters FILE`: what the intake page does, for files of any size."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from encounters import intake, tasks
from encounters.models import IntakeBatch

SHOWN = 50


class Command(BaseCommand):
    """Take in a CSV, JSON or XLSX file; docs/intake.md describes the columns."""

    help = (
        "Take in encounters from a CSV, JSON or XLSX file. "
        "Exits 1 when a record was refused, 2 when nothing could be read."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The file, where it comes from, and what it holds."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", default="file", help="name of the sending system (file)")
        parser.add_argument(
            "--format", choices=[each.value for each in intake.FileFormat], help="refuse the file if it is another"
        )
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take in, print the summary, and say by the exit code whether all went in."""
        named = intake.FileFormat(options["format"]) if options["format"] else None
        bar: tqdm[Any] = tqdm(unit=" rows", disable=options["quiet"])

        changed: list[int] = []

        def note(batch: IntakeBatch, outcomes: Mapping[int, intake.Outcome]) -> None:
            bar.update(batch.records - bar.n)
            changed.extend(pk for pk, found in outcomes.items() if found != intake.Outcome.UNCHANGED)

        try:
            with options["file"].open("rb") as file, bar:
                batch = intake.take_in_file(
                    file=file,
                    file_name=options["file"].name,
                    source=options["source"],
                    actor=None,
                    at=timezone.now(),
                    named_format=named,
                    progress=note,
                )
        except OSError as error:
            msg = f"{options['file']} cannot be opened: {error.strerror}"
            raise CommandError(msg, returncode=2) from error
        except intake.UnableToTakeIn as error:
            raise CommandError(str(error), returncode=2) from error
        tasks.nudge(encounter_ids=changed)
        self._report(batch)
        if batch.refused:
            sys.exit(1 if batch.records else 2)

    def _report(self, batch: IntakeBatch) -> None:
        refused = batch.refusals.order_by("line", "pk")
        for each in refused[:SHOWN]:
            place = ", ".join(filter(None, [f"line {each.line}" if each.line else "", each.column]))
            self.stderr.write(f"{place or 'file'}: {each.reason}")
        if (more := refused.count() - SHOWN) > 0:
            self.stderr.write(f"… and {more} more, on the page of batch {batch.pk}")
        self.stdout.write(
            f"{batch.records} rows read: {batch.encounters_new} encounters new, {batch.encounters_changed} changed, "
            f"{batch.encounters_unchanged} unchanged; {batch.administrations_kept} administrations kept, "
            f"{batch.refused} rows refused (batch {batch.pk})"
        )
