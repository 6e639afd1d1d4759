"""Signing in and out, each with its event; the administration is entered by the same door."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from encounters.audit import Tag, access
from encounters.http import PageRequest


class SignIn(LoginView):
    """A name and a password; both outcomes stand in the trail."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """They are in."""
        response = super().form_valid(form)
        access.signed_in(user=form.get_user(), at=timezone.now())
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """They are not."""
        access.sign_in_failed(name=str(form.data.get("username", "")), at=timezone.now())
        return super().form_invalid(form)


class SignOut(LogoutView):
    """Out, and told of to the trail."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """They are out."""
        if request.user.is_authenticated:
            access.signed_out(user=request.user, at=timezone.now())
        return super().post(request, *args, **kwargs)


@login_not_required
def administration_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in; whoever is signed in and is sent here is no operator of the site. Raises PermissionDenied."""
    if request.user.is_authenticated:
        message = "The administration is for staff."
        raise PermissionDenied(message)
    target = {"next": request.GET.get("next") or reverse("admin:index")}
    return redirect(f"{reverse('login')}?{urlencode(target)}")


def administration_password_change(request: PageRequest) -> HttpResponse:
    """A staff member's own password; that it was changed stands in the trail."""
    response = admin.site.password_change(request)
    if request.method == "POST" and response.status_code == HTTP_FOUND:
        access.administered(
            tag=Tag.RECORD_CHANGED,
            user=request.user,
            at=timezone.now(),
            what=f"user {request.user.pk}",
            after={"password": "(withheld)"},
        )
    return response


HTTP_FOUND = 302
