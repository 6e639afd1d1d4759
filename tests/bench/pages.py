"""How long the server takes for the pages of a coder, with a queue and a past of the size that was promised.

`python -m tests.bench.pages` builds a clinic of 10,000 waiting and 200,000 finished encounters once, in an instance of
its own (`VAR_DIR`, by default `var/bench`), and measures each page there: whole requests through every middleware, on
one core, against a real PostgreSQL with commits that wait for the disk. DISTINCT encounters are coded and worked one by
one, the rest are copies of their rows. The pages take turns with a trivial one, so that a busy machine slows all alike;
the ratio to it is what to compare between machines. Queries are counted in a pass of their own. `--write FILE` puts the
table into the page of figures.
"""

import argparse
import contextlib
import os
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psutil

HEAD = "## Pages"
WARM_UP = 10
PROCESSOR_CALLS = 15
PEOPLE = 50
DISTINCT = 400
FILLED = "filled"
"""The file that says the clinic is whole: one whose making was broken off is made anew."""
RACE = 2000
WEEKS = 12
TRIVIAL = "health, the trivial one"
REPORTS = "reports of all that is finished"
SLOW = {REPORTS: 4}
"""What is asked for so few times only."""

Act = Callable[[], object]


def main(arguments: Sequence[str]) -> None:
    """Builds where needed, measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pages", description=__doc__)
    parser.add_argument("--encounters", type=int, default=210_000)
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=100, help="requests a page")
    parser.add_argument("--race", type=int, default=RACE, help="encounters that 50 people claim at once; 0: none")
    parser.add_argument("--write", type=Path, help="the file whose section on pages is written anew")
    chosen = parser.parse_args(arguments)
    own = Path(__file__).parents[2] / "var" / "bench"
    place = Path(os.environ.setdefault("VAR_DIR", str(own)))
    if place == own and not (own / FILLED).exists():
        shutil.rmtree(own, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infusion_coder.settings")
    # Without a worker the trivial page says so each time.
    os.environ.setdefault("LOG_LEVEL", "CRITICAL")
    from infusion_coder.command_line import servers_for

    with servers_for(["bench", "measure"]):
        import django

        django.setup()
        from infusion_coder import warming

        build(chosen.encounters, chosen.waiting)
        warming.warm()
        (place / FILLED).touch()
        said = table(measured(chosen.rounds), race(chosen.race) if chosen.race else None)
    sys.stdout.write(said)
    if chosen.write is not None:
        page = chosen.write.read_text(encoding="utf-8")
        before, _, behind = page.partition(f"{HEAD}\n")
        after = "\n## ".join(["", *behind.split("\n## ")[1:]]).lstrip("\n")
        parts = (before.rstrip(), said.rstrip(), after.rstrip())
        chosen.write.write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")


def build(encounters: int, waiting: int) -> None:
    """The load is there, built in minutes the first time, and the tables are tidy as autovacuum keeps them."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from encounters.models import Review
    from encounters.samples.clinic import build_clinic
    from encounters.samples.copies import COPIED
    from infusion_coder import prepare
    from tests.bench.filling import unburdened

    call_command("migrate", interactive=False, verbosity=0)
    prepare.collect_static()
    if not Review.objects.exists():
        now = timezone.now()
        build_clinic(
            encounters=encounters,
            waiting=waiting,
            seed=1,
            weeks=WEEKS,
            as_of=timezone.localdate(now),
            password=settings.DEMO_PASSWORD,
            at=now,
            distinct=DISTINCT,
            while_copying=unburdened([model._meta.db_table for model in COPIED]),
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


class Figures(NamedTuple):
    """Of one page: milliseconds of each request, of the processors for one, and the most queries of one."""

    times: list[float]
    processor: float
    queries: int


def measured(rounds: int) -> dict[str, Figures]:
    """The figures by page."""
    acts = pages()
    for name, act in acts.items():
        for _ in range(SLOW.get(name, WARM_UP)):
            act()
    times: dict[str, list[float]] = {name: [] for name in acts}
    for number in range(rounds):
        for name, act in acts.items():
            if number >= SLOW.get(name, rounds):
                continue
            since = time.perf_counter()
            act()
            times[name].append((time.perf_counter() - since) * 1000)
    return {
        name: Figures(times[name], _processor(act, SLOW.get(name, PROCESSOR_CALLS)), _queries(act))
        for name, act in acts.items()
    }


def _processor(act: Act, calls: int) -> float:
    """Processor milliseconds of one call, in this process and the database: what a busy machine hardly changes."""
    place = os.environ["VAR_DIR"]
    ours = [
        one.pid
        for one in psutil.process_iter(["name", "cmdline"])
        if one.info["name"] == "postgres" and place in " ".join(one.info["cmdline"] or ())
    ]
    servers = [child for pid in ours for child in psutil.Process(pid).children()]

    def spent() -> float:
        found = time.process_time()
        for server in servers:
            with contextlib.suppress(psutil.NoSuchProcess):
                found += sum(server.cpu_times()[:2])
        return found

    since = spent()
    for _ in range(calls):
        act()
    return (spent() - since) / calls * 1000


def pages() -> dict[str, Act]:
    """What is measured, by name; each call is a request of its own."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client
    from django.utils import timezone

    from encounters import coding, selectors
    from encounters.models import DrugAdministration, Encounter, Review
    from encounters.models.review import ReviewState
    from encounters.review import claims
    from encounters.selectors import Narrowed, Tab

    settings.ALLOWED_HOSTS = ["testserver"]
    coder = User.objects.get(username="coder")
    on = timezone.localdate()
    client = Client()
    client.force_login(coder)
    ready = selectors.review_queue(user=coder, asked=Narrowed(tab=Tab.READY), on=on)
    to_decide = selectors.review_queue(user=coder, asked=Narrowed(tab=Tab.WARNINGS), on=on)
    found = [*ready.values_list("encounter", flat=True)[:200], *to_decide.values_list("encounter", flat=True)[:200]]
    encounters = cycle(found)
    charts = cycle(Encounter.objects.filter(pk__in=found))
    timed = DrugAdministration.objects.filter(encounter__in=found, started_at__isnull=False, stopped_at__isnull=False)
    trials = cycle(timed.order_by("encounter_id", "position").distinct("encounter_id").select_related("encounter"))
    lead = Client()
    lead.force_login(User.objects.get(username="lead"))
    since, until = on - timedelta(weeks=WEEKS + 1), on
    drug = Review.objects.filter(state=ReviewState.READY).values_list("drugs", flat=True)[0][0].split()[0]

    def get(address: str, who: Client = client) -> Act:
        def request() -> object:
            response = who.get(address)
            assert response.status_code in {200, 204, 503}, (address, response.status_code)
            return response

        return request

    def one_of_many() -> object:
        return get(f"/review/{next(encounters)}/")()

    def what_if() -> object:
        """The stop half an hour later, as the page sends it while somebody types."""
        given = next(trials)
        assert given.stopped_at is not None
        later = (given.stopped_at + timedelta(minutes=31)).astimezone(ZoneInfo(given.encounter.time_zone))
        typed = {"administration": given.external_id, "stopped_at": f"{later:%Y-%m-%d %H:%M}"}
        response = client.post(f"/review/{given.encounter_id}/what-if/", typed, headers={"HX-Request": "true"})
        assert response.status_code == HTTPStatus.OK, response.status_code
        assert b"not saved" in response.content
        return response

    return {
        TRIVIAL: get("/healthz"),
        "queue": get("/review/"),
        "queue, second page": get("/review/?page=2"),
        "queue, ready": get("/review/?tab=ready"),
        "queue, mine": get("/review/?tab=mine"),
        "queue, accepted": get("/review/?tab=accepted"),
        "queue, a drug searched": get(f"/review/?q={drug}"),
        "queue, an account searched": get("/review/?tab=accepted&q=000017-3"),
        "queue, claims and counts": get("/review/claims/"),
        "workbench": one_of_many,
        "next encounter claimed": lambda: _claimed(claims, coder),
        "what-if, typed and drawn": what_if,
        "what-if: facts built and coded": lambda: coding.preview(encounter=next(charts)),
        REPORTS: get(f"/reports/?since={since}&until={until}", lead),
    }


def _claimed(claims: Any, coder: Any) -> None:
    from django.utils import timezone

    now = timezone.now()
    held = claims.claim_next(user=coder, at=now)
    claims.release(review=held, user=coder, at=now)


def _queries(act: Act) -> int:
    """The most queries of five calls, those that begin and end a transaction left out."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    most = 0
    for _ in range(5):
        with CaptureQueriesContext(connection) as queries:
            act()
        said = [query["sql"] for query in queries.captured_queries]
        most = max(most, sum(not sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for sql in said))
    return most


def race(encounters: int) -> tuple[float, int, int, int, int]:
    """50 people claim one after the other until so many are taken.

    Seconds, claims, encounters that two were given, the fewest and the most that one person got. What is claimed is
    put aside for a person who does not take part, and lies where it was afterwards.
    """
    from django.contrib.auth.models import Group, User
    from django.db import connection
    from django.utils import timezone

    from encounters.models import Review
    from encounters.review import claims

    people = [User.objects.get_or_create(username=f"racer-{number}")[0] for number in range(PEOPLE + 1)]
    Group.objects.get(name="coder").user_set.add(*people)
    aside, *people = User.objects.filter(username__startswith="racer-").order_by("pk")
    meant_for = dict(Review.objects.filter(assigned_to__isnull=False).values_list("pk", "assigned_to"))
    start = threading.Barrier(PEOPLE)
    taken: list[tuple[int, int]] = []

    def work(person: User) -> None:
        start.wait()
        while len(taken) < encounters:
            held = claims.claim_next(user=person, at=timezone.now())
            if held is None:
                break
            taken.append((held.pk, person.pk))
            Review.objects.filter(pk=held.pk).update(
                assigned_to=aside, claimed_by=None, claimed_at=None, lease_until=None
            )
        connection.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    since = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - since
    Review.objects.filter(assigned_to=aside).update(assigned_to=None)
    for pk, person in meant_for.items():
        Review.objects.filter(pk=pk).update(assigned_to=person)
    times = Counter(pk for pk, _ in taken)
    shares = Counter(person for _, person in taken)
    of_each = [shares[person.pk] for person in people]
    return seconds, len(taken), sum(count > 1 for count in times.values()), min(of_each), max(of_each)


def table(of: dict[str, Figures], raced: tuple[float, int, int, int, int] | None) -> str:
    """The section of figures."""
    trivial = of[TRIVIAL].processor
    rows = []
    for name, (times, processor, queries) in of.items():
        half, most = median(times), quantiles(times, n=20)[-1]
        ratio = processor / trivial
        rows.append(f"| {name} | {half:,.1f} | {most:,.1f} | {processor:,.1f} | {ratio:,.1f} | {queries} |")
    waiting, done = _size()
    on = datetime.now(UTC).date().isoformat()
    said = [
        HEAD,
        "",
        f"Written by `make bench` on {on}: {waiting:,} encounters wait and {done:,} are finished; {DISTINCT} of them",
        "were coded and worked one by one, the others are copies of their rows with patients, accounts and keys of",
        "their own, and without a trail. References were checked and indexes built behind the copying. Milliseconds on",
        "the server for a whole request, every middleware and the commit included, and the most queries of one",
        "(those that begin and end a transaction left out). Processor milliseconds are those of the web process and of",
        "the database together: other work on the machine lengthens the clock times and hardly these. Its load was",
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors. The ratio is of processor time to the trivial page.",
        "",
        "| request | median ms | p95 ms | processor ms | ratio | queries |",
        "| :-- | --: | --: | --: | --: | --: |",
        *rows,
        "",
    ]
    if raced is not None:
        seconds, claims, doubles, fewest, most_of_one = raced
        said += [
            f"{PEOPLE} people claiming at once took {claims:,} encounters in {seconds:,.1f} s: {doubles} were given",
            f"to two, and everybody got between {fewest} and {most_of_one}.",
            "",
        ]
    return "\n".join(said)


def _size() -> tuple[int, int]:
    from encounters.models import Review
    from encounters.models.review import ReviewState

    done = Review.objects.filter(state=ReviewState.ACCEPTED).count()
    return Review.objects.count() - done, done


if __name__ == "__main__":
    main(sys.argv[1:])
