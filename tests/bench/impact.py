"""How long it takes to say which of 100,000 encounters one unit size would change.

`python -m tests.bench.impact` makes a database of its own, takes in and codes some hundred different infusion days,
multiplies their rows inside the database, changes the unit size of codes from frequent to rare, and ends with one line
of JSON; `--write FILE` puts the table into that file, between its own headings. The rules run as machine code where a
build of them exists, as they do under `make run`; `NATIVE_RULES=0` measures them as plain Python.
"""

import argparse
import json
import math
import os
import re
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from infusion_coder import native

if TYPE_CHECKING:
    from drugs.index import FormularyIndex
    from drugs.models import BillingCode
    from encounters.impact import Impact
    from encounters.intake.records import ReadEncounter

ENCOUNTERS = 100_000
DIFFERENT = 500
CODES = ("J1100", "J2405", "J9263", "J1745", "J9271")
"""Dexamethasone, ondansetron, oxaliplatin, infliximab, pembrolizumab."""
HEADING = "## Impact of a unit size"
KINDS = {"native": "compiled", "python": "as plain Python"}

# Name as charted, milligrams, minutes of an infusion or none for a push, vial in mg.
DRUGS = (
    ("Ondansetron", 8, 0, 4),
    ("Dexamethasone", 10, 20, 10),
    ("Palonosetron", Decimal("0.25"), 0, 0),
    ("Diphenhydramine 50 mg IV", 25, 0, 50),
    ("Famotidine", 20, 0, 0),
    ("Oxaliplatin", 160, 120, 100),
    ("Leucovorin", 700, 120, 350),
    ("Paclitaxel", 300, 180, 300),
    ("Carboplatin", 550, 45, 450),
    ("Pembrolizumab", 200, 30, 100),
    ("Remicade", 400, 125, 100),
    ("Iron sucrose", 200, 22, 100),
    ("Ceftriaxone", 2000, 31, 1000),
    ("Vancomycin", 1250, 95, 500),
    ("Ketorolac", 30, 0, 30),
    ("Hydromorphone", 1, 0, 0),
    ("Magnesium sulfate", 2000, 60, 0),
    ("Methylprednisolone sodium succinate", 125, 0, 125),
    ("Zoledronic acid", 4, 15, 4),
    ("Cisplatin", 120, 75, 50),
)


