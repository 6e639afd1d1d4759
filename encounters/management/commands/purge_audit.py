"""`manage.py purge_audit --before DATE --reason …`: what need not be kept any longer is gone, and it is said."""

import getpass
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from encounters.audit import purging


class Command(BaseCommand):
    """Run with the address of the database's owner: the application's own role cannot."""

    help = "Purge events of the audit trail that are older than AUDIT_KEEP_YEARS; a signed summary stays."

    def add_arguments(self, parser: CommandParser) -> None:
        """From when on events stay, and why the others go."""
        parser.add_argument("--before", type=date.fromisoformat, required=True, help="the first day that stays")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Says how many went."""
        try:
            told = purging.purge(
                before=options["before"], reason=options["reason"], by=getpass.getuser(), at=timezone.now()
            )
        except purging.UnableToPurge as error:
            raise CommandError(str(error)) from error
        if told is None or told.after is None:
            self.stdout.write("There is nothing that old.")
        else:
            self.stdout.write(f"{told.after['events']:,} events of {told.after['streams']:,} streams are gone")
