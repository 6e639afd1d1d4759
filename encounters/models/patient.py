"""Who was treated, where, and who pays."""

from django.db import models

from rules.vocabulary import Setting

SETTINGS = [(word.value, word.value.capitalize()) for word in Setting]


class Patient(models.Model):
    """A person as the sending system names them; no more than coding needs."""

    mrn = models.CharField(max_length=40, unique=True)
    family_name = models.CharField(max_length=120, blank=True)
    given_name = models.CharField(max_length=120, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.initials} {self.mrn_tail}"

    @property
    def initials(self) -> str:
        """The family name's first letter with a full stop, or an em dash where no name came."""
        return f"{self.family_name[:1].upper()}." if self.family_name else "—"

    @property
    def mrn_tail(self) -> str:
        """The last four characters of the record number, behind two middle dots."""
        return f"··{self.mrn[-4:]}"


class Payer(models.Model):
    """Who pays, under which policy layer, and how long a claim may wait (days)."""

    class Kind(models.TextChoices):
        MEDICARE = "medicare", "Medicare"
        MEDICAID = "medicaid", "Medicaid"
        COMMERCIAL = "commercial", "Commercial"
        OTHER = "other", "Other"

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.OTHER)
    policy_layer = models.CharField(max_length=80, blank=True)
    target_days = models.PositiveSmallIntegerField(default=5)
    bill_hold_days = models.PositiveSmallIntegerField(default=5)
    filing_limit_days = models.PositiveSmallIntegerField(default=365)

    def __str__(self) -> str:
        return self.name


class Location(models.Model):
    """A clinic, department or office: its setting, place of service, clock and own policy layer."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    setting = models.CharField(max_length=10, choices=SETTINGS)
    place_of_service = models.CharField(max_length=2)
    time_zone = models.CharField(max_length=40, default="America/New_York")
    policy_layer = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return self.name
