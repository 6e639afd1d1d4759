"""Who is handed what: skills, who has them, and the rules that say which encounters need one.

A rule guides what is handed out; it takes nobody's right to open an encounter by hand.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q

from encounters import audit
from encounters.audit import Tag
from encounters.models import Location, Payer, RoutingRule, Skill
from encounters.review import hold
from encounters.review.hold import LEAD, WORK, UnableToWork


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


def beyond(user: User) -> Q:
    """The reviews that need a skill the user does not have."""
    needs = Q(pk__in=[])
    for rule in RoutingRule.objects.exclude(skill__people=user).order_by("pk"):
        fits = Q()
        if rule.payer_id:
            fits &= Q(payer_id=rule.payer_id)
        if rule.location_id:
            fits &= Q(location_id=rule.location_id)
        if rule.family:
            fits &= Q(families__contains=[rule.family])
        needs |= fits
    return needs
