"""The workbench: its page, and a door for each act. A refused act comes back with what was typed."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from encounters.audit import looking
from encounters.forms.review import AcceptForm, AddedLineForm, LineForm, NoteForm, PendForm, ReasonForm, VersionForm
from encounters.http import PageRequest, act, is_for_fragment
from encounters.models import Review
from encounters.models.review import ReviewState
from encounters.review import claims, decisions, seeding, states
from encounters.review.hold import LEAD, OPEN_STATES, WORK, UnableToWork
from encounters.review.lines import ReviewLine
from encounters.views import going_back, handing_out
from encounters.views.answers import (
    Editing,
    Typed,
    answer,
    answer_row,
    encounter_of,
    find_row,
    open_review,
    refused,
    review_of,
)
from encounters.views.news import arrived_since, changes_since, news_since
from encounters.views.workbench import Workbench, workbench

MODES = frozenset({"edit", "reject"})


@require_safe
def encounter(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The workbench. Opening it claims the encounter where it is free and open; looking is recorded."""
    shown = encounter_of(request, encounter_id)
    review = review_of(shown)
    at = timezone.now()
    if "waiting" in request.GET:
        # The page of an encounter that is being coded asks whether it is.
        return HttpResponseClientRefresh() if review or shown.coding_error else HttpResponse(status=204)
    if review is None:
        looking.viewed(encounter=shown, user=request.user, at=at)
        return render(request, "encounters/review/waiting.html", {"encounter": shown, "review": None, "run": None})
    holder = review.holder(at)
    if (holder is None or holder.pk == request.user.pk) and _may_take(request, review):
        try:
            take = claims.claim if is_for_fragment(request) else claims.take_up
            held = take(review=review, user=request.user, at=at)
            request.is_look_noted = True
            if held.run_id == review.run_id:
                held.run = review.run
            review = held
        except UnableToWork:
            # Somebody was faster: the page says who, and can be read.
            review.refresh_from_db()
    return answer(request, review, editing=_editing_asked(request, review))


@require_safe
def line(request: PageRequest, encounter_id: int, line_key: str) -> HttpResponse:
    """One line as it stands; with htmx its row, else the page at that row."""
    review = open_review(request, encounter_id)
    return answer_row(request, review, line_key, None)


@require_http_methods(["GET", "HEAD", "POST"])
def line_form(request: PageRequest, encounter_id: int, line_key: str, mode: str) -> HttpResponse:
    """The form of a line in its row, and what was sent with it: a correction or a rejection."""
    if mode not in MODES:
        message = "A line is edited or rejected."
        raise Http404(message)
    review = open_review(request, encounter_id)
    if request.method != "POST":
        return answer_row(request, review, line_key, _editing(review, mode, line_key))
    form = LineForm(request.POST) if mode == "edit" else ReasonForm(request.POST)
    editing = Editing(mode, line_key, form)
    if not form.is_valid():
        return answer(request, review, editing=editing, status=422)
    decide: Callable[..., object] = decisions.override_line if mode == "edit" else decisions.reject_line
    return _act(
        request,
        encounter_id,
        lambda: decide(review=review, line_key=line_key, user=request.user, at=timezone.now(), **form.cleaned_data),
        editing=editing,
    )


