"""How long a quarter's files take to be compared, and what memory that needs as files grow.

`python -m tests.bench.imports` starts a private PostgreSQL, loads the starter formulary, and compares a crosswalk of
the size of CMS's own and larger ones. Where CMS's files lie beside the checkout it publishes October 2025 and
compares both files of January 2026 with it. It ends with one line of JSON; `--write FILE` puts its table there.
"""

import argparse
import io
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

AT = datetime(2025, 12, 20, 15, 0, tzinfo=UTC)
SIZES = (7_000, 28_000, 112_000)
"""Rows; CMS's crosswalks have seven to eight thousand."""
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "asp"
HEADING = "## Imports"
KINDS = ("asp_crosswalk", "asp_pricing")


def main(arguments: Sequence[str]) -> None:
    """Measures and prints; writes the table where asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.imports", description=__doc__)
    parser.add_argument("--write", type=Path, help="the file that the table goes into")
    parser.add_argument("--one", type=int, help="measure one size in this process; for the program itself")
    chosen = parser.parse_args(arguments)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

    import django

    django.setup()
    if chosen.one is not None:
        sys.stdout.write(json.dumps(_one(chosen.one)) + "\n")
        return
    from django.conf import settings
    from django.core.management import call_command

    from infusion_coder import embedded

    with embedded.missing_servers(Path(settings.VAR_DIR), is_durable=False):
        call_command("migrate", verbosity=0)
        call_command("load_formulary_seed", verbosity=0, stdout=io.StringIO())
        addresses = embedded.missing_addresses(Path(settings.VAR_DIR))
        figures = [_in_a_process_of_its_own(size, addresses) for size in (0, *SIZES)]
    figures = [each for each in figures if each["rows"]]
    if chosen.write is not None:
        chosen.write.write_text(with_table(chosen.write.read_text(encoding="utf-8"), figures), encoding="utf-8")
    sys.stdout.write(json.dumps(figures) + "\n")


def _in_a_process_of_its_own(size: int, addresses: dict[str, str]) -> dict[str, float]:
    """The highest memory of a process says nothing of the second file that it reads."""
    command = [sys.executable, "-m", "tests.bench.imports", "--one", str(size)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | addresses)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _one(size: int) -> dict[str, float]:
    """Compare a crosswalk of `size` rows, or for 0 CMS's two files of January 2026, in a transaction that is undone."""
    from django.db import transaction

    from drugs.cms.files import FileKind, Quarter
    from drugs.formulary import imports
    from drugs.models import FormularyImport
    from tests.drugs.formulary.imports.acts import published
    from tests.factories.users import UserFactory

    if size == 0 and not REAL.is_dir():
        return {"rows": 0}
    rows, took, worked = 0, 0.0, 0.0
    with transaction.atomic(), _file(size) as file:
        if size == 0:
            for kind in KINDS:
                published(_of_cms("2025Q4", kind).read(), kind=FileKind(kind), quarter="2025Q4", at=AT)
        by = UserFactory.create(groups=["formulary_admin"])
        for kind in KINDS if size == 0 else KINDS[:1]:
            sent = imports.receive_file(
                file=_of_cms("2026Q1", kind) if size == 0 else file,
                file_name="file.csv",
                kind=FileKind(kind),
                quarter=Quarter(2026, 1),
                by=by,
                at=AT,
            )
            begun, begun_to_work = time.perf_counter(), time.process_time()
            is_read = imports.read(import_id=sent.pk, at=AT)
            took += time.perf_counter() - begun
            worked += time.process_time() - begun_to_work
            found = FormularyImport.objects.get(pk=sent.pk)
            assert is_read, f"{found.error_place}: {found.error}"
            rows += found.rows_read
        transaction.set_rollback(True)
    return {
        "is_published_file": size == 0,
        "rows": rows,
        "seconds": round(took, 1),
        "processor_seconds": round(worked, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _of_cms(quarter: str, kind: str) -> BinaryIO:
    is_crosswalk = kind == KINDS[0]
    (path,) = (path for path in REAL.glob(f"{quarter}*.csv.gz") if ("rosswalk" in path.name) == is_crosswalk)
    return io.BytesIO(path.read_bytes())


@contextmanager
def _file(rows: int) -> Iterator[BinaryIO]:
    """A crosswalk on the disk: held in memory it would be measured too."""
    from tests.factories.cms import crosswalk_file

    with TemporaryFile() as file:
        head, last = crosswalk_file("2026Q1").rsplit(b"\r\n", 2)[:2]
        file.write(head + b"\r\n")
        for number in range(rows - 1):
            row = crosswalk_file("2026Q1", _row(number, f"J{1000 + number * 5000 // rows}")).rsplit(b"\r\n", 3)[1]
            file.write(row + b"\r\n")
        file.write(last + b"\r\n")
        yield cast("BinaryIO", file)


def _row(number: int, code: str) -> tuple[str, str, str, str, str, str, str, str, str]:
    ndc = f"{20000 + number // 10000:05}-{number % 10000:04}-01"
    return (code, "Example", f"Brand {number}", ndc, "10 MG", "1", "1", "5", "5")


def with_table(text: str, figures: Sequence[dict[str, float]]) -> str:
    """Return `text` with the table of imports in place of the one of the last time."""
    lines = [
        HEADING,
        "",
        "Files compared with the formulary, each size in a process of its own; differences and conflicts are stored.",
        "Those of CMS are crosswalk and prices of January 2026 held against October 2025. Memory is the most that the",
        "process held, Django and the formulary included.",
        "",
        "| rows | seconds | processor seconds | peak memory |",
        "| --: | --: | --: | --: |",
        *(
            f"| {each['rows']:,}{' (CMS)' if each['is_published_file'] else ''} | {each['seconds']} "
            f"| {each['processor_seconds']} | {each['peak_mib']} MiB |"
            for each in figures
        ),
        "",
    ]
    kept = re.sub(rf"{HEADING}\n.*?(?=\n## |\Z)", "", text, flags=re.DOTALL).rstrip()
    return f"{kept}\n\n" + "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
