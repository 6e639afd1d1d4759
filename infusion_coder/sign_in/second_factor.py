"""Whose sign-in needs a second factor, and what they may open before they have one."""

from collections.abc import Callable

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views import View

from encounters.audit import access

EVERYBODY = "all"
WITHOUT = frozenset(
    {
        "account_reauthenticate",
        "healthz",
        "logout",
        "mfa_activate_totp",
        "password",
        "review:appearance",
        "session",
    }
)
"""Doors that are open before a second factor is set up: those that lead to one, and out."""


def is_due(user: User | AnonymousUser) -> bool:
    """Whether the roles of the user ask for a second factor and none is set up."""
    if not user.is_authenticated or not settings.SECOND_FACTOR_ROLES:
        return False
    roles = set(settings.SECOND_FACTOR_ROLES)
    is_asked = EVERYBODY in roles or user.is_superuser or user.groups.filter(name__in=roles).exists()
    return is_asked and not is_mfa_enabled(user, types=[Authenticator.Type.TOTP])


class SecondFactorMiddleware:
    """Leads whoever owes a second factor to the page that sets one up; nothing else opens until then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wraps the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer of the rest of the chain."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """The way to the second factor, or nothing where none is owed."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in WITHOUT or not is_due(request.user):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": "Your role needs a second factor. Set it up in the browser."}, status=403)
        return redirect("mfa_activate_totp")


class SecondStepForm(AuthenticateForm):
    """The code of a sign-in; a wrong one stands in the trail."""

    def _emit_authentication_failed(self, authenticator: Authenticator) -> None:
        super()._emit_authentication_failed(authenticator)
        access.sign_in_failed(name=self.user.get_username(), at=timezone.now(), by="second factor")


class ConfirmationForm(ReauthenticateForm):
    """The code that confirms a privileged act; a wrong one stands in the trail."""

    def _emit_authentication_failed(self, authenticator: Authenticator) -> None:
        super()._emit_authentication_failed(authenticator)
        access.sign_in_failed(name=self.user.get_username(), at=timezone.now(), by="second factor")
