"""`manage.py checkpoint_audit`: the heads of the trail are signed and written outside the database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from encounters.audit import checkpoints


class Command(BaseCommand):
    """Writes a file into CHECKPOINT_DIR."""

    help = "Write a signed checkpoint of the audit trail into CHECKPOINT_DIR."

    def handle(self, *args: Any, **options: Any) -> None:
        """Says which checkpoint was written."""
        try:
            written = checkpoints.write(at=timezone.now())
        except checkpoints.UnableToTrustCheckpoints as error:
            raise CommandError(str(error)) from error
        if written is None:
            self.stdout.write("Nothing has happened since the last checkpoint.")
        else:
            self.stdout.write(
                f"Checkpoint {written.number}: {written.events:,} events, {len(written.heads):,} heads moved"
            )
