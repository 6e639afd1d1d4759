"""`manage.py keep_rulebook`: the installed rules are kept in the database, so that what they code can be replayed."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from encounters import rulebooks
from encounters.installed import load_rulebook


class Command(BaseCommand):
    """A new release does this once; coding does it as well, for rules that it meets first."""

    help = "Keep the installed rulebook in the database."

    def handle(self, *args: Any, **options: Any) -> None:
        """Says whether it was there already."""
        rulebook = load_rulebook()
        is_new = rulebooks.keep(rulebook=rulebook, at=timezone.now())
        if options["verbosity"]:
            self.stdout.write(f"Rules {rulebook.version[:12]} {'are kept' if is_new else 'were kept already'}")
