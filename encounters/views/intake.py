"""Intake pages: send a file, see what became of it, settle what was refused."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from encounters import audit, intake, tasks
from encounters.audit import Tag
from encounters.forms.intake import SettleForm, UploadForm
from encounters.http import PageRequest
from encounters.models import IntakeBatch, IntakeRefusal

BATCHES_OF_A_PAGE = 25
REFUSALS_OF_A_PAGE = 100
# Name to download, content type, content.
TEMPLATES = {
    "csv": ("encounters.csv", "text/csv; charset=utf-8", intake.csv_template),
    "json": ("encounters.json", "application/json", intake.json_template),
}


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: PageRequest) -> HttpResponse:
    """The form to send a file, and what was sent so far."""
    found = intake.batches(user=request.user)
    form = UploadForm()
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                return _take_in(request, form)
            except intake.UnableToTakeIn as error:
                form.add_error("source", str(error))
    page = Paginator(found, BATCHES_OF_A_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "batches": page.object_list}
    return render(request, "encounters/intake/index.html", context, status=422 if form.errors else 200)


def _take_in(request: PageRequest, form: UploadForm) -> HttpResponse:
    changed: list[int] = []

    def note(batch: IntakeBatch, outcomes: Any) -> None:
        changed.extend(pk for pk, outcome in outcomes.items() if outcome != intake.Outcome.UNCHANGED)

    file = form.cleaned_data["file"]
    batch = intake.take_in_file(
        file=file,
        file_name=file.name or "",
        source=form.cleaned_data["source"],
        actor=request.user,
        at=timezone.now(),
        progress=note,
    )
    tasks.nudge(encounter_ids=changed)
    return redirect("intake:batch", batch_id=batch.pk)


@require_GET
def batch(request: PageRequest, batch_id: int) -> HttpResponse:
    """What became of one file or message."""
    found = get_object_or_404(intake.batches(user=request.user), pk=batch_id)
    rows = intake.refusals(batch=found, user=request.user)
    page = Paginator(rows, REFUSALS_OF_A_PAGE).get_page(request.GET.get("page"))
    if page.object_list:
        audit.record(
            tag=Tag.REFUSALS_VIEWED,
            at=timezone.now(),
            actor=request.user,
            object_repr=f"batch {found.pk}",
            after={"refusals": [row.pk for row in page.object_list]},
        )
    context = {"batch": found, "page": page, "refusals": page.object_list}
    return render(request, "encounters/intake/batch.html", context)


@require_GET
def template(request: PageRequest, file_format: str) -> HttpResponse:
    """A file to start from."""
    if file_format not in TEMPLATES:
        raise Http404
    name, content_type, content = TEMPLATES[file_format]
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content(), content_type=content_type, headers=headers)


@require_POST
def settle(request: PageRequest, refusal_id: int) -> HttpResponse:
    """The encounter may go on without a refused record, for a reason."""
    refusal = get_object_or_404(IntakeRefusal, pk=refusal_id)
    form = SettleForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        intake.settle_refusal(refusal=refusal, user=request.user, reason=reason, at=timezone.now())
    except intake.UnableToSettleRefusal as error:
        messages.error(request, str(error))
    else:
        tasks.nudge(encounter_ids=[refusal.encounter_id] if refusal.encounter_id else [])
    return redirect("intake:batch", batch_id=refusal.batch_id)
