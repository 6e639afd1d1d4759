"""Who came in, who tried to, who went, and who may do what since when."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import User

from encounters.audit.recording import record
from encounters.audit.tags import Tag

UNKNOWN = "unknown"


def signed_in(*, user: User, at: datetime) -> None:
    """Somebody has signed in."""
    record(tag=Tag.SIGNED_IN, at=at, actor=user)


def signed_out(*, user: User, at: datetime) -> None:
    """Somebody has signed out."""
    record(tag=Tag.SIGNED_OUT, at=at, actor=user)


def sign_in_failed(*, name: str, at: datetime, by: str = "password") -> None:
    """Somebody could not sign in. A name that nobody has is not kept: it may be a password in the wrong field."""
    known = User.objects.filter(username=name).first() if "\0" not in name else None
    record(
        tag=Tag.SIGN_IN_FAILED,
        at=at,
        actor=known,
        actor_name="" if known else UNKNOWN,
        after={"by": by},
    )


def administered(
    *,
    tag: Tag,
    user: User,
    at: datetime,
    what: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """A record of the administration, a user or a group among them, was added, changed, deleted or seen."""
    record(tag=tag, at=at, actor=user, object_repr=what, before=before, after=after)
