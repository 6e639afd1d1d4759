"""Who has an encounter in hand. A claim is a lease: without a heartbeat it runs out, and the encounter is free."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from encounters import audit
from encounters.audit import Tag, looking
from encounters.models import Review
from encounters.models.review import ReviewState
from encounters.review import hold, routing
from encounters.review.hold import CLAIM_FIELDS, LEAD, LEASE, OPEN_STATES, WORK, ReviewIsClosed, UnableToWork
from encounters.review.seeding import seed_by_chance
from encounters.selectors import BEST_FIRST, EVERYTHING, Narrowed, fitting, scored
from encounters.sites import seen_by

LOOK_AHEAD = 50
"""Rows behind a skipped one in which the next one is looked for."""
CANDIDATES = 100
"""Rows among which the next one is locked; more than this many people seldom press the key at one moment."""
ASSIGN_MOST = 500
NOTHING: Mapping[int, int] = MappingProxyType({})


class UnableToKeepClaim(UnableToWork):
    """The lease is not the user's any more."""

    def __init__(self) -> None:
        """Says so."""
        super().__init__("Your hold on this encounter has ended; claim it again before going on.")


class UnableToAssign(UnableToWork):
    """The person may not work reviews, or too many are assigned at once."""


@transaction.atomic
def claim(*, review: Review, user: User, at: datetime) -> Review:
    """The review is the user's for LEASE.

    Raises PermissionDenied, ReviewIsHeld, ReviewIsClosed once accepted, OwnSecondReview.
    """
    return _claim(review, user, at)


@transaction.atomic
def take_up(*, review: Review, user: User, at: datetime) -> Review:
    """The review is the user's, who sees its chart: one entry into the trail's chain for both. Raises like `claim`."""
    held = _claim(review, user, at)
    looking.viewed(encounter=held.encounter, user=user, at=at)
    return held


def _claim(review: Review, user: User, at: datetime) -> Review:
    hold.require(user, WORK)
    held = hold.lock(review, user)
    # The same person and encounter need not be read once more.
    if held.claimed_by_id == user.pk:
        held.claimed_by = user
    if Review.encounter.is_cached(review):
        held.encounter = review.encounter
    hold.refuse_other_holder(held, user, at)
    if held.state == ReviewState.ACCEPTED:
        raise ReviewIsClosed(held)
    if held.state == ReviewState.SECOND_REVIEW:
        hold.refuse_own_second_review(held, user)
    hold.take(held, user, at)
    seed_by_chance(held, user=user, at=at)
    return held


@transaction.atomic
def claim_next(
    *, user: User, at: datetime, without: Mapping[int, int] = NOTHING, among: Narrowed = EVERYTHING
) -> Review | None:
    """The best free review is the user's, None when there is none; rows that others are just taking are skipped.

    Free: nobody's lease runs, it is assigned to nobody else, and the user has the skills it needs or was assigned it. A
    lead is handed second reviews too. `without`: reviews by id that are left where they are, as long as they have the
    version given. `among`: the part of the queue that it is taken from. Raises PermissionDenied.
    """
    hold.require(user, WORK)
    rows = scored(_free(user, at, among), on=timezone.localdate(at)).order_by(*BEST_FIRST)
    taken = _first(rows.exclude(pk__in=_still(without)))
    if taken:
        hold.take(taken, user, at)
        seed_by_chance(taken, user=user, at=at)
    return taken


def _still(versions: Mapping[int, int]) -> list[int]:
    """Those of the reviews that have the version given."""
    now = Review.objects.filter(pk__in=versions).values_list("pk", "version")
    return [pk for pk, version in now if versions[pk] == version]


def _first(rows: QuerySet[Review]) -> Review | None:
    """The first of the rows that nobody is just taking, locked; only a few are locked and read in full."""
    while candidates := list(rows.values_list("pk", flat=True)[:CANDIDATES]):
        found = rows.filter(pk__in=candidates).select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if found:
            return found
        rows = rows.exclude(pk__in=candidates)
    return None


