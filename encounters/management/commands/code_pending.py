"""`manage.py code_pending`: what waits to be coded is coded here and now, without a worker."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from encounters import coding
from encounters.models import Encounter
from encounters.models.encounter import CodingState
from encounters.review import preparation


class Command(BaseCommand):
    """Codes every pending encounter, the longest waiting first."""

    help = "Code every pending encounter here and now, without a worker."

    def add_arguments(self, parser: CommandParser) -> None:
        """The one option."""
        parser.add_argument("--failed", action="store_true", help="try those again that could not be coded")

    def handle(self, *args: Any, **options: Any) -> None:
        """Codes them one by one, each in a transaction of its own."""
        if options["failed"]:
            count = coding.try_failed_again(at=timezone.now())
            self.stdout.write(f"{count} failed encounters are tried again")
        pending = Encounter.objects.filter(coding_state=CodingState.PENDING).order_by("received_at", "pk")
        coded = failed = 0
        for encounter_id in pending.values_list("pk", flat=True):
            if preparation.code(encounter_id=encounter_id, at=timezone.now()):
                coded += 1
            elif Encounter.objects.filter(pk=encounter_id, coding_state=CodingState.FAILED).exists():
                failed += 1
        self.stdout.write(f"{coded} coded, {failed} could not be coded")
