"""Which encounter a person is handed next: of what they narrowed the queue to, then of all; what they skipped last."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html

from encounters import sealed_words
from encounters.http import PageRequest
from encounters.models import Review
from encounters.review import claims
from encounters.selectors import EVERYTHING, Narrowed, Tab
from encounters.views.narrowing import address, asked_for, query_of, words_of

COOKIE = "queue"
"""Holds whose queue is narrowed to what, sealed, until the browser is closed: nobody else goes on with it there."""
WORKABLE = frozenset({Tab.OPEN, Tab.MINE, Tab.READY, Tab.WARNINGS, Tab.SECOND_REVIEW, Tab.CHANGED})
"""Tabs that hold what can be worked; looking at another leaves what somebody works through as it is."""
SKIPPED = "skipped"
MOST_SKIPPED = 200
"""So many are remembered; the ones skipped first are forgotten."""


def keep(request: PageRequest, response: HttpResponse, asked: Narrowed) -> None:
    """The person works through this part of the queue from now on."""
    if asked == EVERYTHING:
        response.delete_cookie(COOKIE)
    elif asked.tab in WORKABLE:
        said = sealed_words.seal(f"{request.user.pk} {query_of(asked)}")
        response.set_cookie(COOKIE, said, secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True, samesite="Lax")


def next_page(request: PageRequest, *, nothing: str, done: str = "", are_skipped_left: bool = True) -> HttpResponse:
    """Leads to the next encounter, which is the person's; to the queue, saying `nothing`, where nothing is free.

    It is taken from the part that they work through, then from all, then from what they skipped unless
    `are_skipped_left` is false; where it leaves that part it says so. `done`: what was done before, to be said first.
    Raises PermissionDenied.
    """
    among, skipped = _worked_through(request), _skipped(request)
    if found := _claimed(request, among, without=skipped):
        _say(request, done, among)
        return _lead_to(found)
    _say(request, done, EVERYTHING)
    if among != EVERYTHING and (found := _claimed(request, EVERYTHING, without=skipped)):
        words = "Nothing more is free in {}, or you skipped it. This is the best of all that is open."
        messages.info(request, words.format(words_of(among)))
    elif skipped and are_skipped_left and (found := _claimed(request, EVERYTHING, without={})):
        messages.info(request, "Nothing is left that nobody holds but what you skipped.")
    else:
        messages.info(request, nothing)
    response = _lead_to(found)
    keep(request, response, EVERYTHING)
    return response


def skip(request: PageRequest, review: Review, *, nothing: str) -> HttpResponse:
    """The review goes back, and the page leads on to the one behind it like `next_page`. Raises like `release`."""
    among = _worked_through(request)
    following = claims.skip(review=review, user=request.user, at=timezone.now(), among=among)
    others = [each for each in request.session.get(SKIPPED, []) if each[0] != review.pk]
    request.session[SKIPPED] = [*others, [review.pk, review.version]][-MOST_SKIPPED:]
    if following:
        return _lead_to(following)
    if among != EVERYTHING:
        return next_page(request, nothing=nothing, are_skipped_left=False)
    messages.info(request, nothing)
    return _lead_to(None)


def _worked_through(request: PageRequest) -> Narrowed:
    """The part of the queue that the person works through: all of it where they narrowed nothing."""
    whose, _, said = sealed_words.opened(request.COOKIES.get(COOKIE, "")).partition(" ")
    if whose != str(request.user.pk):
        return EVERYTHING
    try:
        return asked_for(QueryDict(said))
    except Http404:
        return EVERYTHING


def _skipped(request: PageRequest) -> Mapping[int, int]:
    """What the person skipped: reviews by id, each with the version it then had."""
    return dict(request.session.get(SKIPPED, []))


def _claimed(request: PageRequest, among: Narrowed, *, without: Mapping[int, int]) -> Review | None:
    return claims.claim_next(user=request.user, at=timezone.now(), without=without, among=among)


def _say(request: PageRequest, done: str, among: Narrowed) -> None:
    """What was done, and what the next one is taken from where that is not all of the queue."""
    if not done:
        return
    if among != EVERYTHING:
        place = address(among)
        done = format_html('{} · next from <a class="link" href="{}">{}</a>', done, place, words_of(among))
    messages.success(request, done)


def _lead_to(found: Review | None) -> HttpResponse:
    if found is None:
        return redirect("review:queue")
    return redirect("review:encounter", encounter_id=found.encounter_id)
