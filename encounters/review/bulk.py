"""Many encounters accepted in one act: only those without a finding whose lines came about by the same rules.

How many at most, and what share is set aside for a second look, are settings: `BULK_ACCEPT_MOST` and
`BULK_ACCEPT_SAMPLED_PERCENT`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, Q, When

from encounters import audit
from encounters.audit import Tag
from encounters.models import Review
from encounters.models.review import ReviewState
from encounters.review import hold, routing, states
from encounters.review.hold import WORK, UnableToWork
from encounters.sites import seen_by

HUNDRED = 100
LEAST = 2


class UnableToAcceptTogether(UnableToWork):
    """The encounters cannot be accepted in one act; the message says which of its limits stands against it."""


@dataclass(frozen=True, slots=True)
class AcceptedTogether:
    """What became of them; `refused` says of each encounter that was left alone why."""

    accepted: tuple[Review, ...]
    second_look: tuple[Review, ...]
    refused: tuple[tuple[Review, str], ...]


def alike(*, review: Review, user: User, at: datetime) -> list[Review]:
    """The encounters that `user` may accept together with `review`, itself first; none where it is not of that kind.

    Ready, without any finding, by the same rule path, and in nobody else's hands; BULK_ACCEPT_MOST at most, the oldest
    first. Raises PermissionDenied.
    """
    hold.require(user, WORK)
    if not _is_of_the_kind(review):
        return []
    rows = (
        Review.objects.filter(
            seen_by(user),
            Q(claimed_by__isnull=True) | Q(claimed_by=user) | Q(lease_until__lte=at),
            Q(assigned_to=user) | Q(assigned_to__isnull=True) & ~routing.beyond(user),
            state=ReviewState.READY,
            rule_path=review.rule_path,
            blocks=0,
            warns=0,
            informs=0,
        )
        .select_related("encounter__patient", "payer")
        .order_by(Case(When(pk=review.pk, then=0), default=1), "date_of_service", "pk")
    )
    return list(rows[: settings.BULK_ACCEPT_MOST])


def sampled_of(count: int) -> int:
    """How many of `count` encounters are set aside for a second look: the share, rounded up."""
    return -(-count * settings.BULK_ACCEPT_SAMPLED_PERCENT // HUNDRED)


@transaction.atomic
def accept_together(*, reviews: Sequence[tuple[Review, int]], user: User, at: datetime, seed: str) -> AcceptedTogether:
    """The reviews, each with the version that was seen, are accepted as suggested, but for those set aside.

    Which are set aside is drawn by `seed`, which the trail keeps: they go to second review instead. One that has
    changed, is held by somebody or has a finding by now is left alone and named in the answer. Raises PermissionDenied,
    and UnableToAcceptTogether for too many, for none, or for lines that did not come about in the same way.
    """
    hold.require(user, WORK)
    if len(reviews) < LEAST:
        message = "Choose at least two."
        raise UnableToAcceptTogether(message)
    if len(reviews) > settings.BULK_ACCEPT_MOST:
        message = f"At most {settings.BULK_ACCEPT_MOST} encounters are accepted in one act."
        raise UnableToAcceptTogether(message)
    rows = Review.objects.filter(seen_by(user), pk__in=[review.pk for review, _ in reviews])
    current = {held.pk: held for held in rows}
    if len(current) < len(reviews):
        message = "One of these is not there, or of a site that you do not work for."
        raise UnableToAcceptTogether(message)
    if len({held.rule_path for held in current.values()}) > 1:
        message = "These lines did not come about by the same rules; accept them one by one."
        raise UnableToAcceptTogether(message)
    # Nobody foresees what is drawn, as long as nobody foresees the seed.
    drawn = set(Random(seed).sample(sorted(current), sampled_of(len(current))))  # noqa: S311
    accepted, second_look, refused = [], [], []
    for review, version in sorted(reviews, key=lambda pair: pair[0].pk):
        try:
            with transaction.atomic():
                if review.pk in drawn:
                    second_look.append(_set_aside(current[review.pk], version, len(current), user, at))
                else:
                    accepted.append(_accept(current[review.pk], version, len(current), user, at))
        except UnableToWork as refusal:
            refused.append((review, str(refusal)))
    audit.record(
        tag=Tag.BULK_ACCEPTED,
        at=at,
        actor=user,
        object_repr=f"{len(accepted)} encounters",
        after={
            "seed": seed,
            "accepted": [held.encounter_id for held in accepted],
            "second_look": [held.encounter_id for held in second_look],
            "refused": [[review.encounter_id, said] for review, said in refused],
            "most": settings.BULK_ACCEPT_MOST,
            "sampled_percent": settings.BULK_ACCEPT_SAMPLED_PERCENT,
        },
    )
    return AcceptedTogether(tuple(accepted), tuple(second_look), tuple(refused))


def _is_of_the_kind(review: Review) -> bool:
    has_findings = review.blocks or review.warns or review.informs
    return review.state == ReviewState.READY and not has_findings and bool(review.rule_path)


def _check(review: Review, version: int, user: User, at: datetime) -> None:
    held = hold.for_work(review=review, user=user, at=at, version=version)
    if not _is_of_the_kind(held):
        message = "Not accepted: it has something to look at by now."
        raise UnableToAcceptTogether(message)


def _accept(review: Review, version: int, together: int, user: User, at: datetime) -> Review:
    _check(review, version, user, at)
    return states.accept(
        review=review, user=user, at=at, version=version, reason=f"accepted together with {together - 1} alike"
    )


def _set_aside(review: Review, version: int, together: int, user: User, at: datetime) -> Review:
    _check(review, version, user, at)
    note = f"Drawn for a second look from {together} that were accepted together."
    return states.send_to_second_review(review=review, note=note, user=user, at=at, version=version)