@act
def accept_line(request: PageRequest, encounter_id: int, line_key: str) -> HttpResponse:
    """The line stands as suggested."""
    review = open_review(request, encounter_id)
    version = _version(request)
    return _act(
        request,
        encounter_id,
        lambda: decisions.accept_line(
            review=review, line_key=line_key, user=request.user, at=timezone.now(), version=version
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add_line(request: PageRequest, encounter_id: int) -> HttpResponse:
    """A line the engine did not suggest."""
    review = open_review(request, encounter_id)
    if request.method != "POST":
        return answer(request, review, editing=Editing("add", "new", AddedLineForm()))
    known = review.encounter.administrations.values_list("external_id", "drug_name")
    form = AddedLineForm(request.POST, administrations=known)
    editing = Editing("add", "new", form)
    if not form.is_valid():
        return answer(request, review, editing=editing, status=422)
    said = form.cleaned_data
    return _act(
        request,
        encounter_id,
        lambda: decisions.add_line(review=review, user=request.user, at=timezone.now(), **said),
        editing=editing,
    )


@act
def undo(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The last decision of this person is taken back, or their acceptance."""
    review = open_review(request, encounter_id)
    version = _version(request)
    try:
        decisions.undo(review=review, user=request.user, at=timezone.now(), version=version)
    except decisions.UnableToUndo as error:
        said = going_back.way_back(request, review) or str(error)
        return refused(request, encounter_id, said, tag="Nothing undone")
    except UnableToWork as error:
        return refused(request, encounter_id, str(error))
    return _shown(request, encounter_id)


@act
def accept(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The encounter is accepted, and the next one opens."""
    review = open_review(request, encounter_id)
    form, typed = AcceptForm(request.POST), Typed("accept", request.POST)
    if not form.is_valid():
        return answer(request, review, typed=typed, refusal=_first_problem(form), status=422)
    said = form.cleaned_data
    return _act_and_next(
        request,
        review,
        lambda: states.accept(review=review, user=request.user, at=timezone.now(), **said),
        "accepted",
        typed=typed,
    )


@act
def pend(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The encounter waits for something, and the next one opens."""
    review = open_review(request, encounter_id)
    form, typed = PendForm(request.POST), Typed("pend", request.POST)
    if not form.is_valid():
        return answer(request, review, typed=typed, refusal=_first_problem(form), status=422)
    said = form.cleaned_data
    return _act_and_next(
        request,
        review,
        lambda: states.pend(review=review, user=request.user, at=timezone.now(), **said),
        "pended",
        typed=typed,
    )


@act
def second_review(request: PageRequest, encounter_id: int) -> HttpResponse:
    """A lead looks next, and the next one opens."""
    return _noted(request, encounter_id, "second", states.send_to_second_review, "sent to second review")


@act
def return_to_coder(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The coder goes on with the lead's note, and the next one opens."""
    return _noted(request, encounter_id, "return", states.return_from_second_review, "returned")


@act
def wake(request: PageRequest, encounter_id: int) -> HttpResponse:
    """A pended encounter is taken up again."""
    review = open_review(request, encounter_id)
    version = _version(request)
    return _act(
        request,
        encounter_id,
        lambda: states.wake(review=review, user=request.user, at=timezone.now(), version=version),
    )


@act
def reopen(request: PageRequest, encounter_id: int) -> HttpResponse:
    """A lead opens an accepted encounter again."""
    review = open_review(request, encounter_id)
    form, typed = NoteForm(request.POST), Typed("reopen", request.POST)
    if not form.is_valid():
        return answer(request, review, typed=typed, refusal=_first_problem(form), status=422)
    version, reason = form.cleaned_data["version"], form.cleaned_data["note"]
    return _act(
        request,
        encounter_id,
        lambda: states.reopen(review=review, reason=reason, user=request.user, at=timezone.now(), version=version),
        typed=typed,
    )


@act
def skip(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The encounter goes back, and the next one in the queue's order opens."""
    review = open_review(request, encounter_id)
    return handing_out.skip(
        request, review, nothing="That was the last one that nobody holds. It is back in the queue."
    )


@act
def heartbeat(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The page is still open: the lease runs on. Says at once when it does not, or when the encounter has changed."""
    shown = encounter_of(request, encounter_id)
    review = review_of(shown)
    if review is None:
        raise Http404
    context: dict[str, object] = {"encounter": shown, "review": review, "may_decide": True}
    seen_run = request.POST.get("run", "")
    try:
        claims.heartbeat(review=review, user=request.user, at=timezone.now())
    except UnableToWork as refusal:
        context |= {"may_decide": False, "lost": str(refusal)}
    if str(review.version) != request.POST.get("version") and not context.get("lost"):
        context["news"] = news_since(review, request.POST.get("version", ""))
        context["what_changed"] = changes_since(review, seen_run)
    elif shown.coding_state != "coded" and not context.get("lost"):
        context["news"] = arrived_since(shown, review)
    return render(request, "encounters/review/lease.html", context)


@act
def release(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The page was left: the encounter is free for others."""
    review = open_review(request, encounter_id)
    try:
        claims.release(review=review, user=request.user, at=timezone.now())
    except UnableToWork as refusal:
        messages.warning(request, str(refusal))
    return redirect("review:queue")


# ---- what the doors share


def _may_take(request: PageRequest, review: Review) -> bool:
    if not request.user.has_perm(WORK):
        return False
    if review.state == ReviewState.SECOND_REVIEW:
        return request.user.has_perm(LEAD) and review.second_review_from_id != request.user.pk
    return review.state in OPEN_STATES


def _version(request: PageRequest) -> int:
    form = VersionForm(request.POST)
    if not form.is_valid():
        message = "The page did not say which version it showed."
        raise BadRequest(message)
    return int(form.cleaned_data["version"])


def _first_problem(form: forms.Form) -> str:
    return next((str(problem) for problems in form.errors.values() for problem in problems), "")


def _editing_asked(request: PageRequest, review: Review) -> Editing | None:
    """The form that a plain link asks for: ?edit=KEY, ?reject=KEY or ?add=1."""
    for mode in ("edit", "reject"):
        if key := request.GET.get(mode):
            return _editing(review, mode, key)
    return Editing("add", "new", AddedLineForm()) if request.GET.get("add") else None


def _editing(review: Review, mode: str, key: str) -> Editing:
    if mode == "reject":
        return Editing(mode, key, ReasonForm())
    return Editing(mode, key, LineForm(initial=_values(workbench(review=review), key)))


def _values(bench: Workbench, key: str) -> dict[str, object]:
    found = find_row(bench, key)
    if found is None:
        return {}
    current: ReviewLine = found.line
    return {"code": current.code, "units": current.units, "modifiers": " ".join(current.modifiers)}


def _act(
    request: PageRequest,
    encounter_id: int,
    act: Callable[[], object],
    *,
    editing: Editing | None = None,
    typed: Typed | None = None,
) -> HttpResponse:
    """Does it and shows how things stand; a refusal shows why, with what was typed."""
    try:
        act()
    except UnableToWork as error:
        return refused(request, encounter_id, str(error), editing=editing, typed=typed)
    return _shown(request, encounter_id)


def _shown(request: PageRequest, encounter_id: int) -> HttpResponse:
    if not is_for_fragment(request):
        return redirect("review:encounter", encounter_id=encounter_id)
    return answer(request, open_review(request, encounter_id))


def _act_and_next(
    request: PageRequest, review: Review, act: Callable[[], object], done: str, *, typed: Typed
) -> HttpResponse:
    """Does it, says so on the next page, and hands out the next encounter."""
    try:
        held = act()
    except UnableToWork as error:
        return refused(request, review.encounter_id, str(error), typed=typed)
    if done == "accepted" and isinstance(held, Review) and held.state != ReviewState.ACCEPTED:
        messages.warning(request, seeding.told(held))
        return redirect("review:encounter", encounter_id=review.encounter_id)
    going_back.remember(request, review)
    patient = review.encounter.patient
    said = format_html(
        '{} {} is {}. <a class="link" data-again href="{}">Open it again</a>',
        patient.initials,
        patient.mrn_tail,
        done,
        f"/review/{review.encounter_id}/",
    )
    return handing_out.next_page(request, done=said, nothing="Nothing more is waiting that nobody holds.")


def _noted(request: PageRequest, encounter_id: int, name: str, act: Callable[..., object], done: str) -> HttpResponse:
    review = open_review(request, encounter_id)
    form, typed = NoteForm(request.POST), Typed(name, request.POST)
    if not form.is_valid():
        return answer(request, review, typed=typed, refusal=_first_problem(form), status=422)
    said = form.cleaned_data
    return _act_and_next(
        request, review, lambda: act(review=review, user=request.user, at=timezone.now(), **said), done, typed=typed
    )
