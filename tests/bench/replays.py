"""Ten thousand stored runs are replayed, with the rules that are installed and after these were changed.

`python -m tests.bench.replays` starts a private PostgreSQL, codes and stores the runs, replays them all, changes one
threshold of the rules, and replays them all again with the rules that were kept. It ends with one line of JSON.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from unittest import mock

AT = datetime(2026, 1, 15, 15, 0, tzinfo=UTC)
ADMINISTRATIONS = 6
DIFFERENT = 500
AT_ONCE = 500


def main(arguments: Sequence[str]) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.replays", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="so many are stored and replayed")
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
        first = _replayed(chosen.runs)
        after = _after_a_change(chosen.runs)
    sys.stdout.write(json.dumps({"runs": chosen.runs, "replayed_per_second": first, "after_change": after}) + "\n")


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
    rows = []
    for encounter_id, told in zip(
        ids, islice(cycle(encounters(ADMINISTRATIONS, count=DIFFERENT, has_drug_lines=True)), number), strict=True
    ):
        result = coding.answer(told, rulebook=rulebook)
        facts, said = facts_to_json(told), result_to_json(result)
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
                policy=result.versions.policy,
                formulary_version="bench",
            )
        )
        if len(rows) >= AT_ONCE:
            CodingRun.objects.bulk_create(rows)
            rows = []
    CodingRun.objects.bulk_create(rows)


def _replayed(number: int) -> int:
    from django.core.management import call_command

    begun = time.perf_counter()
    call_command("replay")
    return round(number / (time.perf_counter() - begun))


def _after_a_change(number: int) -> int:
    from encounters import coding, replay, rulebooks
    from rules.rulebook.loader import DATA_DIR, read_content
    from rules.rulebook.model import Rulebook

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(DATA_DIR, data)
        file = data / "parameters/cpt/time_thresholds.yaml"
        head, word, rest = file.read_text(encoding="utf-8").partition("infusion_from:")
        file.write_text(head + word + rest.replace("value: 16", "value: 120", 1), encoding="utf-8")
        changed = Rulebook(read_content(data_dir=data))
    with (
        mock.patch.object(coding, "load_rulebook", return_value=changed),
        mock.patch.object(replay, "load_rulebook", return_value=changed),
        mock.patch.object(rulebooks, "load_rulebook", return_value=changed),
    ):
        return _replayed(number)


if __name__ == "__main__":
    main(sys.argv[1:])
