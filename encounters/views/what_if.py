"""What if: a charted fact changed for trial, the codes at once, and saved as an addendum where it is true."""

from dataclasses import dataclass, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from encounters import addenda, coding, facts
from encounters.addenda import UnableToReadChange
from encounters.forms.chart import AddendumForm, StatementForm, WithdrawForm
from encounters.http import PageRequest, act, is_for_fragment
from encounters.installed import load_rulebook
from encounters.models import DrugAdministration, Review
from encounters.review import documentation
from encounters.review.differences import Difference, LineChange, difference
from encounters.review.hold import UnableToWork
from encounters.review.lines import as_suggested
from encounters.views.answers import Typed, answer, open_review, refused
from encounters.views.finding_rows import FindingRow, findings_of
from encounters.views.history_rows import ChangeRows, change_rows, field_words
from encounters.views.line_rows import LineRow, line_row
from encounters.views.workbench import drawn
from rules.facts import Administration
from rules.result import CodedLine
from rules.rulebook.model import Rulebook

MOST_TRIED = 400
"""Lines that a trial draws anew."""


@dataclass(frozen=True, slots=True)
class TriedLine:
    """A line under the trial: `state` is same, gone or new; `was` the units and modifiers before."""

    row: LineRow
    state: str
    was: str


@dataclass(frozen=True, slots=True)
class Trial:
    """An administration under trial, with its form and, once something is changed, what that changes."""

    administration: DrugAdministration
    form: StatementForm
    focus: str = ""
    reason: str = ""
    reason_problem: str = ""
    problem: str = ""
    result: ChangeRows | None = None
    lines: tuple[TriedLine, ...] = ()
    fields: tuple[tuple[str, str, str], ...] = ()
    known: tuple[FindingRow, ...] = ()
    """The findings about the administration of which the run says what mending them would change."""


