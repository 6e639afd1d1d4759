"""Who has an encounter in hand. A claim is a lease: without a heartbeat it runs out, and the encounter is free."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from encounters import audit
from encounters.audit import Tag
from encounters.models import Review
from encounters.models.review import ReviewState
from encounters.review import hold
from encounters.review.hold import CLAIM_FIELDS, LEAD, LEASE, OPEN_STATES, WORK, ReviewIsClosed, UnableToWork
from encounters.selectors import BEST_FIRST, review_queue, scored

LOOK_AHEAD = 200
"""Rows of the queue in which the next one is looked for."""


class UnableToKeepClaim(UnableToWork):
    """The lease is not the user's any more."""

    def __init__(self) -> None:
        """Says so."""
        super().__init__("Your hold on this encounter has ended; claim it again before going on.")


class UnableToAssign(UnableToWork):
    """The person may not work reviews."""

    def __init__(self, name: str) -> None:
        """Names the person."""
        super().__init__(f"{name} may not work reviews.")


@transaction.atomic
def claim(*, review: Review, user: User, at: datetime) -> Review:
    """The review is the user's for LEASE.

    Raises PermissionDenied, ReviewIsHeld, ReviewIsClosed once accepted, OwnSecondReview.
    """
    hold.require(user, WORK)
    held = hold.lock(review)
    hold.refuse_other_holder(held, user, at)
    if held.state == ReviewState.ACCEPTED:
        raise ReviewIsClosed(held)
    if held.state == ReviewState.SECOND_REVIEW:
        hold.refuse_own_second_review(held, user)
    hold.take(held, user, at)
    return held


@transaction.atomic
def claim_next(*, user: User, at: datetime) -> Review | None:
    """The best free review is the user's, None when there is none; rows that others are just taking are skipped.

    Free: nobody's lease runs, and it is assigned to nobody else. A lead is handed second reviews too.
    Raises PermissionDenied.
    """
    hold.require(user, WORK)
    wanted = Q(state__in=OPEN_STATES)
    if user.has_perm(LEAD):
        wanted |= Q(state=ReviewState.SECOND_REVIEW) & ~Q(second_review_from=user)
    free = Review.objects.filter(
        wanted,
        Q(claimed_by__isnull=True) | Q(claimed_by=user) | Q(lease_until__lte=at),
        Q(assigned_to__isnull=True) | Q(assigned_to=user),
    )
    held = (
        scored(free, on=timezone.localdate(at))
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .order_by(*BEST_FIRST)
        .first()
    )
    if held:
        hold.take(held, user, at)
    return held


def heartbeat(*, review: Review, user: User, at: datetime) -> datetime:
    """The lease runs LEASE longer; the new end is returned. Raises UnableToKeepClaim when it is not the user's."""
    lease_until = at + LEASE
    if not Review.objects.filter(pk=review.pk, claimed_by=user).update(lease_until=lease_until):
        raise UnableToKeepClaim
    return lease_until


@transaction.atomic
def release(*, review: Review, user: User, at: datetime) -> Review:
    """Nobody holds the review. A lead may end another person's claim; others, raising ReviewIsHeld, may not."""
    hold.require(user, WORK)
    held = hold.lock(review)
    if not user.has_perm(LEAD):
        hold.refuse_other_holder(held, user, at)
    if held.claimed_by:
        before = {"claimed_by": audit.name_of(held.claimed_by)}
        hold.let_go(held)
        held.save(update_fields=CLAIM_FIELDS)
        audit.record(tag=Tag.ENCOUNTER_RELEASED, at=at, actor=user, encounter=held.encounter, before=before)
    return held


def skip(*, review: Review, user: User, at: datetime) -> Review | None:
    """The user lets go of the review and holds the next free one behind it in the queue's order; None past the last.

    Raises what `release` raises.
    """
    release(review=review, user=user, at=at)
    rows = list(review_queue(user=user, on=timezone.localdate(at))[:LOOK_AHEAD])
    places = [row.pk for row in rows]
    begin = places.index(review.pk) + 1 if review.pk in places else 0
    for row in rows[begin:]:
        if row.state not in OPEN_STATES or row.holder(at) is not None:
            continue
        try:
            return claim(review=row, user=user, at=at)
        except UnableToWork:
            continue
    return None


@transaction.atomic
def release_expired(*, at: datetime) -> int:
    """Claims whose lease has run out are gone; how many they were. Rows in somebody's hands are left for next time."""
    expired = list(Review.objects.filter(lease_until__lte=at).select_for_update(skip_locked=True, no_key=True))
    for held in expired:
        before = {"claimed_by": audit.name_of(held.claimed_by)} if held.claimed_by else None
        hold.let_go(held)
        held.save(update_fields=CLAIM_FIELDS)
        audit.record(
            tag=Tag.ENCOUNTER_RELEASED, at=at, encounter=held.encounter, before=before, reason="the lease ran out"
        )
    return len(expired)


@transaction.atomic
def assign(*, review: Review, to: User | None, user: User, at: datetime) -> Review:
    """The review is meant for `to`, or for anybody. Raises PermissionDenied unless a lead asks, UnableToAssign."""
    hold.require(user, LEAD)
    if to is not None and not to.has_perm(WORK):
        raise UnableToAssign(audit.name_of(to))
    held = hold.lock(review)
    before, held.assigned_to = held.assigned_to, to
    held.save(update_fields=["assigned_to"])
    audit.record(
        tag=Tag.ENCOUNTER_ASSIGNED,
        at=at,
        actor=user,
        encounter=held.encounter,
        before={"assigned_to": audit.name_of(before) if before else ""},
        after={"assigned_to": audit.name_of(to) if to else ""},
    )
    return held
