"""`manage.py grant_application_role ROLE`: the role that the application runs as can rewrite no history."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from encounters.audit import roles


class Command(BaseCommand):
    """Run with the address of the database's owner, after `migrate`."""

    help = "Grant a database role what the application needs, and no more: no rewriting of what is only added to."

    def add_arguments(self, parser: CommandParser) -> None:
        """The role, which exists."""
        parser.add_argument("role")

    def handle(self, *args: Any, **options: Any) -> None:
        """Says what was granted; a role that has all of it is left alone."""
        role = options["role"]
        if roles.is_granted(role=role):
            self.stdout.write(f"{role} may do what it needs already, and no more")
            return
        try:
            number = roles.grant(role=role, by=getpass.getuser(), at=timezone.now())
        except roles.UnableToGrant as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{role} may use every table; {number} tables it can only add to")
