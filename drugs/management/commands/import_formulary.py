"""Send a file into the formulary: the same functions as the pages, read at once."""

from argparse import ArgumentParser
from pathlib import Path

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from drugs import selectors
from drugs.cms.files import FileKind, Quarter
from drugs.formulary import imports
from drugs.models import FormularyImport, ImportState


class Command(BaseCommand):
    """Receives and compares a file; approving stays with people, on the page of the import."""

    help = (
        "Send a file of CMS or FDA into the formulary. It changes nothing until people approve it and it is published."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE, what it is, for when, and who sends it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", required=True, choices=FileKind.values)
        parser.add_argument("--quarter", required=True, help="such as 2026Q1")
        parser.add_argument("--by", required=True, help="user name of who sends it")
        parser.add_argument("--publish", action="store_true", help="publish it if every row is decided already")
        parser.add_argument("--reason", default="", help="why dates in the past change, where they do")

    def handle(
        self, *, file: Path, kind: str, quarter: str, by: str, publish: bool, reason: str, **options: object
    ) -> None:
        """Receive, compare, say what differs; publish where asked to."""
        person = User.objects.filter(username=by, is_active=True).first()
        if person is None:
            msg = f"There is no user {by}."
            raise CommandError(msg)
        try:
            found = self._received(file, FileKind(kind), Quarter.parse(quarter), person)
            if found.state == ImportState.REFUSED:
                place = f"{found.error_place}: " if found.error_place else ""
                msg = f"Refused. {place}{found.error}"
                raise CommandError(msg)
            self._say(found, person)
            if publish:
                release = imports.publish(formulary_import=found, by=person, at=timezone.now(), reason=reason)
                self.stdout.write(f"Published as version {release.version}.")
        except (imports.UnableToWorkOnImport, PermissionDenied, ValueError, OSError) as error:
            raise CommandError(str(error)) from error

    def _received(self, file: Path, kind: FileKind, quarter: Quarter, person: User) -> FormularyImport:
        """Return the import of the file; one that was sent before and is open is gone on with."""
        with file.open("rb") as content:
            try:
                found = imports.receive_file(
                    file=content, file_name=file.name, kind=kind, quarter=quarter, by=person, at=timezone.now()
                )
            except imports.UnableToReceive as error:
                if error.known is None or not error.known.is_open:
                    raise
                found = error.known
        imports.read(import_id=found.pk, at=timezone.now())
        if found.affected is None:
            imports.count_affected(import_id=found.pk, at=timezone.now())
        found.refresh_from_db()
        return found

    def _say(self, found: FormularyImport, person: User) -> None:
        self.stdout.write(f"Import {found.pk}: {found}, {found.rows_read} rows read.")
        for group in selectors.groups_of(found, user=person):
            self.stdout.write(f"  {group.group.label}: {group.rows}, {group.undecided} undecided")
        conflicts = selectors.conflicts_of(found, user=person)
        self.stdout.write(f"  Conflicts: {conflicts.count()}")
