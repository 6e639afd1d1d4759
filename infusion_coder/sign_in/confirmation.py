"""Acts that ask again who is there: with the password or a code, given within the last minutes."""

from collections.abc import Callable

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows import reauthentication
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.views import View

PRIVILEGED = frozenset(
    {
        "audit:dossier",
        "audit:export",
        "audit:export_sample",
        "drugs:import-publish",
        "drugs:import-roll-back",
        "reports:export",
    }
)
"""What goes live, what takes it back, what leaves the house; and every form of the administration, roles among them."""
ENTRANCES = frozenset({"admin:login", "admin:logout", "admin:jsi18n", "admin:index"})


class ConfirmationMiddleware:
    """Leads whoever starts a privileged act without having confirmed lately to the page that asks, and back again.

    A form that was sent is kept on the server meanwhile and goes on by itself; those of the administration, which may
    hold passwords, are not kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wraps the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer of the rest of the chain."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """The way to the page that asks, or nothing where nothing need be asked."""
        at = request.resolver_match
        if at is None or not request.user.is_authenticated:
            return None
        is_of_admin = at.namespace == "admin" and at.view_name not in ENTRANCES and request.user.is_staff
        is_privileged = at.view_name in PRIVILEGED or is_of_admin
        if not is_privileged or reauthentication.did_recently_reauthenticate(request):
            return None
        methods = get_adapter().get_reauthentication_methods(request.user)
        page = methods[0]["url"]
        if is_of_admin:
            return redirect(f"{page}?{urlencode({'next': request.get_full_path()})}")
        answer: HttpResponse = reauthentication.suspend_request(request, page)
        return answer
