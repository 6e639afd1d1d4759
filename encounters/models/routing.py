"""Which encounters need somebody with a skill, and who has it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from encounters.models.patient import Location, Payer
from rules.vocabulary import LineFamily

FAMILIES = [(word.value, word.value.replace("_", " ").capitalize()) for word in LineFamily]


class Skill(models.Model):
    """Something a person has to know to work some encounters: a payer's ways, a site's charting, chemotherapy."""

    name = models.CharField(max_length=60, unique=True)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="skills")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="skill_has_a_name")]

    def __str__(self) -> str:
        return self.name


class RoutingRule(models.Model):
    """Encounters of this payer, at this site and with a line of this family need the skill; what is empty fits all."""

    payer = models.ForeignKey(Payer, null=True, blank=True, on_delete=models.PROTECT)
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.PROTECT)
    family = models.CharField(max_length=12, choices=FAMILIES, blank=True)
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="rules")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(payer__isnull=False) | Q(location__isnull=False) | ~Q(family=""),
                name="routing_rule_fits_something",
            ),
            models.UniqueConstraint(
                fields=["payer", "location", "family", "skill"], nulls_distinct=False, name="routing_rule_once"
            ),
        ]

    def __str__(self) -> str:
        fits = " · ".join(filter(None, (str(self.payer or ""), str(self.location or ""), self.get_family_display())))
        return f"{fits}: {self.skill}"
