"""Automation bias: what was set, and how often each coder accepted what was wrong on purpose."""

import secrets

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from encounters.forms.seeding import SeedingForm
from encounters.http import PageRequest
from encounters.sampling import automation

HUNDRED = 100


@require_http_methods(["GET", "HEAD", "POST"])
def seeding(request: PageRequest) -> HttpResponse:
    """The measure by coder, the policies there were, and a new one."""
    measured = automation.measured(user=request.user)
    form = SeedingForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            automation.set_policy(
                rate=said["percent"] / HUNDRED,
                from_date=said["from_date"],
                until_date=said["until_date"],
                seed=secrets.token_hex(16),
                reason=said["reason"],
                coder=said["coder"],
                user=request.user,
                at=timezone.now(),
            )
        except automation.UnableToSeed as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Set.")
            return redirect("audit:seeding")
    if form.errors:
        status = 422
    context = {
        "form": form,
        "measured": measured,
        "policies": automation.policies(user=request.user),
        "needed": automation.SEEDS_FOR_POWER,
        "power": automation.POWER,
    }
    return render(request, "encounters/sampling/seeding.html", context, status=status)
