"""Acts on the queue: assigning, accepting together, keeping a filter. Each opens as a panel, or as its own page."""

import secrets
from collections.abc import Callable, Mapping

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from encounters import selectors
from encounters.audit import looking, name_of
from encounters.http import PageRequest, act, number_in, page_or_fragment
from encounters.models import Location, Payer, Review
from encounters.review import bulk, claims, saved_filters
from encounters.review.hold import LEAD, WORK, UnableToWork, require
from encounters.sites import seen_by
from encounters.views.narrowing import address, asked_for

MOST_NAMED = 5
"""So many refusals are told one by one."""


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: PageRequest) -> HttpResponse:
    """Who the chosen encounters are meant for: the people to choose from, and the choice."""
    require(request.user, LEAD)
    if request.method == "POST":
        return _assign(request)
    people = [(person, name_of(person)) for person in claims.people_who_work()]
    return _panel(request, "assign", {"people": people, "one": request.GET.get("of", "")})


@require_http_methods(["GET", "HEAD", "POST"])
def together(request: PageRequest) -> HttpResponse:
    """Encounters like one of them, to be accepted in one act, and the act."""
    require(request.user, WORK)
    if request.method == "POST":
        return _accept_together(request)
    review = get_object_or_404(Review, seen_by(request.user), encounter_id=_number(request.GET.get("of", "")))
    found = bulk.alike(review=review, user=request.user, at=timezone.now())
    seen = [review.encounter_id, *(each.encounter_id for each in found)]
    looking.listed(encounters=seen, user=request.user, at=timezone.now(), what="to be accepted together")
    context = {"of": review, "found": found, "second_look": bulk.sampled_of(len(found)) if found else 0}
    return _panel(request, "together", context)


@require_safe
def narrow(request: PageRequest) -> HttpResponse:
    """What the queue can be narrowed by besides words, and the name under which that is kept."""
    kept = [each for each, _ in selectors.saved_filters(user=request.user)]
    context = {
        "payers": Payer.objects.order_by("name"),
        "sites": Location.objects.order_by("name"),
        "kept": kept,
    }
    return _panel(request, "narrow", context)


@act
def keep_filter(request: PageRequest) -> HttpResponse:
    """What is asked for is kept under a name, as a tab of one's own."""
    asked = asked_for(request.POST)
    name = request.POST.get("name", "")
    return _told(request, lambda: saved_filters.save_filter(name=name, asked=asked, user=request.user), address(asked))


@act
def remove_filter(request: PageRequest) -> HttpResponse:
    """One of one's own tabs is gone."""
    name = request.POST.get("name", "")
    return _told(request, lambda: saved_filters.remove_filter(name=name, user=request.user), "")


def _assign(request: PageRequest) -> HttpResponse:
    said = request.POST.get("to", "")
    to = get_object_or_404(User, pk=_number(said)) if said else None
    ids = Review.objects.filter(encounter_id__in=[_number(one) for one in request.POST.getlist("encounter")])
    try:
        changed = claims.assign_many(
            reviews=list(ids.values_list("pk", flat=True)), to=to, user=request.user, at=timezone.now()
        )
    except UnableToWork as refusal:
        messages.error(request, str(refusal))
    else:
        whom = name_of(to) if to else "nobody in particular"
        messages.success(request, f"{changed} encounter{'' if changed == 1 else 's'} assigned to {whom}.")
    return redirect(_back(request))


def _accept_together(request: PageRequest) -> HttpResponse:
    chosen = [one.partition(":") for one in request.POST.getlist("review")]
    versions = {_number(key): _number(version) for key, _, version in chosen}
    reviews = [(review, versions[review.pk]) for review in Review.objects.filter(pk__in=versions)]
    try:
        done = bulk.accept_together(reviews=reviews, user=request.user, at=timezone.now(), seed=secrets.token_hex(16))
    except UnableToWork as refusal:
        messages.error(request, str(refusal))
        return redirect(_back(request))
    messages.success(
        request, f"{len(done.accepted)} accepted together; {len(done.second_look)} set aside for a second look."
    )
    for review, said in done.refused[:MOST_NAMED]:
        messages.warning(request, f"{review.encounter.patient}: {said}")
    if len(done.refused) > MOST_NAMED:
        messages.warning(request, f"{len(done.refused) - MOST_NAMED} more were left alone.")
    return redirect(_back(request))


def _told(request: PageRequest, do: Callable[[], object], there: str) -> HttpResponse:
    try:
        do()
    except UnableToWork as refusal:
        messages.error(request, str(refusal))
    return redirect(there or _back(request))


def _back(request: PageRequest) -> str:
    """The queue as it was asked for before; only a query string is taken, so it leads nowhere else."""
    return address(asked_for(QueryDict(request.POST.get("asked", "")).dict()))


def _number(said: str) -> int:
    number = number_in(said)
    if number is None:
        message = "There is no such encounter."
        raise Http404(message)
    return number


def _panel(request: PageRequest, name: str, context: Mapping[str, object]) -> HttpResponse:
    panel = f"encounters/review/panel_{name}.html"
    said = {"asked": asked_for(request.GET), "query": request.GET.urlencode(), "panel": panel}
    return page_or_fragment(
        request, page="encounters/review/panel_page.html", fragment=panel, context=said | dict(context)
    )
