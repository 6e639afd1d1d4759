"""A review in hand: who may act on it, and what refuses an act. Every act begins here."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from encounters import audit
from encounters.audit import Tag
from encounters.models import AuditEvent, Review
from encounters.models.encounter import CodingState
from encounters.models.review import ReviewState
from encounters.sites import seen_by

WORK = "encounters.work_reviews"
LEAD = "encounters.lead_reviews"
LEASE = timedelta(seconds=90)
"""The page says every few seconds that it is open: a killed browser's claim is free well within two minutes, and a tab
in the background, which browsers let speak once a minute, keeps its own."""
OPEN_STATES = frozenset({ReviewState.TO_DECIDE, ReviewState.READY, ReviewState.CHANGED})
"""Waiting for a coder, whoever that is."""
WORKABLE = OPEN_STATES | {ReviewState.SECOND_REVIEW}


class UnableToWork(Exception):
    """An act on a review is refused, with nothing stored; the message says why, in words for the person."""


class ReviewHasChanged(UnableToWork):
    """Somebody acted, or a new run came, after the page was made; `events` are what happened since."""

    def __init__(self, events: Iterable[AuditEvent]) -> None:
        """Names what changed."""
        self.events = tuple(events)
        said = "; ".join(described(event) for event in self.events) or "the review was changed"
        super().__init__(f"Not saved, because this changed in the meantime: {said}.")


class ReviewIsHeld(UnableToWork):
    """Another person's lease runs."""

    def __init__(self, review: Review) -> None:
        """Names the holder."""
        self.holder_name = audit.name_of(review.claimed_by) if review.claimed_by else ""
        super().__init__(f"Not saved: {self.holder_name} holds this encounter.")


class ChartHasChanged(UnableToWork):
    """The chart is newer than the run that the review shows."""

    def __init__(self, review: Review) -> None:
        """Says whether a new run is to be expected."""
        if review.encounter.coding_state == CodingState.FAILED:
            said = f"its new documentation could not be coded ({review.encounter.coding_error})"
        else:
            said = "new documentation has arrived and is being coded"
        super().__init__(f"Not saved: {said}.")


class ReviewIsClosed(UnableToWork):
    """The act is none of those that the review's state allows."""

    def __init__(self, review: Review) -> None:
        """Names the state."""
        super().__init__(f"Not saved: this encounter is in state “{ReviewState(review.state).label}”.")


class OwnSecondReview(UnableToWork):
    """A second review is taken by another person than the one who asked for it."""

    def __init__(self) -> None:
        """Says so."""
        super().__init__("Not saved: you asked for this second review, so another person has to take it.")


def require(user: User, permission: str) -> None:
    """Raise PermissionDenied for a user without the permission."""
    if not user.has_perm(permission):
        message = f"This needs the permission {permission}."
        raise PermissionDenied(message)


def lock(review: Review, user: User | None) -> Review:
    """The row as it is now, held by the caller's transaction until it ends; `user` None is the system itself.

    Raises PermissionDenied for a review of a site that the user does not work for.

    Never joined: whoever waits for the lock is given the new row, but the joined rows of the moment before the wait.
    """
    rows = Review.objects.select_for_update(no_key=True).filter(pk=review.pk)
    held = (rows if user is None else rows.filter(seen_by(user))).first()
    if held is None:
        message = "This encounter is of a site that you do not work for."
        raise PermissionDenied(message)
    return held


def for_work(
    *,
    review: Review,
    user: User,
    at: datetime,
    version: int,
    states: frozenset[ReviewState] = WORKABLE,
) -> Review:
    """The locked review, held by `user` under a fresh lease; call it inside the transaction of the act.

    Raises PermissionDenied, ReviewHasChanged when `version` is not the row's, ReviewIsHeld, ChartHasChanged,
    ReviewIsClosed outside `states`, OwnSecondReview.
    """
    require(user, WORK)
    held = lock(review, user)
    if held.version != version:
        raise ReviewHasChanged(events_since(held, version))
    refuse_other_holder(held, user, at)
    encounter = held.encounter
    if encounter.coding_state != CodingState.CODED or encounter.chart_version != held.run.chart_version:
        raise ChartHasChanged(held)
    if held.state not in states:
        raise ReviewIsClosed(held)
    if held.state == ReviewState.SECOND_REVIEW:
        refuse_own_second_review(held, user)
    take(held, user, at)
    return held


def refuse_other_holder(held: Review, user: User, at: datetime) -> None:
    """Raise ReviewIsHeld while another person's lease runs."""
    holder = held.holder(at)
    if holder is not None and holder.pk != user.pk:
        raise ReviewIsHeld(held)


def refuse_own_second_review(held: Review, user: User) -> None:
    """Raise unless `user` is a lead and not the one who asked for the second review."""
    require(user, LEAD)
    if held.second_review_from_id == user.pk:
        raise OwnSecondReview


def take(held: Review, user: User, at: datetime) -> None:
    """The lease is the user's, for LEASE from now; a change of hands is recorded."""
    is_new = held.claimed_by_id != user.pk
    if is_new:
        held.claimed_by, held.claimed_at = user, at
    held.lease_until = at + LEASE
    held.save(update_fields=["claimed_by", "claimed_at", "lease_until"])
    if is_new:
        audit.record(tag=Tag.ENCOUNTER_CLAIMED, at=at, actor=user, encounter=held.encounter)


def let_go(held: Review) -> None:
    """Nobody holds the review; saved by the caller."""
    held.claimed_by, held.claimed_at, held.lease_until = None, None, None


CLAIM_FIELDS = ("claimed_by", "claimed_at", "lease_until")


def save_act(
    held: Review,
    *fields: str,
    tag: Tag,
    at: datetime,
    user: User | None,
    object_repr: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str = "",
) -> None:
    """The version rises, `fields` are saved, and the trail has the act with the version that it made."""
    held.version += 1
    held.save(update_fields=["version", *fields])
    audit.record(
        tag=tag,
        at=at,
        actor=user,
        encounter=held.encounter,
        object_repr=object_repr,
        before=before,
        after=dict(after or {}) | {"version": held.version},
        reason=reason,
    )


def open_state(held: Review) -> ReviewState:
    """The state of a review that waits for a coder: something to decide, or nothing."""
    return ReviewState.TO_DECIDE if held.blocks or held.warns or has_open_refusals(held) else ReviewState.READY


def resumed_state(held: Review) -> ReviewState:
    """The state after waiting: what was changed since it was accepted still is."""
    return ReviewState.CHANGED if held.was_changed else open_state(held)


def events_since(review: Review, version: int) -> list[AuditEvent]:
    """The acts that raised the review's version above `version`, oldest first."""
    return list(AuditEvent.objects.filter(encounter=review.encounter_id, after__version__gt=version).order_by("pk"))


def described(event: AuditEvent) -> str:
    """One event in a few words."""
    _, thing, verb = event.tag.split(":")
    said = f"{event.object_repr or thing} {verb.replace('_', ' ')}"
    return f"{said} by {event.actor_name}" if event.actor_id else said


def has_open_refusals(held: Review) -> bool:
    """Whether a record of the encounter could not be taken in and nobody has settled it."""
    return held.encounter.refusals.filter(settled_at__isnull=True).exists()
