"""What a report is about, and who may ask for it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from encounters.review.hold import LEAD, WORK

AUDIT = "encounters.audit_reviews"


@dataclass(frozen=True, slots=True)
class Asked:
    """A period of whole local days, `until` not in it, narrowed by payer and site (codes) and coder (id)."""

    since: date
    until: date
    payer: str = ""
    site: str = ""
    coder: int | None = None

    @property
    def parameters(self) -> dict[str, object]:
        """What the queries ask with."""
        return {
            "since": _midnight(self.since),
            "until": _midnight(self.until),
            "first_day": self.since,
            "end_day": self.until,
            "payer": self.payer,
            "site": self.site,
            "coder": self.coder or 0,
            "zone": timezone.get_current_timezone_name(),
        }

    @property
    def last_day(self) -> date:
        """The last day of the period."""
        return self.until - timedelta(days=1)


def require(user: User) -> bool:
    """Whether the user sees everybody's figures, as leads and auditors do; coders see their own.

    Raises PermissionDenied for anybody else.
    """
    if user.has_perm(LEAD) or user.has_perm(AUDIT):
        return True
    if user.has_perm(WORK):
        return False
    message = "Figures are for leads and auditors; coders see their own."
    raise PermissionDenied(message)


def asked_by(user: User, asked: Asked) -> Asked:
    """What the user may ask of what they asked for: a coder's own figures only. Raises PermissionDenied."""
    if require(user):
        return asked
    return Asked(since=asked.since, until=asked.until, payer=asked.payer, site=asked.site, coder=user.pk)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