def _free(user: User, at: datetime, among: Narrowed) -> QuerySet[Review]:
    wanted = Q(state__in=OPEN_STATES)
    if user.has_perm(LEAD):
        wanted |= Q(state=ReviewState.SECOND_REVIEW) & ~Q(second_review_from=user)
    return fitting(among, user).filter(
        wanted,
        Q(claimed_by__isnull=True) | Q(claimed_by=user) | Q(lease_until__lte=at),
        Q(assigned_to=user) | Q(assigned_to__isnull=True) & ~routing.beyond(user),
    )


def heartbeat(*, review: Review, user: User, at: datetime) -> datetime:
    """The lease runs LEASE longer; the new end is returned. Raises UnableToKeepClaim when it is not the user's."""
    lease_until = at + LEASE
    if not Review.objects.filter(seen_by(user), pk=review.pk, claimed_by=user).update(lease_until=lease_until):
        raise UnableToKeepClaim
    return lease_until


@transaction.atomic
def release(*, review: Review, user: User, at: datetime) -> Review:
    """Nobody holds the review. A lead may end another person's claim; others, raising ReviewIsHeld, may not."""
    hold.require(user, WORK)
    held = hold.lock(review, user)
    if not user.has_perm(LEAD):
        hold.refuse_other_holder(held, user, at)
    if held.claimed_by:
        before = {"claimed_by": audit.name_of(held.claimed_by)}
        hold.let_go(held)
        held.save(update_fields=CLAIM_FIELDS)
        audit.record(tag=Tag.ENCOUNTER_RELEASED, at=at, actor=user, encounter=held.encounter, before=before)
    return held


def skip(*, review: Review, user: User, at: datetime, among: Narrowed = EVERYTHING) -> Review | None:
    """The user lets go of the review and holds the next free one behind it in the queue's order; None past the last.

    `among`: the part of the queue that it is taken from. Raises what `release` raises.
    """
    release(review=review, user=user, at=at)
    on = timezone.localdate(at)
    place = scored(Review.objects.filter(pk=review.pk), on=on).get()
    behind = Q(score__lt=place.score) | Q(score=place.score, pk__gt=place.pk)  # type: ignore[attr-defined]
    rows = scored(_free(user, at, among), on=on).filter(behind, state__in=OPEN_STATES).order_by(*BEST_FIRST)
    for candidate in rows[:LOOK_AHEAD]:
        try:
            return claim(review=candidate, user=user, at=at)
        except UnableToWork:
            # Somebody was faster.
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
    _may_assign(to, user)
    held = hold.lock(review, user)
    _assign(held, to, user, at)
    return held


@transaction.atomic
def assign_many(*, reviews: Sequence[int], to: User | None, user: User, at: datetime) -> int:
    """The reviews, by id, are meant for `to`, or for anybody; how many were not before. Raises like `assign`.

    Those accepted in the meantime are left alone. At most ASSIGN_MOST at once, UnableToAssign beyond.
    """
    _may_assign(to, user)
    if len(reviews) > ASSIGN_MOST:
        raise UnableToAssign(f"At most {ASSIGN_MOST} encounters are assigned at once.")
    rows = Review.objects.filter(seen_by(user), pk__in=reviews).exclude(state=ReviewState.ACCEPTED).order_by("pk")
    changed = [held for held in rows.select_for_update(no_key=True) if held.assigned_to_id != (to.pk if to else None)]
    for held in changed:
        _assign(held, to, user, at)
    return len(changed)


def people_who_work() -> list[User]:
    """Those to whom encounters can be assigned, by name."""
    people = User.objects.with_perm(WORK, backend="django.contrib.auth.backends.ModelBackend", include_superusers=False)
    return list(people.order_by("first_name", "last_name", "username"))


def _may_assign(to: User | None, user: User) -> None:
    hold.require(user, LEAD)
    if to is not None and not to.has_perm(WORK):
        raise UnableToAssign(f"{audit.name_of(to)} may not work reviews.")


def _assign(held: Review, to: User | None, user: User, at: datetime) -> None:
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
