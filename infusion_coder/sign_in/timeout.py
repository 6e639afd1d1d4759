"""A session ends when nobody has done anything for a while, and after a working day in any case."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from encounters.audit import access

SEEN, BEGAN = "seen_at", "began_at"
# What a page asks by itself while nobody touches it; it keeps no session alive.
BACKGROUND = frozenset(
    {"drugs:import-count", "drugs:import-progress", "impact:progress", "review:claims", "review:heartbeat", "session"}
    | {"unmapped:progress"}
)
WRITES = 90
"""So often at most it is noted, within the time that ends a session, when somebody was seen: not at each request."""


class TimeoutMiddleware:
    """Signs out whoever has done nothing for SESSION_IDLE_SECONDS, or signed in SESSION_COOKIE_AGE ago."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wraps the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer of the rest of the chain."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """Ends the session where its time is over: the doors behind then meet a stranger."""
        if not request.user.is_authenticated:
            return None
        now = time.time()
        if seconds_left(request) <= 0:
            access.signed_out(user=request.user, at=timezone.now())
            logout(request)
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        is_act = name not in BACKGROUND and "waiting" not in request.GET
        if is_act or (name == "session" and request.method == "POST"):
            note_seen(request, now)
        return None


def begin(*, request: HttpRequest, **of_signal: object) -> None:
    """Somebody signed in: the session begins, and its first page need not write that."""
    now = time.time()
    request.session[BEGAN] = request.session[SEEN] = now


def note_seen(request: HttpRequest, now: float) -> None:
    """Somebody did something."""
    session = request.session
    session.setdefault(BEGAN, now)
    if now - session.get(SEEN, 0.0) >= settings.SESSION_IDLE_SECONDS / WRITES:
        session[SEEN] = now


def seconds_left(request: HttpRequest) -> float:
    """How long the session lasts if nothing more is done; nothing or less when it is over."""
    now = time.time()
    idle = settings.SESSION_IDLE_SECONDS - (now - request.session.get(SEEN, now))
    day = settings.SESSION_COOKIE_AGE - (now - request.session.get(BEGAN, now))
    return float(min(idle, day))


@never_cache
@require_http_methods(["GET", "POST"])
def session(request: HttpRequest) -> HttpResponse:
    """How many seconds the session lasts; POST, sent when somebody types, makes it last the whole time again.

    Whose it is, and the token of now, are for pages that were open while somebody signed in again elsewhere.
    """
    said = {"seconds_left": int(seconds_left(request)), "person": request.user.pk, "token": get_token(request)}
    return JsonResponse(said)
