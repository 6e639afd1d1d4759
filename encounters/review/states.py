"""Acts on a whole review: accept, pend and wake, second review, reopen."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from encounters import audit, selectors
from encounters.audit import Tag
from encounters.models import FinalLine, Review
from encounters.models.review import PendReason, ReviewState
from encounters.review import hold, seeding, sights
from encounters.review.active_time import active_seconds
from encounters.review.hold import CLAIM_FIELDS, LEAD, WORKABLE, ReviewHasChanged, ReviewIsClosed, UnableToWork
from encounters.review.lines import ReviewLine, lines_of

FIGURES = ("lines_untouched", "lines_edited", "lines_added", "lines_rejected", "active_seconds")


class UnableToAccept(UnableToWork):
    """Something stands against the acceptance; the message says what to do."""


class NotAllSeen(UnableToAccept):
    """Administrations without a line that the person has not looked at; `administrations` names them."""

    def __init__(self, administrations: list[str]) -> None:
        """Says how many."""
        self.administrations = tuple(administrations)
        count = len(administrations)
        what = "One administration that earns no line has" if count == 1 else f"{count} that earn no line have"
        super().__init__(f"Not accepted: {what} not been looked at yet.")


class UnableToPend(UnableToWork):
    """The pend says not what it waits for, or until a day that has passed."""


class UnableToReopen(UnableToWork):
    """A reopening says why."""


@transaction.atomic
def accept(*, review: Review, user: User, at: datetime, version: int, reason: str = "") -> Review:
    """The lines are final: those nobody decided stand as suggested. FinalLine rows hold them for good.

    A suggestion that was wrong on purpose is settled instead: the review stays open and shows the true run.
    A blocking finding needs `reason`, why it is accepted all the same. Raises UnableToAccept, also while a record of
    the encounter that could not be taken in is unsettled, NotAllSeen, and what `hold.for_work` raises.
    """
    held = hold.for_work(review=review, user=user, at=at, version=version)
    if refused := selectors.open_refusals(held.encounter).count():
        message = f"{refused} records of this encounter could not be taken in; settle them first."
        raise UnableToAccept(message)
    if held.blocks and not reason.strip():
        message = f"{held.blocks} findings block this encounter; mend them, or say why it is accepted all the same."
        raise UnableToAccept(message)
    if hidden := sights.unseen(review=held, user=user):
        raise NotAllSeen(hidden)
    if seeded := seeding.seeded_of(held):
        seeding.settle(held, seeded, user=user, at=at)
        return held
    lines = lines_of(held)
    final = [line for line in lines if line.is_billed]
    held.acceptances += 1
    held.accepted_in = held.state
    held.state, held.accepted_by, held.accepted_at, held.accepted_run = ReviewState.ACCEPTED, user, at, held.run
    held.woken_because = ""
    hold.let_go(held)
    frozen = [
        _final_line(held, line, position, audit.name_of(user), at) for position, line in enumerate(final, start=1)
    ]
    FinalLine.objects.bulk_create(frozen)
    _tell_figures(held, frozen, rejected=len(lines) - len(final), at=at)
    hold.save_act(
        held,
        "state",
        "acceptances",
        "accepted_in",
        "accepted_by",
        "accepted_at",
        "accepted_run",
        "woken_because",
        *FIGURES,
        *CLAIM_FIELDS,
        tag=Tag.ENCOUNTER_ACCEPTED,
        at=at,
        user=user,
        after={
            "run": held.run.number,
            "acceptance": held.acceptances,
            "blocks": held.blocks,
            "lines": [[line.code, line.units, list(line.modifiers)] for line in final],
        },
        reason=reason.strip(),
    )
    return held


@transaction.atomic
def pend(
    *,
    review: Review,
    reason: str,
    note: str = "",
    until: date | None = None,
    user: User,
    at: datetime,
    version: int,
) -> Review:
    """The review waits, meant for the one who pended it, until a day, until new documentation, or until woken.

    `reason` is a value of PendReason; OTHER needs a note. Raises UnableToPend and what `hold.for_work` raises.
    """
    held = hold.for_work(review=review, user=user, at=at, version=version)
    if reason not in PendReason.values:
        message = "Choose what it waits for."
        raise UnableToPend(message)
    if reason == PendReason.OTHER and not note.strip():
        message = "Say in words what it waits for."
        raise UnableToPend(message)
    if until is not None and until <= timezone.localdate(at):
        message = "Choose a day after today."
        raise UnableToPend(message)
    before = {"state": held.state}
    held.was_changed = held.was_changed or held.state == ReviewState.CHANGED
    held.state, held.pend_reason, held.pend_note, held.pended_until = ReviewState.PENDED, reason, note.strip(), until
    held.assigned_to, held.pended_run, held.woken_because = user, held.run, ""
    hold.let_go(held)
    hold.save_act(
        held,
        "state",
        "pend_reason",
        "pend_note",
        "pended_until",
        "was_changed",
        "assigned_to",
        "pended_run",
        "woken_because",
        *CLAIM_FIELDS,
        tag=Tag.ENCOUNTER_PENDED,
        at=at,
        user=user,
        before=before,
        after={"state": held.state, "pend_reason": reason, "until": until},
        reason=note.strip(),
    )
    return held


@transaction.atomic
def wake(*, review: Review, user: User, at: datetime, version: int) -> Review:
    """A pended review waits for a coder again, in the user's hands. Raises what `hold.for_work` raises."""
    held = hold.for_work(review=review, user=user, at=at, version=version, states=frozenset({ReviewState.PENDED}))
    wake_up(held, at=at, user=user, reason="taken up by hand")
    return held


