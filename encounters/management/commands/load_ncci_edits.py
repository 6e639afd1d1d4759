"""`manage.py load_ncci_edits FILE...`: the published edits of one quarter as dated data of the rulebook."""

import argparse
import gzip
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from encounters.installed import load_rulebook
from rules.errors import BadValue
from rules.rulebook import ncci
from rules.rulebook.document import Place
from rules.rulebook.edits import EDIT_SETTINGS, code_list, first_day
from rules.rulebook.loader import DATA_DIR
from rules.rulebook.model import Rulebook

FOLDER = DATA_DIR / "edits" / "cms"
SOURCE = "cms-ncci"


class Command(BaseCommand):
    """All files are read before anything is written; a file that is wrong leaves the data as it was."""

    help = (
        "Read National Correct Coding Initiative files (PTP pairs, MUE, add-on codes; as published by CMS or converted "
        "to CSV, gzipped or not) and write the codes this product deals with to dated data files of the rulebook."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The files, whose edits they are, and since when and on whose word they hold."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--setting", choices=EDIT_SETTINGS, required=True, help="whose claims the edits are for")
        parser.add_argument("--quarter", required=True, help="the quarter they are in force from, such as 2024Q3")
        parser.add_argument("--source", default=SOURCE, help=f"id in sources.yaml ({SOURCE})")
        parser.add_argument("--covers", help="codes an excerpt speaks of, such as 96360-96549 (all)")
        parser.add_argument("--checked", type=date.fromisoformat, help="day on which they were checked (today)")
        parser.add_argument("--into", type=Path, default=FOLDER, help="folder to write to (the rulebook's own)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read all, then write each kind of table with what it is beside it."""
        rulebook = load_rulebook()
        try:
            tables = self._read(options, rulebook)
        except BadValue as wrong:
            raise CommandError(str(wrong)) from wrong
        if options["source"] not in rulebook.sources:
            message = f"no source is called {options['source']!r}; sources.yaml lists them"
            raise CommandError(message)
        for kind, rows in tables.rows.items():
            if not rows:
                message = f"no {kind} edit of these files is of a code that the product deals with; nothing written"
                raise CommandError(message)
        checked = options["checked"] or timezone.localdate()
        for kind, rows in tables.rows.items():
            setting = "" if kind == "addon" else f"{options['setting']}_"
            stem = options["into"] / f"{kind}_{setting}{options['quarter'].lower()}"
            _write(stem.with_suffix(".csv"), tables.text(kind))
            _write(stem.with_suffix(".yaml"), _described(kind, checked, options))
            self.stdout.write(f"{stem.name}: {len(rows)} rows")

    def _read(self, options: dict[str, Any], rulebook: Rulebook) -> ncci.Tables:
        place = Place("--quarter", 1, "quarter")
        tables = ncci.Tables(ncci.codes_dealt_with(rulebook), first_day(options["quarter"], place=place))
        if options["covers"]:
            code_list(tuple(options["covers"].split(",")), place=Place("--covers", 1, "covers"))
        for path in options["files"]:
            published = ncci.read_published(_text(path), file=path.name, setting=options["setting"])
            tables.add(published, file=path.name)
        return tables


def _text(path: Path) -> str:
    """The file's text; CMS writes both UTF-8 and Windows-1252."""
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError) as wrong:
        message = f"{path}: not readable: {wrong}"
        raise CommandError(message) from wrong
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _described(kind: str, checked: date, options: dict[str, Any]) -> str:
    setting = "" if kind == "addon" else f"setting: {options['setting']}\n"
    covers = "" if not options["covers"] else f"covers: [{', '.join(map(_quoted, options['covers'].split(',')))}]\n"
    begins = first_day(options["quarter"], place=Place("--quarter", 1, "quarter"))
    names = ", ".join(path.name for path in options["files"])
    return (
        f"# Written by load_ncci_edits; the rows stand in the file of the same name.\nchecked: {checked}\n"
        f"table: {kind}\n{setting}quarter: {options['quarter']}\nfrom: {begins}\n{covers}"
        f"source: {options['source']}\nlocator: {_quoted(names)}\n"
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
