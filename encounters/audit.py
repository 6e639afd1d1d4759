"""The trail: every act is recorded on purpose, in the transaction that does it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import structlog
from django.contrib.auth.models import User

from encounters.models import AuditEvent, Encounter

SYSTEM = "system"
"""The actor's name where no person acted: a task, a sweep."""


class Tag(StrEnum):
    """What can happen: `subject:object:past-verb`."""

    BATCH_TAKEN_IN = "intake:batch:taken_in"
    RECORD_REFUSED = "intake:record:refused"
    REFUSAL_SETTLED = "intake:refusal:settled"
    PATIENT_CHANGED = "chart:patient:changed"
    ENCOUNTER_OPENED = "chart:encounter:opened"
    ENCOUNTER_CHANGED = "chart:encounter:changed"
    ADMINISTRATION_RECORDED = "chart:administration:recorded"
    ADMINISTRATION_CORRECTED = "chart:administration:corrected"
    ADMINISTRATION_MAPPED = "chart:administration:mapped"
    ADDENDUM_ADDED = "chart:addendum:added"
    RUN_COMPLETED = "coding:run:completed"
    RUN_FAILED = "coding:run:failed"
    RUN_REQUESTED = "coding:run:requested"
    ENCOUNTER_PREPARED = "review:encounter:prepared"
    ENCOUNTER_VIEWED = "review:encounter:viewed"
    ENCOUNTER_CLAIMED = "review:encounter:claimed"
    ENCOUNTER_RELEASED = "review:encounter:released"
    ENCOUNTER_ASSIGNED = "review:encounter:assigned"
    ENCOUNTER_PENDED = "review:encounter:pended"
    ENCOUNTER_WOKEN = "review:encounter:woken"
    ENCOUNTER_SENT_TO_SECOND_REVIEW = "review:encounter:sent_to_second_review"
    ENCOUNTER_RETURNED = "review:encounter:returned"
    ENCOUNTER_ACCEPTED = "review:encounter:accepted"
    ENCOUNTER_REOPENED = "review:encounter:reopened"
    ENCOUNTER_CHANGED_SINCE = "review:encounter:changed_since_accepted"
    ENCOUNTER_RESTORED = "review:encounter:restored"
    LINE_ACCEPTED = "review:line:accepted"
    LINE_OVERRIDDEN = "review:line:overridden"
    LINE_REJECTED = "review:line:rejected"
    LINE_ADDED = "review:line:added"
    LINE_UNDONE = "review:line:undone"


def record(
    *,
    tag: Tag,
    at: datetime,
    actor: User | None = None,
    actor_name: str = "",
    encounter: Encounter | None = None,
    object_repr: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str = "",
    request_id: str = "",
) -> AuditEvent:
    """One event is in the trail, with the names as they are now; the caller's transaction carries it.

    Without `actor` and `actor_name` the system acted. `request_id` defaults to that of the request being served.
    """
    return AuditEvent.objects.create(
        tag=tag,
        at=at,
        actor=actor,
        actor_name=actor_name or (name_of(actor) if actor else SYSTEM),
        encounter=encounter,
        object_repr=object_repr[:200],
        before=before,
        after=after,
        reason=reason,
        request_id=request_id or str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )


def name_of(user: User) -> str:
    """The name a person goes by: full name, else user name."""
    return user.get_full_name() or user.get_username()