@require_http_methods(["GET", "HEAD", "POST"])
def what_if(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The form of one administration, and what its values would change: nothing is stored."""
    review = open_review(request, encounter_id)
    given = _administration(review, request)
    if request.method != "POST":
        known = _known(review, given)
        lacking = next((finding.mended_field for finding in known if finding.mended_field), "")
        trial = Trial(given, _form(given), focus=request.GET.get("field") or lacking, known=known)
        if is_for_fragment(request):
            return render(request, "encounters/review/what_if.html", _context(request, review, trial))
        return answer(request, review, trial=trial)
    form = _form(given, request.POST)
    if not form.is_valid():
        return _tried(request, review, Trial(given, form, problem="; ".join(_problems(form))))
    changes = form.changes
    if not changes:
        return _tried(request, review, Trial(given, form))
    try:
        told, after = coding.preview_of_chart(review.encounter, changes={given.external_id: changes})
    except UnableToReadChange as error:
        return _tried(request, review, Trial(given, form, problem=f"{field_words(error.field)}: {error.why}"))
    found = difference(coding.result_of(review.run), after)
    rulebook = load_rulebook()
    administrations = {each.id: each for each in told.administrations}
    trial = Trial(
        given,
        form,
        result=change_rows(found),
        lines=_lines(found, administrations, rulebook),
        fields=_fields(form),
    )
    context = {"timeline": drawn(told, after, review.encounter, rulebook), "total": _total(found)}
    return _tried(request, review, trial, **context)


@act
def addendum(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The trial is true: it is charted with author and reason, and the encounter coded again."""
    review = open_review(request, encounter_id)
    given = _administration(review, request)
    form, why = _form(given, request.POST), AddendumForm(request.POST)
    is_said, has_reason = form.is_valid(), why.is_valid()
    trial = Trial(
        given,
        form,
        reason=request.POST.get("addendum_reason", ""),
        reason_problem="; ".join(str(each) for each in why.errors.get("addendum_reason", [])),
        problem="; ".join(_problems(form)),
    )
    if not (is_said and has_reason):
        return _refused(request, review, trial, status=422)
    try:
        documentation.add_addendum(
            review=review,
            administration=given.external_id,
            changes=form.changes,
            reason=why.cleaned_data["addendum_reason"],
            user=request.user,
            at=timezone.now(),
            version=why.cleaned_data["version"],
        )
    except UnableToWork as refusal:
        return _refused(request, review, trial, refusal=str(refusal), status=409)
    return _to_page(request, encounter_id)


@act
def withdraw_addendum(request: PageRequest, encounter_id: int, addendum_id: int) -> HttpResponse:
    """An addendum is taken back by another one."""
    review = open_review(request, encounter_id)
    form = WithdrawForm(request.POST)
    typed = Typed("withdraw", {"addendum": addendum_id, "reason": request.POST.get("reason", "")})
    if not form.is_valid():
        return answer(request, review, typed=typed, refusal="; ".join(_problems(form)), status=422)
    said = form.cleaned_data
    try:
        documentation.withdraw_addendum(
            review=review,
            addendum=addendum_id,
            reason=said["reason"],
            user=request.user,
            at=timezone.now(),
            version=said["version"],
        )
    except UnableToWork as refusal:
        return refused(request, encounter_id, str(refusal), typed=typed)
    return _to_page(request, encounter_id)


def _administration(review: Review, request: PageRequest) -> DrugAdministration:
    """The administration asked for; its whole chart is read, once for the form and for what a change would do."""
    wanted = request.GET.get("administration") or request.POST.get("administration", "")
    chart = facts.with_chart(review.encounter)
    found = next((given for given in chart.administrations.all() if given.external_id == wanted), None)
    if found is None:
        message = "This encounter has no such administration."
        raise Http404(message)
    found.encounter = chart
    return found


def _known(review: Review, given: DrugAdministration) -> tuple[FindingRow, ...]:
    findings = coding.result_of(review.run).findings
    return findings_of(
        [each for each in findings if each.counterfactuals and given.external_id in each.administrations]
    )


def _form(given: DrugAdministration, data: QueryDict | None = None) -> StatementForm:
    encounter = given.encounter
    return StatementForm(
        data,
        said=addenda.statement(given),
        zone=ZoneInfo(encounter.time_zone),
        day=encounter.date_of_service,
    )


def _context(request: PageRequest, review: Review, trial: Trial) -> dict[str, object]:
    return {"encounter": review.encounter, "review": review, "run": review.run, "trial": trial}


def _tried(request: PageRequest, review: Review, trial: Trial, **more: object) -> HttpResponse:
    """What the trial says; a browser without scripts gets the page with the form and the answer in it."""
    if not is_for_fragment(request):
        return answer(request, review, trial=trial)
    return render(
        request, "encounters/review/what_if_result.html", _context(request, review, trial) | {"is_live": True} | more
    )


def _refused(request: PageRequest, review: Review, trial: Trial, *, refusal: str = "", status: int) -> HttpResponse:
    """The form with what was typed, and why it was not saved; with the version as it is now."""
    fresh = open_review(request, review.encounter_id)
    trial = replace(trial, known=_known(fresh, trial.administration))
    if not is_for_fragment(request):
        return answer(request, fresh, trial=trial, refusal=refusal, status=status)
    context = _context(request, fresh, trial) | {"refusal": refusal}
    return render(request, "encounters/review/what_if.html", context, status=status)


def _to_page(request: PageRequest, encounter_id: int) -> HttpResponse:
    address = reverse("review:encounter", args=[encounter_id])
    return HttpResponseClientRedirect(address) if is_for_fragment(request) else redirect(address)


def _problems(form: StatementForm | WithdrawForm) -> list[str]:
    return [str(problem) for problems in form.errors.values() for problem in problems]


def _fields(form: StatementForm) -> tuple[tuple[str, str, str], ...]:
    return tuple((field_words(name), form.charted[name], form.as_read(name)) for name in form.changes)


def _lines(found: Difference, administrations: dict[str, Administration], rulebook: Rulebook) -> tuple[TriedLine, ...]:
    tried: list[TriedLine] = []
    for change in found.lines[:MOST_TRIED]:
        tried += [TriedLine(_row(line, administrations, rulebook), state, "") for line, state in _both(change)]
    return tuple(tried)


def _both(change: LineChange) -> list[tuple[CodedLine, str]]:
    if change.is_same and change.after:
        return [(change.after, "same")]
    return [(line, state) for line, state in ((change.after, "new"), (change.before, "gone")) if line]


def _row(line: CodedLine, administrations: dict[str, Administration], rulebook: Rulebook) -> LineRow:
    return line_row(as_suggested(line), administrations, rulebook, pointers="", is_accepted=False)


def _total(found: Difference) -> tuple[Decimal, Decimal] | None:
    """Dollars of all lines before and after, None where a line of either has no price."""
    sums = [Decimal(0), Decimal(0)]
    for change in found.lines:
        for place, line in enumerate((change.before, change.after)):
            if line is not None and line.price is not None:
                sums[place] += line.price * line.units
    return sums[0], sums[1]
