"""Load the starter formulary."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from drugs import formulary


class Command(BaseCommand):
    """Loads the files of `drugs/seed` as one release; a second run changes nothing."""

    help = "Load the starter formulary; a second run changes nothing."

    def handle(self, *args: object, **options: object) -> None:
        """Make the one call and say what came of it."""
        try:
            loaded = formulary.load_seed(at=timezone.now())
        except formulary.UnableToLoadSeed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Formulary {loaded.release.version}: {loaded.added} rows added, {loaded.withdrawn} withdrawn."
        )
