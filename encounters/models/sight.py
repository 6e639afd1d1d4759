"""What somebody has looked at before accepting: administrations that earn no line."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from encounters.models.append_only import AppendOnly
from encounters.models.coding import CodingRun
from encounters.models.review import Review


class Sight(AppendOnly):
    """A person saw why an administration earns no line of administration.

    `administration` is its external id, `said` the reasons as they were read: where a later run says the same the
    sight still counts, where it says something else it does not.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="sights")
    run = models.ForeignKey(CodingRun, on_delete=models.PROTECT, related_name="+")
    administration = models.CharField(max_length=80)
    said = models.TextField(blank=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seen_by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "run", "administration", "seen_by"], name="sight_once_a_run"),
            models.CheckConstraint(condition=~Q(administration=""), name="sight_names_what"),
        ]

    def __str__(self) -> str:
        return f"{self.administration} seen by {self.seen_by_name}"
