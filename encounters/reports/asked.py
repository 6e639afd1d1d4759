"""What a report is about, and who may ask for it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from encounters.review.hold import LEAD, WORK
from encounters.sites import sites_of

AUDIT = "encounters.audit_reviews"


@dataclass(frozen=True, slots=True)
class Asked:
    """A period of whole local days, `until` not in it, narrowed by payer and site (codes) and coder (id).

    `sites` (ids) are those that whoever asks works for; none where they work for all.
    """

    since: date
    until: date
    payer: str = ""
    site: str = ""
    coder: int | None = None
    sites: tuple[int, ...] = ()

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
            "sites": list(self.sites),
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
    """What the user may ask of what they asked for: their sites only, a coder's own figures only.

    Raises PermissionDenied.
    """
    coder = asked.coder if require(user) else user.pk
    return replace(asked, coder=coder, sites=tuple(sites_of(user)))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
