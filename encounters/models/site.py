"""Which sites a person works for."""

from django.conf import settings
from django.db import models

from encounters.models.patient import Location


class SiteAssignment(models.Model):
    """The person sees and works this site. Whoever has none of these works for every site."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sites")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "location"], name="site_assigned_once")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.location_id}"