@transaction.atomic
def wake_due(*, on: date, at: datetime) -> int:
    """Reviews that were pended until `on` or before wait for a coder again; how many they were."""
    due = list(
        Review.objects.filter(state=ReviewState.PENDED, pended_until__lte=on).select_for_update(
            skip_locked=True, no_key=True
        )
    )
    for held in due:
        wake_up(held, at=at, user=None, reason="the day has come")
    return len(due)


def wake_up(held: Review, *, at: datetime, user: User | None, reason: str) -> None:
    """The locked, pended review is open again."""
    before = {"state": held.state, "pend_reason": held.pend_reason, "until": held.pended_until}
    held.state, held.was_changed = hold.resumed_state(held), False
    held.pend_reason, held.pend_note, held.pended_until, held.woken_because = "", "", None, reason
    hold.save_act(
        held,
        "state",
        "pend_reason",
        "pend_note",
        "pended_until",
        "was_changed",
        "woken_because",
        tag=Tag.ENCOUNTER_WOKEN,
        at=at,
        user=user,
        before=before,
        after={"state": held.state},
        reason=reason,
    )


@transaction.atomic
def send_to_second_review(*, review: Review, note: str = "", user: User, at: datetime, version: int) -> Review:
    """A lead other than the user looks next. Raises what `hold.for_work` raises."""
    held = hold.for_work(
        review=review, user=user, at=at, version=version, states=WORKABLE - {ReviewState.SECOND_REVIEW}
    )
    before = {"state": held.state}
    held.was_changed = held.was_changed or held.state == ReviewState.CHANGED
    held.state, held.second_review_from, held.second_review_note = ReviewState.SECOND_REVIEW, user, note.strip()
    held.assigned_to, held.first_coding = None, [_as_kept(line) for line in lines_of(held)]
    held.woken_because = ""
    hold.let_go(held)
    hold.save_act(
        held,
        "state",
        "second_review_from",
        "second_review_note",
        "first_coding",
        "woken_because",
        "was_changed",
        "assigned_to",
        *CLAIM_FIELDS,
        tag=Tag.ENCOUNTER_SENT_TO_SECOND_REVIEW,
        at=at,
        user=user,
        before=before,
        after={"state": held.state},
        reason=note.strip(),
    )
    return held


@transaction.atomic
def return_from_second_review(*, review: Review, note: str, user: User, at: datetime, version: int) -> Review:
    """The one who asked for the second review goes on, with the lead's note. Raises what `hold.for_work` raises."""
    held = hold.for_work(
        review=review, user=user, at=at, version=version, states=frozenset({ReviewState.SECOND_REVIEW})
    )
    held.state, held.assigned_to = hold.resumed_state(held), held.second_review_from
    held.was_changed = False
    held.second_review_note = note.strip()
    hold.let_go(held)
    hold.save_act(
        held,
        "state",
        "assigned_to",
        "second_review_note",
        "was_changed",
        *CLAIM_FIELDS,
        tag=Tag.ENCOUNTER_RETURNED,
        at=at,
        user=user,
        before={"state": ReviewState.SECOND_REVIEW},
        after={"state": held.state},
        reason=note.strip(),
    )
    return held


@transaction.atomic
def reopen(*, review: Review, reason: str, user: User, at: datetime, version: int) -> Review:
    """An accepted review waits for a coder again; its final lines stay as those of that acceptance.

    Raises PermissionDenied unless a lead asks, UnableToReopen without a reason, ReviewHasChanged, ReviewIsClosed when
    it is not accepted.
    """
    hold.require(user, LEAD)
    held = hold.lock(review, user)
    if held.version != version:
        raise ReviewHasChanged(hold.events_since(held, version))
    if held.state != ReviewState.ACCEPTED:
        raise ReviewIsClosed(held)
    if not reason.strip():
        message = "Say why it is reopened."
        raise UnableToReopen(message)
    held.state, held.was_changed = hold.open_state(held), False
    hold.save_act(
        held,
        "state",
        "was_changed",
        tag=Tag.ENCOUNTER_REOPENED,
        at=at,
        user=user,
        before={"state": ReviewState.ACCEPTED, "acceptance": held.acceptances},
        after={"state": held.state},
        reason=reason.strip(),
    )
    return held


def _as_kept(line: ReviewLine) -> dict[str, object]:
    """A line as the first coder left it."""
    return {
        "key": line.key,
        "code": line.code,
        "units": line.units,
        "modifiers": list(line.modifiers),
        "is_billed": line.is_billed,
    }


def _tell_figures(held: Review, final: Sequence[FinalLine], *, rejected: int, at: datetime) -> None:
    origins = Counter(line.origin for line in final)
    held.lines_untouched = origins[FinalLine.Origin.SUGGESTED]
    held.lines_edited = origins[FinalLine.Origin.OVERRIDDEN]
    held.lines_added = origins[FinalLine.Origin.ADDED]
    held.lines_rejected = rejected
    held.active_seconds = active_seconds(held.encounter, until=at)


def _final_line(held: Review, line: ReviewLine, position: int, name: str, at: datetime) -> FinalLine:
    origin = FinalLine.Origin.SUGGESTED
    if line.suggested is None:
        origin = FinalLine.Origin.ADDED
    elif line.is_changed:
        origin = FinalLine.Origin.OVERRIDDEN
    return FinalLine(
        review=held,
        run=held.run,
        acceptance=held.acceptances,
        position=position,
        line_key=line.key,
        code=line.code,
        units=line.units,
        modifiers=list(line.modifiers),
        administrations=list(line.administrations),
        date_of_service=line.date_of_service,
        origin=origin,
        accepted_by_name=name,
        at=at,
    )
