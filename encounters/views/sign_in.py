"""Signing out, with its event; the administration is entered by the same door as everything else."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from encounters.audit import Tag, access
from encounters.http import PageRequest


class SignOut(LogoutView):
    """Out, and told of to the trail."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """They are out."""
        if request.user.is_authenticated:
            access.signed_out(user=request.user, at=timezone.now())
        response = super().post(request, *args, **kwargs)
        # What a page kept of somebody's words for after the next sign-in goes with them.
        response["Clear-Site-Data"] = '"storage"'
        return response


@login_not_required
def administration_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in; whoever is signed in and is sent here is no operator of the site. Raises PermissionDenied."""
    if request.user.is_authenticated:
        message = "The administration is for staff."
        raise PermissionDenied(message)
    target = {"next": request.GET.get("next") or reverse("admin:index")}
    return redirect(f"{reverse('login')}?{urlencode(target)}")


def administration_password_change(request: PageRequest) -> HttpResponse:
    """A staff member's own password; that it was changed stands in the trail. Raises PermissionDenied."""
    if not request.user.is_staff:
        message = "The administration is for staff."
        raise PermissionDenied(message)
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