def main(arguments: Sequence[str]) -> None:
    """Measures and prints; writes the table where asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.impact", description=__doc__)
    parser.add_argument("--write", type=Path, help="the file that the table goes into")
    parser.add_argument("--encounters", type=int, default=ENCOUNTERS)
    chosen = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault(native.SWITCH, "1")
    native.activate()
    import django

    django.setup()
    with _database():
        begun = time.monotonic()
        count = _fill(chosen.encounters)
        filled = time.monotonic() - begun
        rows = [_measured(code) for code in CODES]
    figures = {
        "encounters": count,
        "filled_in_seconds": round(filled, 1),
        "engine": native.engine(),
        "impact": {
            code: {"seconds": round(took.wall, 2), "processor": round(took.processor, 2), **_numbers(found)}
            for code, found, took in rows
        },
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    if chosen.write is not None:
        _write(chosen.write, count, rows)
    sys.stdout.write(json.dumps(figures) + "\n")


class _database:  # noqa: N801 - read as a verb with `with`
    """An empty database of the test settings, with its servers; both are gone afterwards."""

    def __enter__(self) -> None:
        from contextlib import ExitStack

        from django.conf import settings
        from django.test.utils import setup_databases, teardown_databases

        from infusion_coder import embedded

        self._stack = ExitStack()
        self._stack.enter_context(embedded.missing_servers(Path(settings.VAR_DIR), is_durable=False))
        configuration = setup_databases(verbosity=0, interactive=False)
        self._stack.callback(teardown_databases, configuration, verbosity=0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _fill(encounters: int) -> int:
    """Codes the different days for good, and multiplies their rows; returns how many encounters there are."""
    from drugs import formulary
    from encounters import intake
    from encounters.models import Encounter, Location
    from encounters.review import preparation

    at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    formulary.load_seed(at=at)
    Location.objects.create(code="bench", name="Bench", setting="facility", place_of_service="22")
    batch = intake.open_batch(source="bench", file_name="", sha256="", actor=None, at=at)
    intake.take_in(records=_days(), batch=batch, actor=None, at=at)
    if batch.refused:
        msg = f"{batch.refused} records were refused."
        raise RuntimeError(msg)
    for pk in Encounter.objects.order_by("pk").values_list("pk", flat=True):
        if preparation.code(encounter_id=pk, at=at) is None:
            msg = f"Encounter {pk} could not be coded: {Encounter.objects.get(pk=pk).coding_error}"
            raise RuntimeError(msg)
    _multiply(encounters // DIFFERENT - 1)
    return Encounter.objects.count()


def _days() -> Iterator["ReadEncounter"]:
    """The different days, the same on every machine."""
    from encounters.intake.records import (
        AdministrationRecord,
        Amount,
        ContainerRecord,
        EncounterRecord,
        PatientRecord,
        ReadEncounter,
    )

    random = Random(7)  # noqa: S311 (the same days on every machine, no secret)
    for nth in range(DIFFERENT):
        on = date(2026, 1, 2) + timedelta(days=random.randrange(80))
        clock = datetime(on.year, on.month, on.day, random.randrange(12, 16), tzinfo=UTC)
        given = []
        for place, (name, dose, minutes, vial) in enumerate(random.sample(DRUGS, random.randrange(3, 9))):
            clock += timedelta(minutes=random.randrange(5, 40))
            stop = clock + timedelta(minutes=minutes or 3)
            amount = Decimal(dose) * random.choice((1, 1, Decimal("0.8")))
            opened = math.ceil(amount / vial) if vial else 0
            given.append(
                AdministrationRecord(
                    external_id=f"a{place}",
                    drug_name=name,
                    route="IV",
                    technique="infusion" if minutes else "push",
                    started_at=clock,
                    stopped_at=stop,
                    dose=Amount(amount, "mg"),
                    containers=(ContainerRecord(Amount(Decimal(vial), "mg"), opened, is_single_dose=True),)
                    if vial
                    else (),
                    discarded=Amount(opened * vial - amount, "mg") if vial else None,
                )
            )
            clock = stop
        record = EncounterRecord(
            external_id=f"day-{nth}",
            patient=PatientRecord(mrn=f"bench-{nth}"),
            setting="facility",
            date_of_service=on,
            time_zone="America/New_York",
            location="bench",
            diagnoses=("C18.9", "Z51.11") if random.random() < 0.7 else ("D50.9",),
            administrations=tuple(given),
        )
        yield ReadEncounter(record, (), len(given))


OFFSET = 10_000_000
"""Between the ids of one copy and the next, so that keys between tables move along."""
COPIED = {
    "encounters_encounter": {"id"},
    "encounters_diagnosis": {"id", "encounter_id"},
    "encounters_drugadministration": {"id", "encounter_id"},
    "encounters_container": {"id", "administration_id"},
    "encounters_drugreferences": {"encounter_id"},
    "encounters_review": {"id", "encounter_id"},
}
"""Tables of which every copy has rows of its own, and their columns that move. Runs are not read, and not copied."""


def _multiply(copies: int) -> None:
    from django.apps import apps
    from django.db import connection, transaction

    kept_by_the_database = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.generated
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for table, moved in COPIED.items():
            columns = connection.introspection.get_table_description(cursor, table)
            names = [column.name for column in columns if (table, column.name) not in kept_by_the_database]
            values = [
                f"row.{name} + copy.nth * {OFFSET}"
                if name in moved
                else "row.external_id || '+' || copy.nth"
                if (table, name) == ("encounters_encounter", "external_id")
                else f"row.{name}"
                for name in names
            ]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} "  # noqa: S608 - names of ours
                f"FROM {table} AS row CROSS JOIN generate_series(1, {copies}) AS copy (nth)"
            )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class Took(NamedTuple):
    """Seconds of the clock, and of this process alone: other work on the machine lengthens the former only."""

    wall: float
    processor: float


def _measured(code: str) -> tuple[str, "Impact", Took]:
    from encounters.impact import Proposal, assess

    proposed = _with_unit_of(code)
    begun, worked = time.monotonic(), time.process_time()
    found = assess(Proposal(index=proposed))
    return code, found, Took(time.monotonic() - begun, time.process_time() - worked)


def _with_unit_of(code: str) -> "FormularyIndex":
    """The formulary with twice the amount in one unit of `code`, from the second month of the bench on."""
    from drugs.index import current_index

    index = current_index()
    row = next(row for row in index.meanings[code] if row.is_in_force(date(2026, 2, 1)))
    before, after = _copy(row, effective_until=date(2026, 2, 1)), _copy(row, effective_from=date(2026, 2, 1))
    after.per_amount *= 2
    others = [each for each in index.meanings[code] if each is not row]
    return replace(index, meanings={**index.meanings, code: (*others, before, after)})


def _copy(row: "BillingCode", **values: object) -> "BillingCode":
    kept = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**(kept | {"id": None} | values))


def _numbers(found: "Impact") -> dict[str, int]:
    return {"looked_at": found.looked_at, "changed": len(found.open_ids) + len(found.accepted_ids)}


def _write(path: Path, count: int, rows: list[tuple[str, "Impact", Took]]) -> None:
    """The part of the page under its heading is written anew; the rest stays."""
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    before, _, rest = text.partition(HEADING)
    after = re.search(r"^## ", rest, re.MULTILINE)
    lines = [
        HEADING,
        "",
        f"{count:,} coded encounters of {DIFFERENT} different infusion days in PostgreSQL. Each row proposes twice the",
        "amount in one unit of a code, for dates from the second month on: how many encounters it reaches, how many",
        "would really have other lines or a new blocking finding, and how long the answer took in one process, with",
        f"the rules {KINDS[native.engine()]}; load of the machine: {load}.",
        "",
        "| code | looked at | would change | seconds | processor seconds |",
        "| :-- | --: | --: | --: | --: |",
        *(
            f"| {code} | {found.looked_at:,} | {len(found.open_ids) + len(found.accepted_ids):,} "
            f"| {took.wall:.1f} | {took.processor:.1f} |"
            for code, found, took in rows
        ),
        "",
    ]
    tail = rest[after.start() :] if after else ""
    path.write_text(before.rstrip() + "\n\n" + "\n".join(lines) + ("\n" + tail if tail else ""), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
