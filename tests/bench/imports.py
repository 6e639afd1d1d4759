"""How long a quarter's files take to be compared and published, and what memory that needs as files grow.

`python -m tests.bench.imports` starts a private PostgreSQL, loads the starter formulary, compares a crosswalk of the
size of CMS's own and larger ones, and publishes the first. Where CMS's files lie beside the checkout it compares
January 2026 too. It ends with one line of JSON; `--write FILE` puts its table into that file.
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
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

AT = datetime(2025, 12, 20, 15, 0, tzinfo=UTC)
SIZES = (7_000, 28_000, 112_000)
"""Rows; CMS's crosswalks have seven to eight thousand."""
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "asp"
HEADING = "## Imports"


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
    """Compare a crosswalk of `size` rows, or CMS's of January 2026 for 0, in a transaction that is undone."""
    from django.db import transaction

    from drugs.cms.files import FileKind, Quarter
    from drugs.formulary import imports
    from drugs.models import FormularyImport
    from tests.factories.users import UserFactory

    content = _published() if size == 0 else _crosswalk(size)
    if not content:
        return {"rows": 0}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with transaction.atomic():
        sent = imports.receive_file(
            file=io.BytesIO(content),
            file_name="crosswalk.csv",
            kind=FileKind.ASP_CROSSWALK,
            quarter=Quarter(2026, 1),
            by=UserFactory.create(groups=["formulary_admin"]),
            at=AT,
        )
        begun = time.perf_counter()
        is_read = imports.read(import_id=sent.pk, at=AT)
        took = time.perf_counter() - begun
        found = FormularyImport.objects.get(pk=sent.pk)
        assert is_read, f"{found.error_place}: {found.error}"
        transaction.set_rollback(True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "is_published_file": size == 0,
        "rows": found.rows_read,
        "seconds": round(took, 1),
        "peak_mib": round(peak / 1024),
        "more_than_before_mib": round((peak - before) / 1024),
    }


def _published() -> bytes:
    found = sorted(REAL.glob("2026Q1*rosswalk*.csv.gz"))
    return found[0].read_bytes() if found else b""


def _crosswalk(rows: int) -> bytes:
    from tests.factories.cms import crosswalk_file

    lines = (_row(number, f"J{1000 + number * 5000 // rows}") for number in range(rows - 1))
    return crosswalk_file("2026Q1", *lines)


def _row(number: int, code: str) -> tuple[str, str, str, str, str, str, str, str, str]:
    ndc = f"{20000 + number // 10000:05}-{number % 10000:04}-01"
    return (code, "Example", f"Brand {number}", ndc, "10 MG", "1", "1", "5", "5")


def with_table(text: str, figures: Sequence[dict[str, float]]) -> str:
    """Return `text` with the table of imports in place of the one of the last time."""
    lines = [
        HEADING,
        "",
        "A crosswalk compared with the starter formulary, each size in a process of its own; differences and conflicts",
        "are stored. Memory is the most that the process held, Django and the formulary included.",
        "",
        "| rows | differences and conflicts | peak memory |",
        "| --: | --: | --: |",
        *(
            f"| {each['rows']:,}{' (CMS, January 2026)' if each['is_published_file'] else ''} | {each['seconds']} s "
            f"| {each['peak_mib']} MiB |"
            for each in figures
        ),
        "",
    ]
    kept = re.sub(rf"{HEADING}\n.*?(?=\n## |\Z)", "", text, flags=re.DOTALL).rstrip()
    return f"{kept}\n\n" + "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
