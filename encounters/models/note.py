"""Words that people leave on an encounter for each other."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from encounters.models.append_only import AppendOnly
from encounters.models.review import Review


class NoteAnchor(models.TextChoices):
    """What a note hangs on."""

    ENCOUNTER = "encounter", "the encounter"
    LINE = "line", "a line"
    ADMINISTRATION = "administration", "an administration"
    FINDING = "finding", "a finding"


class Note(AppendOnly):
    """A remark of one person; append-only: a correction is a new version that names the one it replaces.

    `anchor` is the key of the line, the external id of the administration, or kind and administrations of the
    finding, empty for the encounter; `anchor_words` what it was called when the note was written.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="notes")
    anchor_kind = models.CharField(max_length=14, choices=NoteAnchor, default=NoteAnchor.ENCOUNTER)
    anchor = models.CharField(max_length=400, blank=True)
    anchor_words = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=150)
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="note_says_something"),
            models.CheckConstraint(condition=Q(anchor_kind__in=NoteAnchor.values), name="note_anchor_is_known"),
            models.CheckConstraint(
                condition=Q(anchor_kind="encounter", anchor="") | (~Q(anchor_kind="encounter") & ~Q(anchor="")),
                name="note_names_its_anchor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author_name} {self.at:%Y-%m-%d %H:%M}"
