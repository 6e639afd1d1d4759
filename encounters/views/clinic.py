"""Questions to the clinic: asked from the workbench, listed, answered, withdrawn."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import reswap, retarget

from encounters.audit import looking
from encounters.forms.chart import read_clock
from encounters.forms.clinic import UNKNOWN, AnswerForm, AskForm, WithdrawQueryForm
from encounters.http import PageRequest, act, is_for_fragment
from encounters.models import ClinicQuery, DrugAdministration, Review
from encounters.models.query import QueryState
from encounters.review import queries, templates
from encounters.review.hold import UnableToWork
from encounters.views.answers import answer as answer_with
from encounters.views.answers import open_review

QUERIES_OF_A_PAGE = 50


@require_safe
def ask_form(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The form to ask about an administration, with the words of the question as they would be sent."""
    review = open_review(request, encounter_id)
    context = _asking(review, request.GET.get("administration", ""), request.GET.get("finding", ""), request)
    if is_for_fragment(request):
        return render(request, "encounters/clinic/ask.html", context)
    return answer_with(request, review, asking=context)


@act
def ask(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The question stands open."""
    review = open_review(request, encounter_id)
    form = AskForm(request.POST)
    problem = ""
    if form.is_valid():
        said = form.cleaned_data
        try:
            queries.ask(
                review=review,
                administration=said["administration"],
                template_id=said["template"],
                asked_of=said["asked_of"],
                finding_kind=said["finding"],
                user=request.user,
                at=timezone.now(),
                version=said["version"],
            )
        except UnableToWork as refusal:
            problem = str(refusal)
        else:
            if not is_for_fragment(request):
                return redirect("review:encounter", encounter_id=encounter_id)
            return answer_with(request, open_review(request, encounter_id))
    fresh = open_review(request, encounter_id)
    asking = _asking(fresh, request.POST.get("administration", ""), request.POST.get("finding", ""), request)
    asking |= {"problem": problem or "; ".join(str(each) for found in form.errors.values() for each in found)}
    status = 409 if problem else 422
    if is_for_fragment(request):
        form_again = render(request, "encounters/clinic/ask.html", asking, status=status)
        return retarget(reswap(form_again, "innerHTML"), "#panel")
    return answer_with(request, fresh, asking=asking, status=status)


@require_safe
def index(request: PageRequest) -> HttpResponse:
    """The questions in a state, the first to expire first."""
    wanted = request.GET.get("state", QueryState.OPEN)
    state = QueryState(wanted) if wanted in QueryState.values else QueryState.OPEN
    found = queries.queries(user=request.user, state=state)
    page = Paginator(found, QUERIES_OF_A_PAGE).get_page(request.GET.get("page"))
    seen = [query.review.encounter_id for query in page.object_list]
    looking.listed(encounters=seen, user=request.user, at=timezone.now(), what="questions to the clinic")
    context = {
        "page": page,
        "state": state,
        "states": QueryState.choices,
        "today": timezone.localdate(),
    }
    return render(request, "encounters/clinic/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: PageRequest, query_id: int) -> HttpResponse:
    """One question with the form for its answer."""
    query = _query(request, query_id)
    form = AnswerForm(request.POST or None, query=query)
    problem, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                value, words = _said(form, query)
                queries.answer(
                    query=query,
                    answer=words,
                    value=value,
                    answered_by=form.cleaned_data["answered_by"],
                    user=request.user,
                    at=timezone.now(),
                )
            except ValueError as error:
                form.add_error("value", str(error))
            except UnableToWork as refusal:
                problem, status = str(refusal), 409
            else:
                messages.success(request, "The answer is recorded, and the encounter knows of it.")
                return redirect("clinic:index")
    context = {"query": query, "form": form, "problem": problem, "encounter": query.review.encounter}
    return render(request, "encounters/clinic/query.html", context, status=status)


@act
def withdraw(request: PageRequest, query_id: int) -> HttpResponse:
    """Nobody need answer any more."""
    query = _query(request, query_id)
    form = WithdrawQueryForm(request.POST)
    if not form.is_valid():
        problem = "Say why the question is withdrawn."
    else:
        try:
            queries.withdraw(query=query, reason=form.cleaned_data["reason"], user=request.user, at=timezone.now())
        except UnableToWork as refusal:
            problem = str(refusal)
        else:
            messages.success(request, "The question is withdrawn.")
            return redirect("clinic:index")
    context = {
        "query": query,
        "form": AnswerForm(query=query),
        "problem": problem,
        "encounter": query.review.encounter,
    }
    return render(request, "encounters/clinic/query.html", context, status=422)


def _query(request: PageRequest, query_id: int) -> ClinicQuery:
    for state in QueryState.values:
        found = queries.queries(user=request.user, state=state).filter(pk=query_id).first()
        if found is not None:
            looking.viewed(encounter=found.review.encounter, user=request.user, at=timezone.now(), what="question")
            return found
    message = "There is no such question."
    raise Http404(message)


def _said(form: AnswerForm, query: ClinicQuery) -> tuple[object, str]:
    """The value for the chart and the answer in words. Raises ValueError for what is no time."""
    value, words = form.cleaned_data.get("value"), str(form.cleaned_data.get("answer") or "")
    if value in (None, "", UNKNOWN):
        told = "cannot be determined" if value == UNKNOWN else ""
        return None, "; ".join(filter(None, (told, words)))
    told = str(value)
    if query.answer_kind == "time":
        given = query.administration
        encounter = query.review.encounter
        zone = ZoneInfo(encounter.time_zone)
        start = given.started_at
        near = start.astimezone(zone).date() if start else encounter.date_of_service
        not_before = start if query.field == "stopped_at" else None
        value = read_clock(told, near=(near, not_before), zone=zone).isoformat()
    return value, "; ".join(filter(None, (told, words)))


def _asking(review: Review, administration: str, kind: str, request: PageRequest) -> dict[str, object]:
    """What the form to ask shows; the first administration where none is named."""
    rows = DrugAdministration.objects.filter(encounter=review.encounter_id).order_by("position", "pk")
    wanted = administration.replace("\0", "")
    given = rows.filter(external_id=wanted).first() or rows.first()
    today = timezone.localdate()
    sent = request.POST or request.GET
    fitting = templates.find(sent.get("template", ""), on=today) or templates.fitting(kind, on=today)
    if given is None or fitting is None:
        message = "There is nothing to ask about here."
        raise Http404(message)
    text = queries.preview(review=review, administration=given.external_id, template_id=fitting.id, at=timezone.now())
    return {
        "encounter": review.encounter,
        "review": review,
        "given": given,
        "finding": kind,
        "template": fitting,
        "templates": templates.templates_on(today),
        "text": text,
        "asked_of": sent.get("asked_of", given.charted_by or "the nurse who charted it"),
    }
