"""`manage.py demo_clinic`: a clinic with weeks of work done and a queue that waits, for a demonstration or for load."""

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from tqdm import tqdm

from encounters.samples.clinic import UnableToBuildClinic, build_clinic


class Command(BaseCommand):
    """Fill a clinic with plausible encounters: weeks, coders, payers, findings, pends, acceptances."""

    help = "Fill a clinic with N plausible encounters, coded, worked and waiting; the same for the same seed."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """How many, and which."""
        parser.add_argument("--encounters", type=int, required=True, help="encounters in all, finished ones included")
        parser.add_argument("--waiting", type=int, help="so many of them wait in the queue (one in 21)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same clinic (1)")
        parser.add_argument("--weeks", type=int, default=12, help="weeks over which dates of service spread (12)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build it, showing how far it is. Not while the database is migrated: each would wait for the other."""
        migrations = MigrationExecutor(connection)
        if migrations.migration_plan(migrations.loader.graph.leaf_nodes()):
            message = "The database is still to be migrated. Try again once `make run` is up."
            raise CommandError(message)
        now = timezone.now()
        bars: dict[str, tqdm[Any]] = {}

        def progress(what: str, done: int, of: int) -> None:
            bar = bars.setdefault(
                what, tqdm(total=of, desc=what, unit="", disable=None if options["verbosity"] else True)
            )
            bar.update(done - bar.n if done > bar.n else done)

        try:
            clinic = build_clinic(
                encounters=options["encounters"],
                waiting=options["waiting"],
                seed=options["seed"],
                weeks=options["weeks"],
                as_of=timezone.localdate(now),
                password=settings.DEMO_PASSWORD,
                at=now,
                progress=progress,
            )
        except UnableToBuildClinic as error:
            raise CommandError(str(error)) from error
        finally:
            for bar in bars.values():
                bar.close()
        if options["verbosity"]:
            self.stdout.write(
                f"{clinic.waiting:,} encounters wait and {clinic.finished:,} are finished: "
                f"{clinic.distinct:,} coded and worked one by one, {clinic.copies:,} copies of them"
            )
