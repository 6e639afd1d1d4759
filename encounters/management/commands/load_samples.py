"""`manage.py load_samples`: the demo content; loading it again changes nothing."""

import argparse
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from encounters.samples.loading import load_samples


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"{text} is not a date such as 2026-01-15"
        raise argparse.ArgumentTypeError(msg) from None


class Command(BaseCommand):
    """Load the starter formulary, locations, payers, demo users and synthetic encounters."""

    help = "Load the starter formulary, locations, payers, demo users and synthetic encounters; twice is once."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The day from which dates of service are counted back."""
        parser.add_argument("--as-of", type=_day, help="count dates of service back from this day (today)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what was loaded."""
        now = timezone.now()
        loaded = load_samples(
            as_of=options["as_of"] or timezone.localdate(now), password=settings.DEMO_PASSWORD, at=now
        )
        batch = loaded.batch
        if batch.refused:
            reasons = "; ".join(f"{each.column}: {each.reason}" for each in batch.refusals.all()[:5])
            msg = f"{batch.refused} sample records were refused: {reasons}"
            raise CommandError(msg)
        if options["verbosity"]:
            self.stdout.write(
                f"{batch.encounters_new} sample encounters loaded, {loaded.coded} coded, {loaded.users} users made"
            )
