"""Who is handed what: skills, who has them, and the rules that say which encounters need one.

A rule guides what is handed out; it takes nobody's right to open an encounter by hand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Count, Q

from encounters import audit
from encounters.audit import Tag
from encounters.models import Location, Payer, Review, RoutingRule, Skill
from encounters.review import hold
from encounters.review.hold import LEAD, OPEN_STATES, WORK, UnableToWork


class UnableToRoute(UnableToWork):
    """The rule or skill cannot be as asked; the message says why."""


@transaction.atomic
def add_rule(
    *, skill: str, payer: Payer | None, location: Location | None, family: str = "", user: User, at: datetime
) -> RoutingRule:
    """Encounters that fit need the skill, which is made where it is new. Raises PermissionDenied, UnableToRoute."""
    hold.require(user, LEAD)
    if not skill.strip():
        message = "Name the skill that these encounters need."
        raise UnableToRoute(message)
    if payer is None and location is None and not family:
        message = "Choose a payer, a site or a kind of service; a rule that fits everything routes nothing."
        raise UnableToRoute(message)
    needed, _ = Skill.objects.get_or_create(name=skill.strip()[:60])
    try:
        with transaction.atomic():
            rule = RoutingRule.objects.create(skill=needed, payer=payer, location=location, family=family)
    except IntegrityError as error:
        message = "There is such a rule already."
        raise UnableToRoute(message) from error
    audit.record(tag=Tag.ROUTING_ADDED, at=at, actor=user, object_repr=str(rule), after={"rule": str(rule)})
    return rule


@transaction.atomic
def remove_rule(*, rule: RoutingRule, user: User, at: datetime) -> None:
    """The rule holds no more; a skill that no rule needs is gone with it. Raises PermissionDenied."""
    hold.require(user, LEAD)
    said, skill = str(rule), rule.skill
    rule.delete()
    if not skill.rules.exists():
        skill.delete()
    audit.record(tag=Tag.ROUTING_REMOVED, at=at, actor=user, object_repr=said, before={"rule": said})


@transaction.atomic
def set_skill(*, skill: Skill, person: User, has: bool, user: User, at: datetime) -> None:
    """The person has the skill, or has it no more. Raises PermissionDenied, UnableToRoute for one who may not code."""
    hold.require(user, LEAD)
    if has and not person.has_perm(WORK):
        message = f"{audit.name_of(person)} may not work reviews."
        raise UnableToRoute(message)
    if skill.people.filter(pk=person.pk).exists() == has:
        return
    if has:
        skill.people.add(person)
    else:
        skill.people.remove(person)
    said = {"skill": skill.name, "person": audit.name_of(person), "has": has}
    audit.record(tag=Tag.SKILL_SET, at=at, actor=user, object_repr=f"{skill.name}, {said['person']}", after=said)


@dataclass(frozen=True, slots=True)
class RuleAtWork:
    """A rule and how many open encounters fit it."""

    rule: RoutingRule
    waiting: int


@dataclass(frozen=True, slots=True)
class PersonAtWork:
    """Somebody who works reviews: their skills by id, what they were assigned and hold, what Next could hand them."""

    person: User
    skills: frozenset[int]
    assigned: int
    held: int
    within_reach: int


@dataclass(frozen=True, slots=True)
class Routing:
    """Who gets what at a moment: rules and skills by name, people by name, and how many encounters are open."""

    rules: tuple[RuleAtWork, ...]
    skills: tuple[Skill, ...]
    people: tuple[PersonAtWork, ...]
    waiting: int
    out_of_reach: int
    """Open, assigned to nobody, and nobody has the skills they need."""


def overview(*, people: Sequence[User], user: User, at: datetime) -> Routing:
    """Who gets what, `people` being those who work; in four queries. Raises PermissionDenied unless a lead asks."""
    hold.require(user, LEAD)
    rules = list(
        RoutingRule.objects.select_related("payer", "location", "skill").order_by(
            "skill__name", "payer__name", "location__name", "family"
        )
    )
    skills = list(Skill.objects.prefetch_related("people").order_by("name"))
    has = {person.pk: frozenset(each.pk for each in skills if person in each.people.all()) for person in people}
    free = Q(assigned_to__isnull=True)
    reach = {
        person.pk: free & ~_needed([rule for rule in rules if rule.skill_id not in has[person.pk]]) for person in people
    }
    nobody = free
    for each in reach.values():
        nobody &= ~each
    counts = Review.objects.filter(state__in=OPEN_STATES).aggregate(
        waiting=Count("pk"),
        nobody=Count("pk", filter=nobody),
        **{f"rule_{rule.pk}": Count("pk", filter=_fits(rule)) for rule in rules},
        **{f"assigned_{pk}": Count("pk", filter=Q(assigned_to=pk)) for pk in reach},
        **{f"held_{pk}": Count("pk", filter=Q(claimed_by=pk, lease_until__gt=at)) for pk in reach},
        **{f"reach_{pk}": Count("pk", filter=fits | Q(assigned_to=pk)) for pk, fits in reach.items()},
    )
    return Routing(
        rules=tuple(RuleAtWork(rule, counts[f"rule_{rule.pk}"]) for rule in rules),
        skills=tuple(skills),
        people=tuple(
            PersonAtWork(
                person,
                has[person.pk],
                *(counts[f"{what}_{person.pk}"] for what in ("assigned", "held", "reach")),
            )
            for person in people
        ),
        waiting=counts["waiting"],
        out_of_reach=counts["nobody"],
    )


def beyond(user: User) -> Q:
    """The reviews that need a skill the user does not have."""
    return _needed(RoutingRule.objects.exclude(skill__people=user).order_by("pk"))


def _needed(rules: Iterable[RoutingRule]) -> Q:
    needs = Q(pk__in=[])
    for rule in rules:
        needs |= _fits(rule)
    return needs


def _fits(rule: RoutingRule) -> Q:
    fits = Q()
    if rule.payer_id:
        fits &= Q(payer_id=rule.payer_id)
    if rule.location_id:
        fits &= Q(location_id=rule.location_id)
    if rule.family:
        fits &= Q(families__contains=[rule.family])
    return fits
