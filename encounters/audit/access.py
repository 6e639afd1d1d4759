"""Who came in, who tried to, who went, and who may do what since when."""

import getpass
from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import User

from encounters.audit.recording import record
from encounters.audit.tags import Tag

UNKNOWN = "unknown"
WITHHELD = "(withheld)"


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


def account_made(*, user: User, at: datetime) -> None:
    """Somebody at the machine's terminal made an account that may do everything."""
    after = {"username": user.get_username(), "is_superuser": user.is_superuser, "is_staff": user.is_staff}
    record(tag=Tag.RECORD_ADDED, at=at, actor_name=_at_the_terminal(), object_repr=f"user {user.pk}", after=after)


def password_changed(*, user: User, at: datetime) -> None:
    """Somebody at the machine's terminal set a person's password."""
    words = {"username": user.get_username(), "password": WITHHELD}
    record(tag=Tag.RECORD_CHANGED, at=at, actor_name=_at_the_terminal(), object_repr=f"user {user.pk}", after=words)


def _at_the_terminal() -> str:
    return f"{getpass.getuser()} at the terminal"
