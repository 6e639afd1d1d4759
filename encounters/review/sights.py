"""Required sight: an administration that earns no line of its own is looked at before its encounter is accepted."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from encounters import audit, coding
from encounters.audit import Tag
from encounters.models import Review, Sight
from encounters.review import hold
from encounters.review.hold import WORK, UnableToWork
from rules.explain import not_billed_why
from rules.result import CodingResult
from rules.vocabulary import Role

DRUG_ROLES = frozenset({Role.DRUG, Role.DISCARDED})
"""A drug that is billed does not say that giving it was."""


class UnableToSee(UnableToWork):
    """What was looked at is not what stands there now."""


def without_a_line(result: CodingResult, administrations: Iterable[str]) -> dict[str, str]:
    """Those of the administrations whose giving earns no line, each with the reasons in words; in their order."""
    coded = {one for line in result.lines if line.role not in DRUG_ROLES for one in line.administrations}
    said: dict[str, list[str]] = {one: [] for one in administrations if one not in coded}
    for row in result.not_billed:
        if row.administration in said:
            said[row.administration].append(not_billed_why(row))
    return {one: "; ".join(reasons) for one, reasons in said.items()}


def seen(*, review: Review, user: User) -> frozenset[tuple[str, str]]:
    """What the user has seen of the review: (administration, the reasons as they were read). One query."""
    rows = Sight.objects.filter(review=review, seen_by=user)
    return frozenset(rows.values_list("administration", "said"))


def unseen(*, review: Review, user: User) -> list[str]:
    """The administrations without a line that the user has not seen as they stand now."""
    wanted = _wanted(review)
    known = seen(review=review, user=user) if wanted else frozenset()
    return [one for one, said in wanted.items() if (one, said) not in known]


@transaction.atomic
def see(*, review: Review, run_number: int, administrations: Iterable[str], user: User, at: datetime) -> list[str]:
    """The user has seen these as run `run_number` told of them; those still unseen are returned.

    Seeing decides nothing, so the review's version stays. What was seen before is not written again. Raises
    PermissionDenied, ReviewIsHeld, UnableToSee when another run is shown by now or an administration is unknown.
    """
    hold.require(user, WORK)
    held = hold.lock(review, user)
    hold.refuse_other_holder(held, user, at)
    if held.run.number != run_number:
        message = "New documentation was coded in the meantime; look at what it says now."
        raise UnableToSee(message)
    wanted, known = _wanted(held), seen(review=held, user=user)
    asked = list(dict.fromkeys(administrations))
    if strange := [one for one in asked if one not in wanted]:
        message = f"{', '.join(strange)} is not among what earns no line."
        raise UnableToSee(message)
    new = [one for one in asked if (one, wanted[one]) not in known]
    name = audit.name_of(user)
    Sight.objects.bulk_create(
        Sight(review=held, run=held.run, administration=one, said=wanted[one], seen_by=user, seen_by_name=name, at=at)
        for one in new
    )
    for one in new:
        audit.record(
            tag=Tag.ADMINISTRATION_SEEN,
            at=at,
            actor=user,
            encounter=held.encounter,
            object_repr=one,
            after={"run": run_number, "said": wanted[one]},
        )
    return [one for one, said in wanted.items() if one not in new and (one, said) not in known]


def _wanted(review: Review) -> dict[str, str]:
    facts = coding.facts_of(review.run)
    return without_a_line(coding.result_of(review.run), [one.id for one in facts.administrations])
