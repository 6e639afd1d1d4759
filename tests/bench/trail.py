"""How many events a second the trail takes and proves, with the database on the same core.

`python -m tests.bench.trail` starts a private PostgreSQL, puts everything onto one core, appends events one
transaction each, chains a million more, and verifies all of them. It ends with one line of JSON; `--write FILE` puts
its table into that file in place of the one of the last time.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

AT = datetime(2026, 1, 15, 15, 0, tzinfo=UTC)
ENCOUNTERS = 20_000
APPENDED = 2_000
THREADS = 4
AT_ONCE = 10_000
HEADING = "## Trail"


def main(arguments: Sequence[str]) -> None:
    """Measures and prints; writes the table where asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trail", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="so many are chained and verified")
    parser.add_argument("--write", type=Path, help="the file that the table goes into")
    chosen = parser.parse_args(arguments)
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

    import django

    django.setup()
    from django.conf import settings

    from infusion_coder import embedded

    with embedded.missing_servers(Path(settings.VAR_DIR), is_durable=True):
        figures = _measured(chosen.events)
    if chosen.write is not None:
        chosen.write.write_text(with_table(chosen.write.read_text(encoding="utf-8"), figures), encoding="utf-8")
    sys.stdout.write(json.dumps(figures) + "\n")


def _measured(events: int) -> dict[str, int]:
    from django.core.management import call_command
    from django.db import connection

    from encounters.audit import verification

    call_command("migrate", verbosity=0)
    ids = _encounters()
    alone = _rate(lambda: _append(ids[:APPENDED]), APPENDED)
    with ThreadPoolExecutor(THREADS) as pool:
        many = ids[APPENDED : APPENDED * 2]
        parts = [many[number::THREADS] for number in range(THREADS)]
        together = _rate(lambda: list(pool.map(_append, parts)), len(many))
        same = _rate(lambda: list(pool.map(_append, [ids[:1] * 250] * THREADS)), 250 * THREADS)
    chained = _rate(lambda: _chain(events - APPENDED * 2 - 250 * THREADS), events)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    begun = time.perf_counter()
    found = verification.verify()
    took = time.perf_counter() - begun
    assert found.is_sound, found.findings[:3]
    connection.close()
    return {
        "events": found.events,
        "streams": found.streams,
        "appended_per_second": alone,
        "appended_by_four_per_second": together,
        "appended_to_one_stream_per_second": same,
        "chained_in_bulk_per_second": chained,
        "verified_per_second": round(found.events / took),
    }


def _rate(work: object, number: int) -> int:
    begun = time.perf_counter()
    work()  # type: ignore[operator]
    return round(number / (time.perf_counter() - begun))


def _encounters() -> list[int]:
    from encounters.models import Encounter
    from tests.factories.encounters import EncounterFactory

    first = EncounterFactory.create()
    known = {"patient": first.patient, "location": first.location, "payer": first.payer}
    copies = [EncounterFactory.build(**known, external_id=f"bench-{number}") for number in range(1, ENCOUNTERS)]
    Encounter.objects.bulk_create(copies, batch_size=2_000)
    return list(Encounter.objects.order_by("pk").values_list("pk", flat=True))


def _append(ids: Sequence[int]) -> None:
    from django.db import connection

    from encounters import audit
    from encounters.models import Encounter

    for encounter_id in ids:
        audit.record(
            tag=audit.Tag.LINE_ACCEPTED,
            at=AT,
            encounter=Encounter(pk=encounter_id),
            before={"state": "to_decide", "version": 3},
            after={"code": "96413", "units": 1, "modifiers": ["59"], "version": 4},
        )
    connection.close()


def _chain(number: int) -> None:
    from django.db import connection, transaction

    from encounters.audit import chain

    done = 0
    while done < number:
        wanted = min(AT_ONCE, number - done)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO encounters_auditevent (at, tag, actor_name, encounter_id, object_repr, before, after, "
                "reason, request_id) SELECT %s, 'review:line:accepted', 'Ana', "
                "(SELECT min(id) FROM encounters_encounter) + mod(%s + n, %s), 'line 1', '{\"version\": 3}', "
                "jsonb_build_object('code', '96413', 'units', 1, 'version', n), '', md5(n::text) "
                "FROM generate_series(1, %s) n RETURNING id",
                [AT, done, ENCOUNTERS, wanted],
            )
            chain.seal(connection, [pk for (pk,) in cursor.fetchall()])
        done += wanted


def with_table(page: str, figures: dict[str, int]) -> str:
    """The page with the table in place of an older one, else at its end."""
    table = f"""{HEADING}

Events a second of the clock with PostgreSQL on the same single core, each transaction durable, over
{figures["events"]:,} events in {figures["streams"]:,} streams.

| act | events a second |
| :-- | --: |
| append, one transaction each | {figures["appended_per_second"]:,} |
| the same by four threads | {figures["appended_by_four_per_second"]:,} |
| the same by four threads to one encounter | {figures["appended_to_one_stream_per_second"]:,} |
| chain in bulk | {figures["chained_in_bulk_per_second"]:,} |
| verify | {figures["verified_per_second"]:,} |
"""
    rest = re.sub(rf"^{HEADING}\n.*?(?=^## |\Z)", "", page, flags=re.DOTALL | re.MULTILINE)
    return rest.rstrip() + "\n\n" + table


if __name__ == "__main__":
    main(sys.argv[1:])
