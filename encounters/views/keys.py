"""The page on which a person changes keys for themselves."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from encounters import keys
from encounters.http import PageRequest


@require_safe
def index(request: PageRequest) -> HttpResponse:
    """Every key with what it does and the person's stroke for it."""
    own = keys.own_keys(request.session)
    return render(request, "encounters/keys/index.html", {"own": own, "sheet": keys.sheet(own)})


@require_POST
def change(request: PageRequest) -> HttpResponse:
    """Another stroke for one key."""
    name, stroke = request.POST.get("name", ""), request.POST.get("stroke", "")
    try:
        key = keys.change(name=name, stroke=stroke, user=request.user, session=request.session)
    except keys.UnableToChangeKey as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"“{key.what}” is {stroke.strip()} from now on.")
    return redirect("keys:index")


@require_POST
def switch(request: PageRequest) -> HttpResponse:
    """Keys of a single character on, or off."""
    is_on = request.POST.get("on") == "yes"
    keys.switch(is_on=is_on, user=request.user, session=request.session)
    messages.success(
        request,
        "Single keys are on." if is_on else "Single keys are off. Ctrl-K still opens the palette with every act.",
    )
    return redirect("keys:index")


@require_POST
def reset(request: PageRequest) -> HttpResponse:
    """All keys as they are by default."""
    keys.reset(user=request.user, session=request.session)
    messages.success(request, "Every key is again what it was in the beginning.")
    return redirect("keys:index")
