"""What the sign-in page and every page's session need to know."""

from django import forms, template
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse

register = template.Library()

LOCKED = "too_many_login_attempts"
MISMATCH = (
    "Name and password do not match an account that may sign in. Nothing was changed. Mind capitals, or ask your lead."
)
TOO_MANY = "Too many attempts. Wait five minutes, then try again; nobody can sign in with this name until then."


@register.simple_tag
def sign_in_problem(form: forms.Form) -> str:
    """Why a sign-in was refused, in words that tell nobody which names exist."""
    problems: list[ValidationError] = form.errors.as_data().get("__all__", [])
    return TOO_MANY if any(problem.code == LOCKED for problem in problems) else MISMATCH


@register.simple_tag
def facility_sign_in() -> dict[str, str] | None:
    """The name and address of the facility's own sign-in, None where there is none."""
    if not settings.OIDC_SERVER:
        return None
    return {"name": settings.OIDC_NAME, "address": reverse("openid_connect_login", args=["facility"])}


@register.simple_tag
def idle_seconds() -> int:
    """How long a session lasts while nobody does anything."""
    return int(settings.SESSION_IDLE_SECONDS)


@register.simple_tag
def next_address(request: HttpRequest) -> str:
    """Where the person was going; the views behind see to it that it is an address of this site."""
    return request.POST.get("next") or request.GET.get("next", "")
