"""Which encounter a person is handed next: of what they narrowed the queue to, then of all; what they skipped last."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html

from encounters.http import PageRequest
from encounters.models import Review
from encounters.review import claims
from encounters.selectors import EVERYTHING, Narrowed, Tab
from encounters.views.narrowing import address, asked_for, query_of, words_of

COOKIE = "queue"
"""Holds the query string of the queue that somebody works through, its words sealed, until the browser is closed."""
WORKABLE = frozenset({Tab.OPEN, Tab.MINE, Tab.READY, Tab.WARNINGS, Tab.SECOND_REVIEW, Tab.CHANGED})
"""Tabs that hold what can be worked; looking at another leaves what somebody works through as it is."""
SKIPPED = "skipped"
MOST_SKIPPED = 200
"""So many are remembered; the ones skipped first are forgotten."""


def keep(response: HttpResponse, asked: Narrowed) -> None:
    """The person works through this part of the queue from now on."""
    if asked == EVERYTHING:
        response.delete_cookie(COOKIE)
    elif asked.tab in WORKABLE:
        secure = bool(settings.SESSION_COOKIE_SECURE)
        response.set_cookie(COOKIE, query_of(asked), secure=secure, httponly=True, samesite="Lax")


def worked_through(request: PageRequest) -> Narrowed:
    """The part of the queue that the person works through: all of it where they narrowed nothing."""
    try:
        return asked_for(QueryDict(request.COOKIES.get(COOKIE, "")))
    except Http404:
        return EVERYTHING


def said(request: PageRequest) -> str:
    """What the next one is taken from, with the way there; nothing where that is all of the queue."""
    among = worked_through(request)
    if among == EVERYTHING:
        return ""
    return format_html(' · next from <a class="link" href="{}">{}</a>', address(among), words_of(among))


def next_page(request: PageRequest, *, nothing: str) -> HttpResponse:
    """Leads to the next encounter, which is the person's; to the queue, saying `nothing`, where nothing is free.

    Where nothing more is free in the part they worked through, it says so, and they go on with all. Raises
    PermissionDenied.
    """
    among = worked_through(request)
    found = _next(request, among)
    if found or among == EVERYTHING:
        return _lead_to(request, found, nothing)
    found = _next(request, EVERYTHING)
    if found:
        messages.info(request, f"Nothing more is free in {words_of(among)}. This is the best of all that is open.")
    response = _lead_to(request, found, nothing)
    keep(response, EVERYTHING)
    return response


def skip(request: PageRequest, review: Review, *, nothing: str) -> HttpResponse:
    """The review goes back, and the page leads on to the one behind it like `next_page`. Raises like `release`."""
    among = worked_through(request)
    following = claims.skip(review=review, user=request.user, at=timezone.now(), among=among)
    others = [each for each in request.session.get(SKIPPED, []) if each[0] != review.pk]
    request.session[SKIPPED] = [*others, [review.pk, review.version]][-MOST_SKIPPED:]
    if following or among == EVERYTHING:
        return _lead_to(request, following, nothing)
    return next_page(request, nothing=nothing)


def _next(request: PageRequest, among: Narrowed) -> Review | None:
    put_off: Mapping[int, int] = dict(request.session.get(SKIPPED, []))
    return claims.claim_next(user=request.user, at=timezone.now(), put_off=put_off, among=among)


def _lead_to(request: PageRequest, found: Review | None, nothing: str) -> HttpResponse:
    if found is None:
        messages.info(request, nothing)
        return redirect("review:queue")
    return redirect("review:encounter", encounter_id=found.encounter_id)
