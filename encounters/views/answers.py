"""How a door of the workbench answers: with the page, the part of it below the timeline, or one row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from django import forms
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from encounters import audit, selectors
from encounters.audit import looking
from encounters.http import PageRequest, is_for_fragment
from encounters.models import Encounter, Review
from encounters.models.review import PendReason, ReviewState
from encounters.review.desk import desk_of
from encounters.review.hold import LEAD, OPEN_STATES, WORK
from encounters.views.history_rows import addendum_rows, amended, first_coder_rows, since_accepted, since_pended, why_of
from encounters.views.line_rows import LineRow
from encounters.views.workbench import Workbench, workbench


@dataclass(frozen=True, slots=True)
class Editing:
    """The row that is open as a form: `mode` edit, reject or add; `key` the line's."""

    mode: str
    key: str
    form: forms.Form

    @property
    def is_rejection(self) -> bool:
        """A rejection has no values, so the reason comes first."""
        return self.mode == "reject"


KEY_OF_FORM = {"pend": "h", "accept": "⏎", "second": "r", "return": "r", "reopen": "r"}
"""What opens a form again that is not open in the page already."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was sent by a form that is not a line's, and refused: `form` is its name in the page."""

    form: str
    said: Mapping[str, object]

    @property
    def key(self) -> str:
        """The key that opens its form; empty where the form stands open."""
        return KEY_OF_FORM.get(self.form, "")

    @property
    def in_its_form(self) -> dict[str, Mapping[str, object]]:
        """As the page reads it: by form, then by field."""
        return {self.form: self.said}

    @property
    def words(self) -> str:
        """All of it in a row, for a page that has the form no more."""
        said = {name: str(self.said.get(name) or "").strip() for name in ("reason", "note", "until")}
        if self.form == "pend":
            said["reason"] = dict(PendReason.choices).get(said["reason"], "")
        return ", ".join(filter(None, said.values()))


def encounter_of(request: PageRequest, encounter_id: int) -> Encounter:
    """The encounter with its review and run. Raises Http404, PermissionDenied."""
    try:
        return selectors.encounter_for_review(encounter_id=encounter_id, user=request.user)
    except Encounter.DoesNotExist as error:
        message = "There is no such encounter."
        raise Http404(message) from error


def review_of(shown: Encounter) -> Review | None:
    """The review of an encounter as read with it, None until it is coded."""
    review: Review | None = getattr(shown, "review", None)
    if review is not None:
        review.encounter = shown
    return review


def open_review(request: PageRequest, encounter_id: int) -> Review:
    """The review of an encounter that is coded. Raises Http404, PermissionDenied."""
    review = review_of(encounter_of(request, encounter_id))
    if review is None:
        message = "This encounter is not coded yet."
        raise Http404(message)
    if request.method in {"GET", "HEAD"}:
        _note_look(request, review)
    return review


def find_row(bench: Workbench, key: str) -> LineRow | None:
    """The row of a line, None where the newest run has no such line."""
    return next((row for row in (*bench.services, *bench.drug_lines) if row.line.key == key), None)


def _context(request: PageRequest, review: Review, at: datetime) -> dict[str, object]:
    holder = review.holder(at)
    is_mine = holder is not None and holder.pk == request.user.pk
    is_workable = review.state in OPEN_STATES or review.state == ReviewState.SECOND_REVIEW
    shown = review.encounter
    service = shown.date_of_service
    shown_run = request.POST.get("run") or request.GET.get("run")
    desk = desk_of(review=review, user=request.user)
    addenda = addendum_rows(desk.addenda, shown.time_zone)
    since = since_pended(review)
    bench = workbench(review=review, desk=desk, is_whole="all" in request.GET)
    return {
        "encounter": shown,
        "review": review,
        "run": review.run,
        "policy": review.run.policy,
        "bench": bench,
        "desk": desk,
        "addenda": addenda,
        "amended": amended(addenda),
        "since": since,
        "since_accepted": since_accepted(review),
        "folded": since.folded if since else (),
        "first_coder": first_coder_rows(review, bench),
        "may_work": request.user.has_perm(WORK),
        "may_decide": is_mine and is_workable and request.user.has_perm(WORK),
        "holder_name": audit.name_of(holder) if holder else "",
        "holder_is_other": holder is not None and not is_mine,
        "note_title": _note_title(review),
        "is_own_acceptance": review.accepted_by_id == request.user.pk,
        "refusals": desk.refusals,
        "age_days": (timezone.localdate(at) - service).days,
        "target_days": review.target_days,
        "pend_reasons": PendReason.choices,
        "is_new_run": shown_run is not None and shown_run != str(review.run.number),
        "why": why_of(review, request.GET.get("why", "")),
    }


