"""The page of an error nobody expected: it names the request, so that the log can be searched for it."""

from django.http import HttpRequest, HttpResponseServerError
from django.template import loader


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """Rendered without context processors: what failed may have been the database."""
    return HttpResponseServerError(loader.render_to_string("500.html", {"request": request}))
