"""The small pages of the account that the sign-in library leaves to the site."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.http import require_safe

from encounters.audit import Tag, access


class ChangePassword(PasswordChangeView):
    """A person's own password; every other session of theirs ends with it."""

    template_name = "account/password.html"
    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """It is changed, and the trail says so."""
        response = super().form_valid(form)
        access.administered(
            tag=Tag.RECORD_CHANGED,
            user=form.user,
            at=timezone.now(),
            what=f"user {form.user.pk}",
            after={"password": "(withheld)"},
        )
        messages.success(self.request, "Your password is changed. Other devices are signed out.")
        return response


@login_not_required
@require_safe
def closed(request: HttpRequest) -> HttpResponse:
    """The account was closed by the administration."""
    return render(request, "account/closed.html", status=403)
