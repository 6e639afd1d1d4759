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
SCALE_TO = 0.4
"""Where the drawn scale ends: twice the worst level that is told apart."""
LEFT = 4
"""Percent of the drawing's width before nothing, so that the mark of nothing is seen whole."""


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
        "measured": [
            (each, {name: _x(share) for name, share in (("low", each.low), ("rate", each.rate), ("high", each.high))})
            for each in measured
        ],
        "marks": [(_x(level), round(level * HUNDRED)) for level in automation.LEVELS],
        "policies": automation.policies(user=request.user),
        "needed": automation.SEEDS_FOR_POWER,
        "power": automation.POWER,
    }
    return render(request, "encounters/sampling/seeding.html", context, status=status)


def _x(share: float) -> float:
    """Where a share lies in the drawing, in percent of its width."""
    return round(LEFT + min(share, SCALE_TO) / SCALE_TO * (HUNDRED - LEFT), 2)
