"""Filters of the queue that people keep for themselves."""

from django.contrib.auth.models import User
from django.db import transaction

from encounters.models import Location, Payer, SavedFilter
from encounters.models.queue import Tab
from encounters.review import hold
from encounters.review.hold import UnableToWork
from encounters.selectors import READ, Narrowed

MOST = 8
"""A person keeps so many filters at most: more tabs than that nobody reads."""
LONGEST_NAME = 30
LONGEST_SEARCH = 200


class UnableToSaveFilter(UnableToWork):
    """The filter has no name, or there are too many; the message says which."""


@transaction.atomic
def save_filter(*, name: str, asked: Narrowed, user: User) -> SavedFilter:
    """The user finds this under `name` from now on, in place of what the name meant before.

    Raises PermissionDenied, UnableToSaveFilter.
    """
    hold.require(user, READ)
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        message = "Give the filter a name."
        raise UnableToSaveFilter(message)
    if asked.is_whole_tab:
        message = f"“{Tab(asked.tab).label}” is a tab already; search or narrow first, then keep that."
        raise UnableToSaveFilter(message)
    kept = SavedFilter.objects.filter(owner=user)
    if kept.exclude(name=name).count() >= MOST:
        message = f"You keep {MOST} filters already; remove one first."
        raise UnableToSaveFilter(message)
    said = {
        "tab": asked.tab,
        "search": asked.search[:LONGEST_SEARCH],
        "payer": Payer.objects.filter(code=asked.payer).first() if asked.payer else None,
        "location": Location.objects.filter(code=asked.site).first() if asked.site else None,
    }
    return SavedFilter.objects.update_or_create(owner=user, name=name, defaults=said)[0]


def remove_filter(*, name: str, user: User) -> None:
    """The user keeps no filter of that name any more. Raises PermissionDenied."""
    hold.require(user, READ)
    # No text of the database holds a NUL, and asking for one is an error there.
    SavedFilter.objects.filter(owner=user, name=name.replace("\0", "\ufffd")).delete()
