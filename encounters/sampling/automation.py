"""Automation bias: how often a coder accepts what is wrong on purpose, with exact intervals, and what that tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import comb

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q

from encounters import audit
from encounters.audit import Tag
from encounters.audit.blinding import AUDIT
from encounters.models import SeedingPolicy, SeedOutcome
from encounters.models.seeding import MOST_RATE
from encounters.review.hold import LEAD
from encounters.sampling.verify_sample import clopper_pearson

LEVELS = (0.0, 0.07, 0.20)
"""Shares of wrong suggestions accepted that are to be told apart: nobody's, some haste, hardly a look."""
SEEDS_FOR_POWER = 100
"""So many seeds tell each level from the next with POWER: `separation` computes it."""
POWER = 0.95
CONFIDENCE = 0.95


class UnableToSeed(Exception):
    """The policy cannot be that; the message says why."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One coder's decisions on wrong suggestions: how many were accepted of how many, and the exact interval."""

    coder: str
    accepted: int
    decided: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """The share accepted, of 1; 0 where nothing is decided."""
        return self.accepted / self.decided if self.decided else 0.0

    @property
    def level(self) -> float | None:
        """The level that the count speaks for; None until there are enough for that."""
        return level_of(self.accepted, self.decided) if self.decided >= SEEDS_FOR_POWER else None


@transaction.atomic
def set_policy(
    *,
    rate: Decimal,
    from_date: date,
    until_date: date,
    seed: str,
    reason: str,
    coder: User | None = None,
    user: User,
    at: datetime,
) -> SeedingPolicy:
    """From a day until before another so large a share of clean encounters is seeded; 0 ends it.

    Raises PermissionDenied for who neither leads nor audits, UnableToSeed.
    """
    _require(user)
    if not 0 <= rate <= Decimal(MOST_RATE) or until_date <= from_date or not reason.strip() or not seed.strip():
        message = "A rate from 0 to 20 %, days in order, and a reason."
        raise UnableToSeed(message)
    policy = SeedingPolicy.objects.create(
        coder=coder,
        rate=rate,
        from_date=from_date,
        until_date=until_date,
        seed=seed.strip(),
        reason=reason.strip(),
        set_by=user,
        set_by_name=audit.name_of(user),
        at=at,
    )
    audit.record(
        tag=Tag.SEEDING_SET,
        at=at,
        actor=user,
        object_repr=audit.name_of(coder) if coder else "everybody",
        after={"rate": str(rate), "from": from_date, "until": until_date},
        reason=policy.reason,
    )
    return policy


def measured(*, user: User) -> list[Measured]:
    """Every coder who decided a seed. Raises PermissionDenied for who neither leads nor audits."""
    _require(user)
    rows = (
        SeedOutcome.objects.values("coder__username", "coder_name")
        .annotate(n=Count("pk"), taken=Count("pk", filter=Q(is_accepted=True)))
        .order_by("coder__username", "coder_name")
    )
    return [of_counts(row["coder_name"], row["taken"], row["n"]) for row in rows]


def of_counts(coder: str, accepted: int, decided: int) -> Measured:
    """The measure of so many accepted of so many."""
    low, high = clopper_pearson(accepted, decided, CONFIDENCE) or (0.0, 1.0)
    return Measured(coder, accepted, decided, low, high)


def level_of(accepted: int, decided: int) -> float:
    """The level of LEVELS that the count speaks for."""
    return max(level for level, limit in zip(LEVELS, _limits(decided), strict=True) if accepted >= limit)


def separation(decided: int) -> list[float]:
    """For each level, the exact probability that so many decisions of somebody at it are read as that level."""
    limits = [*_limits(decided), decided + 1]
    return [
        sum(_chance(count, decided, level) for count in range(limits[place], limits[place + 1]))
        for place, level in enumerate(LEVELS)
    ]


def policies(*, user: User) -> Sequence[SeedingPolicy]:
    """Every policy there was, newest first. Raises PermissionDenied."""
    _require(user)
    return list(SeedingPolicy.objects.select_related("coder").order_by("-pk"))


def _limits(decided: int) -> list[int]:
    """From how many accepted on each level is read: none, one, and midway between the rates of the upper two."""
    between = (LEVELS[1] + LEVELS[2]) / 2
    return [0, 1, max(2, round(decided * between))]


def _chance(count: int, decided: int, rate: float) -> float:
    return float(comb(decided, count)) * rate**count * (1 - rate) ** (decided - count)


def _require(user: User) -> None:
    if not (user.has_perm(LEAD) or user.has_perm(AUDIT)):
        message = "Seeding needs the permission “lead reviews” or “audit reviews”."
        raise PermissionDenied(message)
