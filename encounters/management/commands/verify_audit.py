"""`manage.py verify_audit`: every event of the trail is proven, and what was tampered with is located."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from encounters.audit import verification


class Command(BaseCommand):
    """Ends with an error where anything is wrong."""

    help = "Verify the audit trail: find and locate edits, inserts, deletes, changes of order and cut tails."

    def add_arguments(self, parser: CommandParser) -> None:
        """One stream only, and whether the trail is told."""
        parser.add_argument("--encounter", type=int, help="only the events of this encounter, without checkpoints")
        parser.add_argument("--record", action="store_true", help="record in the trail that it was verified")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the figures, and each finding on a line."""
        begun = time.perf_counter()
        if options["encounter"] is not None:
            found = verification.verify_stream(stream=options["encounter"])
        elif options["record"]:
            found = verification.verify_and_record(at=timezone.now())
        else:
            found = verification.verify()
        took = max(time.perf_counter() - begun, 1e-6)
        self.stdout.write(
            f"{found.events:,} events in {found.streams:,} streams, {found.checkpoints:,} checkpoints: "
            f"{took:.2f} s, {found.events / took:,.0f} a second"
        )
        for finding in found.findings:
            self.stdout.write(str(finding))
        if not found.is_sound:
            message = f"The trail was tampered with: {len(found.findings)} findings."
            raise CommandError(message)
        self.stdout.write("Every event is as it was written, and none is missing.")
