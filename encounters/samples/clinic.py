"""A clinic with as many encounters as wanted: weeks of work done and a queue that waits, the same for the same seed.

Up to DISTINCT encounters are variants of the samples: another patient, day, payer and clock, here and there a gap in
the charting. They go the way of every encounter: taken in day by day, coded by the engine, worked by the coders'
acts of `encounters.review`, each at its hour, so that runs, lines, decisions and trail are what those acts leave.
Beyond DISTINCT the rest are copies, made by the database in bulk (`encounters.samples.copies`): another patient and
account, the same chart at the same hours, and with it the very run that the engine made of it. No date is shifted and
no result made up, so a copied run replays byte for byte; what a copy lacks is a trail of its own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from django.contrib.auth.models import User

from encounters import intake
from encounters.intake.records import ReadEncounter
from encounters.models import Encounter, Review
from encounters.review import preparation, tally
from encounters.samples import loading
from encounters.samples.copies import copy_encounters
from encounters.samples.variants import Variants
from encounters.samples.work import Desk

DISTINCT = 2000
SOURCE = "demo-clinic"
LEAST_WAITING = 60
WAITING_PART = 21
"""One encounter in so many waits, as 10,000 do beside 200,000 finished."""
WORK_DAYS = 3
"""What came on the last days is not finished yet."""
CLINIC = ZoneInfo("America/New_York")
SENT_AT = time(20, 0)
CODED_AFTER = timedelta(minutes=5)

Progress = Callable[[str, int, int], None]


class UnableToBuildClinic(Exception):
    """The clinic of this seed is there already, or the figures fit no clinic."""


@dataclass(frozen=True, slots=True)
class Clinic:
    """What was built."""

    distinct: int
    copies: int
    waiting: int
    finished: int


def build_clinic(
    *,
    encounters: int,
    waiting: int | None = None,
    seed: int,
    weeks: int,
    as_of: date,
    password: str,
    at: datetime,
    distinct: int = DISTINCT,
    while_copying: AbstractContextManager[object] | None = None,
    progress: Progress | None = None,
) -> Clinic:
    """The clinic of `seed` with `encounters`, their dates of service in the `weeks` before `as_of`.

    `waiting` of them wait in the queue, those of the last days; one in WAITING_PART unless told. `while_copying` is
    entered around the copies. Raises UnableToBuildClinic.
    """
    source = f"{SOURCE}-{seed}"
    wanted = max(min(LEAST_WAITING, encounters // 2), encounters // WAITING_PART) if waiting is None else waiting
    if not 1 <= wanted <= encounters or not weeks >= 1:
        message = "At least one encounter waits, no more than there are, and there is a week of them."
        raise UnableToBuildClinic(message)
    if Encounter.objects.filter(source=source).exists():
        message = f"The clinic of seed {seed} is in this database already."
        raise UnableToBuildClinic(message)
    progress = progress or _nothing
    loading.load_samples(as_of=as_of, password=password, at=at)
    content = yaml.safe_load((loading.FOLDER / "clinic.yaml").read_text(encoding="utf-8"))
    desk = Desk(content, random=_dice(seed, "desk"), people=_people(content, password), until=at)
    variants = Variants(content, random=_dice(seed, "charts"), prefix=f"DC{seed}")
    waits = min(wanted, max(distinct // 2, distinct - (encounters - wanted)))
    finishes = min(encounters - wanted, distinct - waits)
    days = working_days(as_of, weeks)
    late = days[-int(content["waiting"]["held_back_days"]) :]
    done = _take_in(variants, days[:-WORK_DAYS] or days, finishes, source, progress)
    open_ = _take_in(variants, late, waits, source, progress)
    _work(desk.finish, done, "worked", progress)
    _work(desk.leave_waiting, open_, "put in the queue", progress)
    with while_copying or nullcontext():
        copies = sum(
            copy_encounters(originals=ids, count=all_ - len(ids), family_names=content["family_names"])
            for ids, all_ in ((done, encounters - wanted), (open_, wanted))
            if ids and all_ > len(ids)
        )
    tally.compact()
    progress("copied", copies, copies)
    return Clinic(len(done) + len(open_), copies, wanted, encounters - wanted)


def _nothing(what: str, done: int, of: int) -> None:
    """Nobody watches."""


def _dice(seed: int, what: str) -> Random:
    return Random(f"{seed} {what}")  # noqa: S311  # the same clinic for the same seed, no secret


def working_days(as_of: date, weeks: int) -> list[date]:
    """The days from Monday to Friday of the weeks before `as_of`, the oldest first."""
    return [loading.working_day_before(as_of, count) for count in range(weeks * 5, 0, -1)]


def _take_in(variants: Variants, days: Sequence[date], count: int, source: str, progress: Progress) -> list[int]:
    """`count` variants spread over the days, each day's sent that evening and coded; their encounters' ids."""
    found: list[int] = []
    for place, day in enumerate(days):
        of_day = count * (place + 1) // len(days) - count * place // len(days)
        if of_day:
            found += _day(variants.take(of_day), day, source)
            progress("taken in and coded", len(found), count)
    return found


def _day(entries: Iterator[Mapping[str, Any]], day: date, source: str) -> list[int]:
    sent_at = datetime.combine(day, SENT_AT, CLINIC)
    batch = intake.open_batch(source=source, file_name=f"{day}.json", sha256="", actor=None, at=sent_at)
    directory = intake.directory()
    records: list[ReadEncounter] = [
        intake.encounter_of_json(loading.written_out(entry, as_of=day + timedelta(days=1)), directory=directory)
        for entry in entries
    ]
    batch = intake.take_in(records=records, batch=batch, actor=None, at=sent_at)
    if batch.refused:
        refusal = batch.refusals.first()
        message = f"A variant of a sample was refused: {refusal.reason if refusal else ''}"
        raise UnableToBuildClinic(message)
    accounts = [read.encounter.external_id for read in records if read.encounter]
    ids = list(
        Encounter.objects.filter(source=source, external_id__in=accounts).order_by("pk").values_list("pk", flat=True)
    )
    for encounter_id in ids:
        preparation.code(encounter_id=encounter_id, at=sent_at + CODED_AFTER)
    return ids


def _work(act: Callable[[Review], None], ids: Sequence[int], what: str, progress: Progress) -> None:
    for number, encounter_id in enumerate(ids, start=1):
        act(Review.objects.select_related("encounter").get(encounter=encounter_id))
        if number % 50 == 0 or number == len(ids):
            progress(what, number, len(ids))


def _people(content: Mapping[str, Any], password: str) -> list[User]:
    """Those who code in this clinic, the demo's own coders among them."""
    more = {row["username"]: (row["name"], tuple(row["groups"])) for row in content["coders"]}
    loading.load_users(loading.USERS | more, password)
    names = [*more, *(name for name, (_, groups) in loading.USERS.items() if "coder" in groups)]
    return list(User.objects.filter(username__in=names).order_by("username"))
