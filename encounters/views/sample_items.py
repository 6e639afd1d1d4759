"""One encounter of a sample: coded blind, then revealed and ruled upon; and what coders and leads answer."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from encounters import coding
from encounters.audit import looking
from encounters.forms.sampling import AuditedLineForm, RulingForm, line_forms
from encounters.http import PageRequest, number_in
from encounters.models import SampleAudit
from encounters.sampling import comparing, reviewing, rulings
from encounters.sampling.reviewing import BlindItem, UnableToLock
from encounters.timeline import timeline
from encounters.views.samples import sample_of

DISPUTES_OF_A_PAGE = 100


@require_safe
def open_next(request: PageRequest, sample_id: int) -> HttpResponse:
    """The user's next encounter to review; the sample where there is none left."""
    shown = sample_of(sample_id)
    behind = request.GET.get("behind", "")
    found = reviewing.next_of(
        sample_id=shown.pk,
        user=request.user,
        behind=number_in(behind) or 0,
    )
    if found is None:
        messages.success(request, "Nothing of this sample is left for you to review.")
        return redirect("audit:sample", sample_id=shown.pk)
    return redirect("audit:item", sample_id=shown.pk, position=found.item.position)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: PageRequest, sample_id: int, position: int) -> HttpResponse:
    """An encounter to review: blind until the auditor locks, then with everything."""
    shown = sample_of(sample_id)
    found = reviewing.audit_of(sample_id=shown.pk, position=position, user=request.user)
    if found.is_locked:
        return _revealed(request, found)
    if request.method != "POST":
        return _blind(request, found, [AuditedLineForm()])
    rows = line_forms(request.POST)
    # Every row says what is wrong with it, not the first wrong one alone.
    wrong = [row for row in rows if not row.is_valid()]
    if "lock" not in request.POST:
        return _blind(request, found, [*rows, AuditedLineForm()])
    if wrong:
        return _blind(request, found, rows, status=422)
    if not rows and "nothing" not in request.POST:
        return _blind(request, found, [AuditedLineForm()], status=422, is_empty=True)
    try:
        lines = [row.line() for row in rows]
        reviewing.lock(found=found, lines=lines, user=request.user, at=timezone.now())
    except UnableToLock as refusal:
        messages.error(request, str(refusal))
    return redirect("audit:item", sample_id=shown.pk, position=position)


@require_POST
def rule(request: PageRequest, audit_id: int, row: int) -> HttpResponse:
    """Something is said of a difference."""
    found = get_object_or_404(SampleAudit.objects.select_related("item__sample", "lock"), pk=audit_id)
    form = RulingForm(request.POST)
    form.is_valid()
    said = form.cleaned_data
    try:
        rulings.rule(
            found=found,
            row=row,
            kind=said.get("kind", ""),
            reason=said.get("reason", ""),
            user=request.user,
            at=timezone.now(),
        )
    except rulings.UnableToRule as refusal:
        messages.error(request, str(refusal))
    if request.POST.get("from") == "answers":
        return redirect("audit:answers")
    place = reverse("audit:item", kwargs={"sample_id": found.item.sample_id, "position": found.item.position})
    return redirect(f"{place}#row-{row}")


@require_safe
def answers(request: PageRequest) -> HttpResponse:
    """What auditors disagreed with: to the coder their own, to a lead what was escalated."""
    page = Paginator(rulings.disputes(user=request.user), DISPUTES_OF_A_PAGE).get_page(request.GET.get("page"))
    rows = []
    for said in page.object_list:
        found = said.audit
        compared = next(each for each in comparing.compared(found=found) if each.number == said.row)
        may = rulings.choices(found=found, standing=compared.standing, user=request.user)
        rows.append({"audit": found, "row": compared, "may": may})
    shown = [said.audit.item.encounter_id for said in page.object_list]
    looking.listed(encounters=shown, user=request.user, at=timezone.now(), what="answers to audits")
    return render(request, "encounters/sampling/answers.html", {"page": page, "rows": rows})


def _blind(
    request: PageRequest, found: SampleAudit, rows: list[AuditedLineForm], *, status: int = 200, is_empty: bool = False
) -> HttpResponse:
    chart = reviewing.blind(found=found, user=request.user, at=timezone.now())
    context = _chart(chart) | {"rows": rows, "is_empty": is_empty}
    response = render(request, "encounters/sampling/blind.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _revealed(request: PageRequest, found: SampleAudit) -> HttpResponse:
    chart = reviewing.blind(found=found, user=request.user, at=timezone.now())
    compared = comparing.compared(found=found)
    result = coding.result_of(found.item.run)
    context = _chart(chart) | {
        "rows": [(row, rulings.choices(found=found, standing=row.standing, user=request.user)) for row in compared],
        "suggested": result.lines,
        "differ": sum(not row.is_same for row in compared),
    }
    response = render(request, "encounters/sampling/revealed.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _chart(chart: BlindItem) -> dict[str, Any]:
    """The chart and its timeline, drawn without a word of what the engine said."""
    said = coding.result_of(chart.item.run)
    nothing = said._replace(lines=(), not_billed=(), findings=(), minute_ledger=(), unit_ledger=(), diagnoses=())
    zone = ZoneInfo(chart.encounter.time_zone)
    return {
        "audit": chart.audit,
        "item": chart.item,
        "sample": chart.item.sample,
        "encounter": chart.encounter,
        "facts": chart.facts,
        "timeline": timeline(facts=chart.facts, result=nothing, zone=zone, earns={}),
        "date": chart.encounter.date_of_service,
    }
