"""The pages of errors: each says what was kept and what to do, and names the request as the log does."""

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template import loader
from django.views.defaults import permission_denied

from encounters.audit.blinding import LinesAreCovered


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """Rendered without context processors: what failed may have been the database."""
    return HttpResponseServerError(loader.render_to_string("500.html", {"request": request}))


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What the reader may not see: for good, or until they have locked what they code blind."""
    if isinstance(exception, LinesAreCovered):
        return render(request, "covered.html", status=403)
    return permission_denied(request, exception)
