"""What the reviews of a sample found, and the samples there are."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet

from encounters.models import Sample, SampleAudit, SampleItem
from encounters.sampling import verify_sample
from encounters.sampling.comparing import items_of
from encounters.sampling.permission import require_sample, shown_to


@dataclass(frozen=True, slots=True)
class Seat:
    """One item as the page of the sample prints it. `is_exact` None: not locked, or covered for the reader."""

    item: SampleItem
    audits: tuple[SampleAudit, ...]
    mine: SampleAudit | None
    is_exact: bool | None
    is_covered: bool

    @property
    def is_reviewed(self) -> bool:
        """Whether its first auditor has locked."""
        return self.audits[0].is_locked


@dataclass(frozen=True, slots=True)
class Progress:
    """A sample with its items and the scores so far."""

    seats: tuple[Seat, ...]
    scores: dict[str, Any]
    drawn: dict[str, int]

    @property
    def reviewed(self) -> int:
        """How many the first auditor has locked."""
        return int(self.scores["reviewed"])


def samples(*, user: User) -> QuerySet[Sample]:
    """Every sample shown to the user, newest first, with how many audits it takes and how many are locked.

    Raises PermissionDenied.
    """
    locked = Count("items__audits__lock", distinct=True)
    mine = Q(items__audits__auditor=user, items__audits__lock__isnull=True)
    return (
        shown_to(user)
        .defer("frame")
        .annotate(
            audits=Count("items__audits", distinct=True),
            locked=locked,
            mine=Count("items__audits", filter=mine, distinct=True),
        )
        .order_by("-at", "-pk")
    )


def progress(*, sample: Sample, user: User) -> Progress:
    """How far the reviews of a sample are and what they found. Raises PermissionDenied."""
    require_sample(user, sample)
    items = items_of(sample)
    told = terms(sample)
    exact = {
        data["position"]: all(row["is_right"] for row in verify_sample.rows_of(data))
        for data in items
        if data["audits"][0]["locked_at"]
    }
    seats = []
    found = sample.items.select_related("encounter__patient").prefetch_related("audits__lock", "audits__auditor")
    for item in found.order_by("position"):
        audits = tuple(sorted(item.audits.all(), key=lambda audit: audit.place))
        mine = next((audit for audit in audits if audit.auditor_id == user.pk), None)
        is_covered = mine is not None and not mine.is_locked
        seats.append(
            Seat(
                item=item,
                audits=audits,
                mine=mine,
                is_exact=None if is_covered else exact.get(item.position),
                is_covered=is_covered,
            )
        )
    return Progress(seats=tuple(seats), scores=verify_sample.scores(told, items), drawn=dict(sample.sizes))


def terms(sample: Sample) -> dict[str, Any]:
    """What of a sample the scores and the draw are computed from, as the export tells it."""
    strata: dict[str, int] = {}
    for line in sample.frame.splitlines():
        stratum = verify_sample.stratum_of(line)
        strata[stratum] = strata.get(stratum, 0) + 1
    return {
        "name": sample.name,
        "definition": sample.definition,
        "frame_size": sample.frame_size,
        "frame_hash": sample.frame_hash,
        "stratified_by": sample.stratified_by,
        "allocation": sample.allocation,
        "strata": strata,
        "sizes": sample.sizes,
        "size": sample.size,
        "size_reason": sample.size_reason,
        "planned_for": sample.planned_for,
        "confidence": float(sample.confidence),
        "seed": sample.seed,
        "algorithm": sample.algorithm,
        "drawn_by": sample.drawn_by_name,
        "drawn_at": sample.at.isoformat(),
    }
