"""Looking at patients is recorded as doing something to them is."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User

from encounters.audit.recording import record
from encounters.audit.tags import Tag
from encounters.models import Encounter


def viewed(*, encounter: Encounter, user: User, at: datetime, tag: Tag = Tag.ENCOUNTER_VIEWED, what: str = "") -> None:
    """Somebody saw the chart, or what `tag` names of it."""
    record(tag=tag, at=at, actor=user, encounter=encounter, object_repr=what)


def listed(*, encounters: Iterable[int], user: User, at: datetime, what: str) -> None:
    """Somebody saw these encounters in a list; `what` names the list. An empty list shows nobody."""
    if ids := sorted(set(encounters)):
        record(tag=Tag.ENCOUNTERS_LISTED, at=at, actor=user, object_repr=what, after={"encounters": ids})
