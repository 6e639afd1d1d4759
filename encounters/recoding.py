"""Encounters are coded again for one reason. The rows are the job: whoever comes next does what is left of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, QuerySet

from encounters import audit
from encounters.audit import Tag
from encounters.models import CodingRun, Recoding, RecodingItem, Review
from encounters.models.review import ReviewState
from encounters.review import preparation

REQUEST_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a recoding is."""

    recoding: Recoding
    encounters: int
    coded: int

    @property
    def percent(self) -> int:
        """Whole percent of its encounters that have had their turn; 100 where it has none."""
        return 100 * self.coded // self.encounters if self.encounters else 100

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.recoding.finished_at is not None


@transaction.atomic
def request(
    *, encounter_ids: Iterable[int], trigger: CodingRun.Trigger, reason: str, by: User | None, at: datetime
) -> Recoding:
    """A recoding of these encounters, each once, that nobody has begun; it is recorded in the trail."""
    wanted = sorted(set(encounter_ids))
    recoding = Recoding.objects.create(
        trigger=trigger,
        reason=reason[:300],
        requested_at=at,
        requested_by=by,
        requested_by_name=audit.name_of(by) if by else audit.SYSTEM,
        finished_at=None if wanted else at,
    )
    RecodingItem.objects.bulk_create(
        (RecodingItem(recoding=recoding, encounter_id=encounter_id) for encounter_id in wanted),
        batch_size=REQUEST_CHUNK,
    )
    audit.record(
        tag=Tag.RECODING_REQUESTED,
        at=at,
        actor=by,
        object_repr=recoding.reason,
        after={"recoding": recoding.pk, "encounters": len(wanted)},
    )
    return recoding


def code_some(*, recoding_id: int, most: int, at: datetime) -> int:
    """At most so many of its encounters are coded again; how many are left.

    Each in a transaction of its own, so that what is done stays done. Asked twice at once, or again after the end, no
    encounter is coded to another result: a run that sees the same facts is the same run. Accepted encounters keep
    their lines and become `changed since accepted` where the new run differs.
    """
    recoding = Recoding.objects.get(pk=recoding_id)
    waiting = RecodingItem.objects.filter(recoding=recoding, coded_at__isnull=True).order_by("pk")
    for pk, encounter_id in waiting.values_list("pk", "encounter_id")[:most]:
        preparation.code(encounter_id=encounter_id, at=at, trigger=recoding.trigger, is_forced=True)
        RecodingItem.objects.filter(pk=pk, coded_at__isnull=True).update(coded_at=at)
    left = waiting.count()
    if not left:
        Recoding.objects.filter(pk=recoding_id, finished_at__isnull=True).update(finished_at=at)
    return left


def open_and_coded(*, since: datetime) -> set[int]:
    """Encounters with a run from then on behind whose lines no coder stands."""
    coded = CodingRun.objects.filter(at__gte=since).values_list("encounter_id", flat=True)
    accepted = Review.objects.filter(encounter__in=coded, state__in=(ReviewState.ACCEPTED, ReviewState.CHANGED))
    return set(coded) - set(accepted.values_list("encounter_id", flat=True))


def unfinished() -> list[int]:
    """Recodings with something left to do, the first requested first."""
    return list(Recoding.objects.filter(finished_at__isnull=True).order_by("pk").values_list("pk", flat=True))


def progress(*, recoding_id: int) -> Progress:
    """How far one is. Raises Recoding.DoesNotExist."""
    found = _progress(Recoding.objects.filter(pk=recoding_id))
    if not found:
        raise Recoding.DoesNotExist
    return found[0]


def newest(*, most: int) -> list[Progress]:
    """How far the newest ones are, newest first."""
    return _progress(Recoding.objects.order_by("-pk")[:most])


def _progress(rows: QuerySet[Recoding]) -> list[Progress]:
    recodings = list(rows)
    counted = (
        RecodingItem.objects.filter(recoding__in=recodings)
        .values("recoding")
        .annotate(encounters=Count("pk"), coded=Count("coded_at"))
    )
    by_recoding = {row["recoding"]: row for row in counted}
    nothing = {"encounters": 0, "coded": 0}
    return [
        Progress(one, found["encounters"], found["coded"])
        for one in recodings
        for found in [by_recoding.get(one.pk, nothing)]
    ]
