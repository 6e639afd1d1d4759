"""What a change would do before it is published: studies, what each found, and overpayments with their deadlines."""

from decimal import Decimal

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from encounters import impact_studies, tasks
from encounters.forms.impact import StudyForm
from encounters.http import PageRequest
from encounters.models import ImpactStudy
from encounters.proposed_rules import UnableToPropose

STUDIES_OF_A_PAGE = 25
OVER = (ImpactStudy.State.FINISHED, ImpactStudy.State.FAILED)


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: PageRequest) -> HttpResponse:
    """The studies so far, what is proposed to the formulary, and the form of a new study."""
    kept = impact_studies.studies(user=request.user)
    form = StudyForm()
    if request.method == "POST":
        form = StudyForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                asked = impact_studies.request(asked=form.asked(), user=request.user, at=timezone.now())
            except (impact_studies.UnableToStudy, UnableToPropose) as refusal:
                form.add_error(None, str(refusal))
            else:
                tasks.nudge_study(study_id=asked.pk)
                return redirect("impact:study", study_id=asked.pk)
    context = {
        "form": form,
        "page": Paginator(kept, STUDIES_OF_A_PAGE).get_page(request.GET.get("page")),
        "imports": impact_studies.proposed_imports(user=request.user),
    }
    return render(request, "encounters/impact/index.html", context, status=422 if form.errors else 200)


@require_safe
def study(request: PageRequest, study_id: int) -> HttpResponse:
    """One study: how far it is, or what it found."""
    shown = get_object_or_404(impact_studies.studies(user=request.user), pk=study_id)
    context: dict[str, object] = {"study": shown, "is_over": shown.state in OVER}
    if shown.state == ImpactStudy.State.FINISHED:
        now = timezone.now()
        changed = impact_studies.encounters_of(study=shown, user=request.user, at=now)
        due = impact_studies.overpayments_due(user=request.user, at=now, study=shown) if shown.identified_date else []
        context |= {
            "changed": changed,
            "changed_count": shown.open_changed + shown.accepted_changed,
            "due": due,
            "due_dollars": sum((each.found.dollars for each in due), Decimal(0)),
            "today": timezone.localdate(now),
        }
    return render(request, "encounters/impact/study.html", context)


@require_safe
def progress(request: PageRequest, study_id: int) -> HttpResponse:
    """How far it is; once it is over the page is fetched anew."""
    shown = get_object_or_404(impact_studies.studies(user=request.user), pk=study_id)
    response = render(request, "encounters/impact/progress.html", {"study": shown})
    if shown.state in OVER:
        response["HX-Refresh"] = "true"
    return response


@require_safe
def overpayments(request: PageRequest) -> HttpResponse:
    """Every overpayment that still stands, the first deadline first."""
    now = timezone.now()
    due = impact_studies.overpayments_due(user=request.user, at=now)
    today = timezone.localdate(now)
    context = {
        "due": due,
        "today": today,
        "dollars": sum((each.found.dollars for each in due), Decimal(0)),
        "overdue": sum(each.return_by < today for each in due),
    }
    return render(request, "encounters/impact/overpayments.html", context)
