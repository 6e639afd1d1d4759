"""Ten thousand stored runs are replayed, with the rules that are installed and after these were changed.

`python -m tests.bench.replays` starts a private PostgreSQL, codes and stores the runs, replays them all, changes one
threshold of the rules, and replays them all again with the rules that were kept. It ends with one line of JSON, and
with an error where one run differs; `--write FILE` puts the table into that file, between its own headings.
"""

import argparse
import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple
from unittest import mock

AT = datetime(2026, 1, 15, 15, 0, tzinfo=UTC)
ADMINISTRATIONS = 6
DIFFERENT = 500
AT_ONCE = 500
HEADING = "## Replay"


class Figures(NamedTuple):
    """Runs replayed, how many of them differ, and seconds of processor and of the clock."""

    runs: int
    differences: int
    processor_seconds: float
    seconds: float


def main(arguments: Sequence[str]) -> None:
    """Measures and prints; writes the table where asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.replays", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="so many are stored and replayed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", type=Path, help="the file that the table goes into")
    chosen = parser.parse_args(arguments)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from infusion_coder import embedded

    with embedded.missing_servers(Path(settings.VAR_DIR), is_durable=False):
        call_command("migrate", verbosity=0)
        call_command("keep_rulebook")
        _store(chosen.runs)
        measured = [
            ("with the installed rules", _replayed(chosen.processes)),
            ("after these were changed, with the kept ones", _after_a_change(chosen.processes)),
        ]
    if chosen.write is not None:
        _write(chosen.write, measured, chosen.processes)
    sys.stdout.write(json.dumps({words: figures._asdict() for words, figures in measured}) + "\n")
    if any(figures.differences for _, figures in measured):
        sys.exit("Runs differ.")


def _store(number: int) -> None:
    from encounters import coding
    from encounters.models import CodingRun, Encounter
    from rules.rulebook.loader import load_rulebook
    from rules.snapshot import facts_to_json, result_to_json
    from tests.bench.encounters import encounters
    from tests.factories.encounters import EncounterFactory

    rulebook, first = load_rulebook(), EncounterFactory.create()
    known = {"patient": first.patient, "location": first.location, "payer": first.payer}
    Encounter.objects.bulk_create(
        EncounterFactory.build(**known, external_id=f"b{place}") for place in range(1, number)
    )
    ids = Encounter.objects.order_by("pk").values_list("pk", flat=True)
    different = []
    for told in encounters(ADMINISTRATIONS, count=min(DIFFERENT, number), has_drug_lines=True):
        result = coding.answer(told, rulebook=rulebook)
        different.append((facts_to_json(told), result_to_json(result), result.versions.policy))
    rows = []
    for encounter_id, (facts, said, policy) in zip(ids, islice(cycle(different), number), strict=True):
        rows.append(
            CodingRun(
                encounter_id=encounter_id,
                number=1,
                at=AT,
                trigger="intake",
                chart_version=1,
                facts=facts,
                result=said,
                facts_digest=coding.digest(facts),
                result_digest=coding.digest(said),
                microseconds=0,
                engine_version=coding.engine_version(),
                rulebook_version=rulebook.version,
                policy=policy,
                formulary_version="bench",
            )
        )
        if len(rows) >= AT_ONCE:
            CodingRun.objects.bulk_create(rows)
            rows = []
    CodingRun.objects.bulk_create(rows)


def _replayed(processes: int) -> Figures:
    """Every stored run, asked again by so many processes."""
    from django.db import connections

    from encounters.models import CodingRun

    ids = list(CodingRun.objects.order_by("pk").values_list("pk", flat=True))
    shares = [ids[first::processes] for first in range(processes)]
    # A connection is of one process.
    connections.close_all()
    begun = time.perf_counter()
    # A fork knows the rulebooks that were read, and the one that stands in for the installed rules.
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        found = pool.map(_share, shares)
    seconds = time.perf_counter() - begun
    return Figures(
        len(ids), sum(differing for differing, _ in found), round(sum(cpu for _, cpu in found), 1), round(seconds, 1)
    )


def _share(ids: Sequence[int]) -> tuple[int, float]:
    """Of these runs those that differ, and the seconds of processor time that it took."""
    from encounters import replay
    from encounters.models import CodingRun

    begun, differing = time.process_time(), 0
    for first in range(0, len(ids), AT_ONCE):
        for run in CodingRun.objects.filter(pk__in=ids[first : first + AT_ONCE]):
            differing += not replay.replay(run=run).is_identical
    return differing, time.process_time() - begun


def _after_a_change(processes: int) -> Figures:
    from encounters import coding, replay, rulebooks
    from rules.rulebook.loader import DATA_DIR, load_rulebook, read_content
    from rules.rulebook.model import Rulebook

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(DATA_DIR, data)
        file = data / "parameters/cpt/time_thresholds.yaml"
        head, word, rest = file.read_text(encoding="utf-8").partition("infusion_from:")
        file.write_text(head + word + rest.replace("value: 16", "value: 120", 1), encoding="utf-8")
        changed = Rulebook(read_content(data_dir=data))
    if changed.version == load_rulebook().version:
        message = "The rules were not changed."
        raise RuntimeError(message)
    with (
        mock.patch.object(coding, "load_rulebook", return_value=changed),
        mock.patch.object(replay, "load_rulebook", return_value=changed),
        mock.patch.object(rulebooks, "load_rulebook", return_value=changed),
    ):
        return _replayed(processes)


def _write(path: Path, measured: Sequence[tuple[str, Figures]], processes: int) -> None:
    """The part of the page under its heading is written anew; the rest stays."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    before, _, rest = text.partition(HEADING)
    after = re.search(r"^## ", rest, re.MULTILINE)
    lines = [
        HEADING,
        "",
        f"Stored runs of {DIFFERENT} different infusion days with drug lines and counterfactuals, in PostgreSQL, asked",
        f"again from their facts by {processes} processes and compared byte for byte with what was stored.",
        "",
        "| replayed | runs | differences | processor seconds | seconds |",
        "| :-- | --: | --: | --: | --: |",
        *(
            f"| {words} | {one.runs:,} | {one.differences:,} | {one.processor_seconds:.0f} | {one.seconds:.0f} |"
            for words, one in measured
        ),
        "",
    ]
    tail = rest[after.start() :] if after else ""
    path.write_text(before.rstrip() + "\n\n" + "\n".join(lines) + ("\n" + tail if tail else ""), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