def _note_title(review: Review) -> str:
    """Whose words the note of a second review are; nothing where there is none to show."""
    if not review.second_review_note:
        return ""
    if review.state == ReviewState.SECOND_REVIEW and review.second_review_from:
        return f"{audit.name_of(review.second_review_from)} asks"
    is_over = review.state == ReviewState.CHANGED or review.state not in OPEN_STATES
    return "" if is_over else "Returned by the lead"


def _note_look(request: PageRequest, review: Review) -> None:
    """A page is a look at the patient; so is a part of one, for whoever does not hold the encounter."""
    if getattr(request, "is_look_noted", False):
        return
    # What one request shows is one look, by whatever way it comes to be shown.
    request.is_look_noted = True
    now = timezone.now()
    holder = review.holder(now)
    if not is_for_fragment(request) or holder is None or holder.pk != request.user.pk:
        looking.viewed(encounter=review.encounter, user=request.user, at=now)


def answer(
    request: PageRequest,
    review: Review,
    *,
    editing: Editing | None = None,
    trial: object = None,
    asking: object = None,
    typed: Typed | None = None,
    refusal: str = "",
    refusal_tag: str = "Not saved",
    status: int = 200,
    part: str = "encounters/review/work.html",
) -> HttpResponse:
    """The page, or with htmx a part of it: what is below the timeline, unless another is named.

    `refusal` says why something was not done, `refusal_tag` what that means in two words.
    """
    context = _context(request, review, timezone.now())
    lost = _lost_words(context["bench"], editing)
    if typed and not _is_form_there(typed.form, review, context, request.user):
        lost, typed = typed.words, None
    context |= {
        "lost_words": lost,
        "typed": typed.in_its_form if typed else {},
        "typed_into": typed if typed and typed.words else None,
        "editing": editing,
        "trial": trial,
        "refusal": refusal,
        "refusal_tag": refusal_tag,
        "asking": asking,
    }
    is_update = is_for_fragment(request)
    _note_look(request, review)
    template = part if is_update else "encounters/review/encounter.html"
    response = render(request, template, context | {"is_update": is_update}, status=status)
    response["Vary"] = "HX-Request, Cookie"
    response["Cache-Control"] = "no-store"
    return response


def refused(
    request: PageRequest,
    encounter_id: int,
    refusal: str,
    *,
    tag: str = "Not saved",
    editing: Editing | None = None,
    typed: Typed | None = None,
) -> HttpResponse:
    """The encounter as it is by now, with why the act was not done and what was typed for it. Raises Http404."""
    review = open_review(request, encounter_id)
    return answer(
        request, review, editing=editing, typed=typed, refusal=refusal, refusal_tag=tag, status=HTTPStatus.CONFLICT
    )


def _is_form_there(name: str, review: Review, context: Mapping[str, object], user: User) -> bool:
    """Whether the page still has the form that something was typed into."""
    bench = context["bench"]
    if name == "reopen":
        return review.state == ReviewState.ACCEPTED and user.has_perm(LEAD)
    if not context["may_decide"]:
        return False
    if name == "accept":
        return isinstance(bench, Workbench) and bench.blocks > 0
    if name == "second":
        return review.state != ReviewState.SECOND_REVIEW
    return name != "return" or review.state == ReviewState.SECOND_REVIEW


def _lost_words(bench: object, editing: Editing | None) -> str:
    """What was typed into the form of a line that the newest run has no more: it is shown, not thrown away."""
    if editing is None or editing.mode == "add" or not isinstance(bench, Workbench) or find_row(bench, editing.key):
        return ""
    names = ("code", "units", "modifiers", "reason_code", "reason")
    typed = [str(editing.form.data.get(name, "")).strip() for name in names]
    return ", ".join(filter(None, typed))


def answer_row(request: PageRequest, review: Review, key: str, editing: Editing | None) -> HttpResponse:
    """One row for htmx, open as a form where `editing` says so; the page for a plain link. Raises Http404."""
    if not is_for_fragment(request):
        return answer(request, review, editing=editing)
    context = _context(request, review, timezone.now())
    bench = context["bench"]
    found = find_row(bench, key) if isinstance(bench, Workbench) else None
    if found is None:
        message = "This line is not among those of the newest coding run."
        raise Http404(message)
    _note_look(request, review)
    return render(request, "encounters/review/line_or_form.html", context | {"editing": editing, "row": found})
