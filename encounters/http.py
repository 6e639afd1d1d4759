"""Requests as the pages get them, and the choice between a page and a fragment of it."""

from collections.abc import Callable, Mapping
from functools import wraps

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.middleware import HtmxDetails

LONGEST_NUMBER = 18
"""Digits: what a key of a row can have. Python refuses to read some thousands of them."""


class PageRequest(HttpRequest):
    """A request of somebody who is signed in: the middleware lets no other reach a page."""

    user: User
    htmx: HtmxDetails
    is_look_noted: bool
    """Whether the trail knows already that this request shows an encounter; absent until it does."""


def is_for_fragment(request: PageRequest) -> bool:
    """Htmx asks for a part of the page; on going back in history it asks for the whole."""
    return bool(request.htmx) and not request.htmx.history_restore_request and not request.htmx.boosted


def page_or_fragment(
    request: PageRequest, *, page: str, fragment: str, context: Mapping[str, object], status: int = 200
) -> HttpResponse:
    """The fragment where htmx asked, the whole page where a browser did."""
    response = render(request, fragment if is_for_fragment(request) else page, context, status=status)
    # One address, two answers: a cache must not hand one out for the other.
    response["Vary"] = "HX-Request, Cookie"
    response["Cache-Control"] = "no-store"
    return response


def act(door: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A door that changes something is opened by a form only.

    A plain visit does nothing and leads to the page the act belongs to: that is where somebody lands whose session
    had ended when they pressed the key, and who has signed in again.
    """

    @wraps(door)
    def guarded(request: PageRequest, **kwargs: object) -> HttpResponse:
        if request.method == "POST":
            return door(request, **kwargs)
        if "encounter_id" in kwargs:
            return redirect("review:encounter", encounter_id=kwargs["encounter_id"])
        return redirect("review:queue")

    return guarded


def number_in(text: str) -> int | None:
    """The whole number that a form or an address says; None where it says none that a row could have."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else None
