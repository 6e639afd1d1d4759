"""`manage.py replay --sample N`: stored runs are asked again, byte for byte."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from encounters import replay
from encounters.models import CodingRun

AT_ONCE = 500


class Command(BaseCommand):
    """Ends with an error where a run says something else than it did."""

    help = "Replay stored coding runs with the facts and rules that made them, and compare byte for byte."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, which, or one."""
        parser.add_argument("--sample", type=int, metavar="N", help="so many, drawn at random; without it all")
        parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same runs (default: 1)")
        parser.add_argument("--run", type=int, help="the one run with this id")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the figures, and each run that differs on a line."""
        begun = time.perf_counter()
        ids = self._ids(options)
        identical, differing, engines, older = 0, 0, 0, 0
        for first in range(0, len(ids), AT_ONCE):
            for run in CodingRun.objects.filter(pk__in=ids[first : first + AT_ONCE]).order_by("pk"):
                try:
                    found = replay.replay(run=run)
                except replay.UnableToReplay as error:
                    differing += 1
                    self.stdout.write(f"run {run.pk} of encounter {run.encounter_id}: {error}")
                    continue
                engines += not found.is_same_engine
                older += not found.is_rulebook_installed
                identical += found.is_identical
                if not found.is_identical:
                    differing += 1
                    parts = ", ".join(found.differences)
                    by = "" if found.is_same_engine else f" (made by engine {run.engine_version})"
                    self.stdout.write(f"run {run.pk} of encounter {run.encounter_id} differs{by}: {parts}")
        took = max(time.perf_counter() - begun, 1e-6)
        self.stdout.write(
            f"{len(ids):,} runs in {took:.1f} s, {len(ids) / took:,.0f} a second: {differing:,} differences"
        )
        if older:
            self.stdout.write(f"{older:,} of them with kept rules that are no longer installed")
        if engines:
            self.stdout.write(f"{engines:,} of them were made by another engine: all but its version was compared")
        if differing:
            message = f"{differing} runs differ."
            raise CommandError(message)

    def _ids(self, options: dict[str, Any]) -> list[int]:
        if options["run"] is not None:
            return [int(options["run"])]
        if options["sample"] is not None:
            return replay.sample(number=options["sample"], seed=options["seed"])
        return list(CodingRun.objects.order_by("pk").values_list("pk", flat=True))
