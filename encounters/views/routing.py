"""Routing, for leads: which encounters need somebody with a skill, who has it, and who gets what by that."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from encounters.http import PageRequest, act, number_in
from encounters.models import Location, Payer, RoutingRule, Skill
from encounters.models.routing import FAMILIES
from encounters.review import claims, routing
from encounters.review.hold import LEAD, UnableToWork, require


@require_safe
def index(request: PageRequest) -> HttpResponse:
    """Rules, skills and people, with how many open encounters each comes to."""
    require(request.user, LEAD)
    context = {
        "routing": routing.overview(people=claims.people_who_work(), user=request.user, at=timezone.now()),
        "payers": Payer.objects.order_by("name"),
        "sites": Location.objects.order_by("name"),
        "families": FAMILIES,
    }
    return render(request, "encounters/review/routing.html", context)


@act
def add_rule(request: PageRequest) -> HttpResponse:
    """One rule more."""
    said = request.POST
    payer = get_object_or_404(Payer, pk=_number(said, "payer")) if said.get("payer") else None
    location = get_object_or_404(Location, pk=_number(said, "site")) if said.get("site") else None
    family = said.get("family", "")
    if family and family not in dict(FAMILIES):
        message = "There is no such kind of service."
        raise Http404(message)
    skill = said.get("skill", "").replace("\0", "")
    return _told(
        request,
        lambda: routing.add_rule(
            skill=skill, payer=payer, location=location, family=family, user=request.user, at=timezone.now()
        ),
        f"Encounters that fit go to whoever has “{skill.strip()}” from now on.",
    )


@act
def remove_rule(request: PageRequest) -> HttpResponse:
    """One rule less."""
    rule = get_object_or_404(RoutingRule, pk=_number(request.POST, "rule"))
    return _told(
        request,
        lambda: routing.remove_rule(rule=rule, user=request.user, at=timezone.now()),
        f"The rule {rule} holds no more.",
    )


@act
def set_skill(request: PageRequest) -> HttpResponse:
    """Somebody has a skill, or has it no more."""
    skill = get_object_or_404(Skill, pk=_number(request.POST, "skill"))
    person = get_object_or_404(User, pk=_number(request.POST, "person"))
    has = request.POST.get("has") == "yes"
    return _told(
        request,
        lambda: routing.set_skill(skill=skill, person=person, has=has, user=request.user, at=timezone.now()),
        "",
    )


def _told(request: PageRequest, do: Callable[[], object], done: str) -> HttpResponse:
    try:
        do()
    except UnableToWork as refusal:
        messages.error(request, str(refusal))
    else:
        if done:
            messages.success(request, done)
    return redirect("review:routing")


def _number(said: QueryDict, name: str) -> int:
    number = number_in(said.get(name, ""))
    if number is None:
        message = "There is no such row."
        raise Http404(message)
    return number
