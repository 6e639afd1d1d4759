"""Pages of those who audit: the trail with its filters, proof and sign-off, and a run asked again."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from encounters import replay as replaying
from encounters.audit import Tag, looking, reading
from encounters.audit.blinding import refuse_covered
from encounters.forms.audit import SignOffForm, TrailForm
from encounters.http import PageRequest
from encounters.models import AuditEvent, CodingRun
from encounters.sites import seen_by
from encounters.views.history import EventRow, event_row

EVENTS_OF_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class TrailRow:
    """An event in words, its place in its stream, and the run that it tells of."""

    row: EventRow
    place: str


@require_safe
def trail(request: PageRequest) -> HttpResponse:
    """The events of an encounter, a person or a day, each with what it changed."""
    form = TrailForm(request.GET)
    wanted = form.wanted()
    found = reading.view(wanted=wanted, user=request.user, at=timezone.now())
    page = Paginator(found, EVENTS_OF_A_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    asked = urlencode({name: value for name, value in form.cleaned_data.items() if value not in (None, "")})
    context = {
        "form": form,
        "wanted": wanted,
        "page": page,
        "rows": [TrailRow(event_row(event), _place(event)) for event in rows],
        "newest": rows[0].pk if rows else None,
        "asked": asked,
        "proof": reading.proof(encounter_id=wanted.encounter_id, user=request.user) if wanted.encounter_id else None,
        "verified": reading.last_verification(user=request.user),
    }
    return render(request, "encounters/audit/trail.html", context)


@require_safe
def export(request: PageRequest) -> StreamingHttpResponse:
    """The same events as a file of CSV."""
    wanted = TrailForm(request.GET).wanted()
    lines = reading.export(wanted=wanted, user=request.user, at=timezone.now())
    headers = {"Content-Disposition": 'attachment; filename="trail.csv"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
def sign_off(request: PageRequest) -> HttpResponse:
    """The auditor has read what the page showed."""
    form = SignOffForm(request.POST)
    wanted = form.wanted()
    asked = {name: value for name, value in form.cleaned_data.items() if name in TrailForm.base_fields and value}
    back = f"{reverse('audit:trail')}?{urlencode(asked)}"
    if not form.is_valid():
        messages.error(request, "The page did not say what was read.")
        return redirect(back)
    said = form.cleaned_data
    try:
        event = reading.sign_off(
            wanted=wanted, last_event=said["last_event"], note=said["note"], user=request.user, at=timezone.now()
        )
    except reading.UnableToSignOff as refusal:
        messages.error(request, str(refusal))
    else:
        number = event.after["events"] if event.after else 0
        messages.success(request, f"Signed off: {number} events.")
    return redirect(back)


@require_safe
def replay(request: PageRequest, run_id: int) -> HttpResponse:
    """A run as it was, byte for byte, and as it would be today."""
    reading.require(request.user)
    theirs = CodingRun.objects.filter(seen_by(request.user, "encounter__location"))
    run = get_object_or_404(theirs.select_related("encounter__patient"), pk=run_id)
    refuse_covered(encounter_id=run.encounter_id, user=request.user)
    at = timezone.now()
    looking.viewed(encounter=run.encounter, user=request.user, at=at, tag=Tag.RUN_REPLAYED, what=str(run))
    context: dict[str, object] = {"run": run, "encounter": run.encounter}
    try:
        context["replayed"] = replaying.replay(run=run)
    except replaying.UnableToReplay as refusal:
        context["refusal"] = str(refusal)
    context["rules"] = replaying.under_todays_rules(run=run)
    context["today"] = replaying.as_of_today(run=run)
    return render(request, "encounters/audit/replay.html", context)


def _place(event: AuditEvent) -> str:
    seal = getattr(event, "seal", None)
    return f"{seal.stream}/{seal.sequence}" if seal else ""
