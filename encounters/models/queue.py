"""How people look at the queue: its tabs, and filters they keep for themselves."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from encounters.models.patient import Location, Payer


class Tab(models.TextChoices):
    """The filters of the queue that everybody has. OPEN holds all but what is accepted."""

    OPEN = "open", "All open"
    MINE = "mine", "Mine"
    READY = "ready", "Ready"
    WARNINGS = "warnings", "Warnings"
    PENDED = "pended", "Pended"
    SECOND_REVIEW = "second_review", "Second review"
    CHANGED = "changed", "Changed since accepted"
    ACCEPTED = "accepted", "Accepted"


class SavedFilter(models.Model):
    """A filter a person keeps under a name: a tab, narrowed by words, payer or site."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="queue_filters")
    name = models.CharField(max_length=30)
    tab = models.CharField(max_length=14, choices=Tab, default=Tab.OPEN)
    search = models.CharField(max_length=200, blank=True)
    payer = models.ForeignKey(Payer, null=True, blank=True, on_delete=models.CASCADE)
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_filter_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_filter_has_a_name"),
            models.CheckConstraint(condition=Q(tab__in=Tab.values), name="saved_filter_tab_is_known"),
        ]

    def __str__(self) -> str:
        return self.name
