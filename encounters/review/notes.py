"""Notes on an encounter, a line, an administration or a finding. A correction is a new version; nothing is erased."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from encounters import audit
from encounters.audit import Tag
from encounters.models import Note, Review
from encounters.models.note import NoteAnchor
from encounters.review import hold
from encounters.review.hold import WORK, UnableToWork

LONGEST_NOTE = 2000


class UnableToNote(UnableToWork):
    """The note says nothing, hangs on nothing, or is another person's."""


@transaction.atomic
def write(
    *,
    review: Review,
    text: str,
    anchor_kind: str = NoteAnchor.ENCOUNTER,
    anchor: str = "",
    anchor_words: str = "",
    user: User,
    at: datetime,
) -> Note:
    """The note stands on the encounter, whoever holds it: notes change nothing that is decided.

    Raises PermissionDenied, UnableToNote.
    """
    hold.require(user, WORK)
    if anchor_kind not in NoteAnchor.values or bool(anchor) == (anchor_kind == NoteAnchor.ENCOUNTER):
        message = "A note hangs on the encounter, or on a line, an administration or a finding that it names."
        raise UnableToNote(message)
    hold.lock(review, user)
    note = Note(review=review, anchor_kind=anchor_kind, anchor=anchor, anchor_words=anchor_words[:200])
    return _stored(note, text, Tag.NOTE_WRITTEN, user=user, at=at)


@transaction.atomic
def rewrite(*, note: Note, text: str, user: User, at: datetime) -> Note:
    """The author's new version stands in place of `note`, which is kept. Raises PermissionDenied, UnableToNote."""
    hold.require(user, WORK)
    hold.lock(note.review, user)
    if note.author_id != user.pk:
        message = "A note is corrected by its author; write one of your own."
        raise UnableToNote(message)
    if Note.objects.filter(replaces=note).exists():
        message = "This note has been corrected already; load the page again."
        raise UnableToNote(message)
    newer = Note(
        review=note.review,
        anchor_kind=note.anchor_kind,
        anchor=note.anchor,
        anchor_words=note.anchor_words,
        replaces=note,
    )
    return _stored(newer, text, Tag.NOTE_REWRITTEN, user=user, at=at)


def notes_of(review: Review) -> list[Note]:
    """The notes in force, oldest first. One query."""
    rows = Note.objects.filter(review=review, replaced_by__isnull=True).select_related("replaces")
    return list(rows.order_by("pk"))


def _stored(note: Note, text: str, tag: Tag, *, user: User, at: datetime) -> Note:
    said = text.strip()
    if not said or len(said) > LONGEST_NOTE:
        message = f"A note has 1 to {LONGEST_NOTE:,} characters."
        raise UnableToNote(message)
    note.text, note.author, note.author_name, note.at = said, user, audit.name_of(user), at
    note.save()
    audit.record(
        tag=tag,
        at=at,
        actor=user,
        encounter=note.review.encounter,
        object_repr=note.anchor_words or note.get_anchor_kind_display(),
        before={"note": note.replaces.text} if note.replaces else None,
        after={"note": said, "on": note.anchor_kind, "anchor": note.anchor},
    )
    return note
