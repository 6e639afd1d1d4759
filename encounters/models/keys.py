"""The keys a person changed for themselves."""

from django.conf import settings
from django.db import models


class KeyPreference(models.Model):
    """Where a person's keys differ from the default; no row where they do not.

    `strokes`: the person's stroke by the name of the key in `encounters.keys.KEYS`, the changed ones only. `is_on`:
    whether keys of a single character do anything.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="key_preference")
    is_on = models.BooleanField(default=True)
    strokes = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"keys of {self.user_id}"
