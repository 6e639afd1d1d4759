"""The trail: every act is recorded on purpose, in the transaction that does it."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from django.contrib.auth.models import User
from django.db import transaction

from encounters.audit import chain
from encounters.audit.tags import Tag
from encounters.models import AuditEvent, Encounter

SYSTEM = "system"
"""The actor's name where no person acted: a task, a sweep."""


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
    """One event is in the trail, with the names as they are now; the caller's transaction carries and chains it.

    Without `actor` and `actor_name` the system acted. `request_id` defaults to that of the request being served.
    """
    event = AuditEvent(
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
    # Without a transaction of the caller's this is one; within one it costs no savepoint.
    with transaction.atomic(savepoint=False):
        event.save()
        chain.seal_at_commit(event.pk)
    return event


def name_of(user: User) -> str:
    """The name a person goes by: full name, else user name."""
    return user.get_full_name() or user.get_username()
