"""`manage.py import_mimic_iv FOLDER`: the files of the MIMIC-IV demo, as load and robustness data."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from encounters.datasets import mimic_emar, mimic_icu
from encounters.datasets.importing import import_dataset
from encounters.datasets.printing import Bars, as_text
from encounters.datasets.tables import UnableToReadDataset
from encounters.intake.records import ReadEncounter


class Command(BaseCommand):
    """Take in and code the MIMIC-IV demo; every record is coded or set aside with a reason."""

    help = (
        "Take in and code the MIMIC-IV demo (PhysioNet, ODbL). Its stays are inpatient, so everything is "
        "set aside as such unless --as-outpatient treats them as hospital outpatient."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The folder, and how to treat the stays."""
        parser.add_argument("folder", type=Path, help="the folder that holds hosp/ and icu/")
        parser.add_argument("--as-outpatient", action="store_true", help="treat the stays as hospital outpatient")
        parser.add_argument("--limit", type=int, help="at most so many encounters")
        parser.add_argument("--source", help="name to store them under (mimic-iv-demo)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, print the table; exit 1 when an encounter could not be coded."""
        before: Counter[str] = Counter()
        try:
            with Bars() as bars:
                report = import_dataset(
                    source=options["source"] or "mimic-iv-demo",
                    records=self._records(options, before),
                    before=before,
                    limit=options["limit"],
                    at=timezone.now(),
                    on_stored=bars.stored,
                    on_coded=bars.coded,
                )
        except UnableToReadDataset as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(as_text(report))
        if report.failed:
            sys.exit(1)

    def _records(self, options: dict[str, Any], before: Counter[str]) -> Iterator[ReadEncounter]:
        folder, as_outpatient = options["folder"], options["as_outpatient"]
        return chain(
            mimic_icu.stays(folder, as_outpatient=as_outpatient, set_aside=before),
            mimic_emar.admissions(folder, as_outpatient=as_outpatient, set_aside=before),
        )
