"""What every request gets: an id that audit rows and logs share, and headers that bind the browser."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

REQUEST_ID_HEADER = "X-Request-ID"
# What a proxy in front may have given it: nothing that could break a log line or a column.
GIVEN_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)

# Scripts and styles come from our own files only: an injected one, or one written into a page, does not run.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives the request an id, binds it to the log context, and returns it in the answer.

    It is read as `request.request_id` at a door, and below one as the `request_id` of
    `structlog.contextvars.get_contextvars()`, so no floor needs to import this module.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Wraps the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer of the rest of the chain, marked with the id."""
        given = request.headers.get(REQUEST_ID_HEADER, "")
        request_id = given if GIVEN_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        # The typed request of the doors declares it.
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response[REQUEST_ID_HEADER] = request_id
        return response


class ContentSecurityPolicyMiddleware:
    """Sends what binds the browser with every answer; none may be kept by a cache unless its door says how long.

    Nearly every page names patients, so that a page is kept by nobody is the rule, and a static file the exception.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Wraps the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer of the rest of the chain, with these headers."""
        response = self.get_response(request)
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response.setdefault("Cache-Control", "no-store")
        return response
