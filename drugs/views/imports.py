"""Pages of imports: send a file, see how it differs, decide, publish, roll back. One domain call a door."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from drugs import selectors, tasks
from drugs.forms.imports import DecideForm, FilterForm, ReasonForm, UploadForm
from drugs.formulary import imports
from drugs.models import ConflictKind, FormularyImport, Group
from drugs.models.imports import WAITING_FOR_WORKER
from drugs.selectors import GroupSummary

IMPORTS_OF_A_PAGE = 25
ROWS_OF_A_PAGE = 100
CONFLICTS_SHOWN = 12


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The form to send a file, and what was sent so far."""
    found = selectors.imports_for(request.user)
    form = UploadForm()
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                return _receive(request, form)
            except imports.UnableToReceive as error:
                form.add_error("file", ValidationError(str(error)))
    page = Paginator(found, IMPORTS_OF_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "drugs/imports/index.html", {"form": form, "page": page}, status=422 if form.errors else 200)


def _receive(request: HttpRequest, form: UploadForm) -> HttpResponse:
    file = form.cleaned_data["file"]
    received = imports.receive_file(
        file=file,
        file_name=file.name or "",
        kind=form.cleaned_data["kind"],
        quarter=form.cleaned_data["quarter"],
        by=_person(request),
        at=timezone.now(),
    )
    tasks.nudge_import(import_id=received.pk)
    return redirect("drugs:import", pk=received.pk)


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: how far it is, how it differs, what is decided. The rows alone for an htmx request."""
    found = get_object_or_404(selectors.imports_for(request.user), pk=pk)
    is_fragment = request.headers.get("HX-Request") == "true"
    template = "drugs/imports/work.html" if is_fragment else "drugs/imports/detail.html"
    response = render(request, template, _work(request, found, request.GET.dict()))
    response["Vary"] = "HX-Request"
    response["Cache-Control"] = "no-store"
    return response


def _work(request: HttpRequest, found: FormularyImport, asked: dict[str, Any]) -> dict[str, object]:
    """Return what the page shows of `found`, for a filter as asked for."""
    groups = selectors.groups_of(found, user=request.user)
    chosen = FilterForm(asked).chosen()
    if not chosen["group"] and not chosen["q"] and groups:
        chosen["group"] = next((g for g in groups if g.undecided), groups[0]).group.value
    rows = selectors.differences_of(
        found, user=request.user, group=chosen["group"], decision=chosen["decision"], search=chosen["q"]
    )
    page = Paginator(rows, ROWS_OF_A_PAGE).get_page(asked.get("page"))
    conflicts = selectors.conflicts_of(found, user=request.user)
    return {
        "groups": groups,
        "summary": next((g for g in groups if g.group.value == chosen["group"]), None),
        "undecided": sum(g.undecided for g in groups),
        "withheld": sum(g.withheld for g in groups),
        "chosen": chosen,
        "decisions": FilterForm(initial=chosen)["decision"],
        "rest": urlencode({name: value for name, value in chosen.items() if value}),
        "page": page,
        "lines": selectors.lines_of(page.object_list, user=request.user),
        "conflicts": conflicts[:CONFLICTS_SHOWN],
        "conflict_count": conflicts.count(),
        "acts": selectors.acts_of(found, user=request.user)[:50],
        "is_waiting": found.state in WAITING_FOR_WORKER,
        "rows_read": imports.progress_of(found),
        **_publishing(found, groups),
    }


def _publishing(found: FormularyImport, groups: list[GroupSummary]) -> dict[str, object]:
    """Return what the button that publishes needs to know."""
    is_decided = bool(groups) and not any(g.undecided for g in groups)
    is_counted = imports.is_counted(found)
    return {
        "import": found,
        "approved": sum(g.approved for g in groups),
        "is_counted": is_counted,
        "can_publish": found.is_open and is_decided and is_counted,
    }


@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the reading is; once it is over the page is fetched anew."""
    found = get_object_or_404(selectors.imports_for(request.user), pk=pk)
    response = render(
        request, "drugs/imports/progress.html", {"import": found, "rows_read": imports.progress_of(found)}
    )
    if found.state not in WAITING_FOR_WORKER:
        response["HX-Refresh"] = "true"
    return response


@require_GET
def count(request: HttpRequest, pk: int) -> HttpResponse:
    """How many encounters would change, with the button that waits for it; asked for until they are counted."""
    found = get_object_or_404(selectors.imports_for(request.user), pk=pk)
    context = _publishing(found, selectors.groups_of(found, user=request.user)) | {"is_answer": True}
    return render(request, "drugs/imports/affected.html", context)


@require_GET
def conflicts(request: HttpRequest, pk: int) -> HttpResponse:
    """Every conflict and every place of the file that could not be taken."""
    found = get_object_or_404(selectors.imports_for(request.user), pk=pk)
    kind = request.GET.get("kind", "")
    kind = kind if kind in ConflictKind.values else ""
    page = Paginator(selectors.conflicts_of(found, user=request.user, kind=kind), ROWS_OF_A_PAGE)
    context = {
        "import": found,
        "kind": kind,
        "kinds": ConflictKind.choices,
        "rest": urlencode({"kind": kind} if kind else {}),
        "page": page.get_page(request.GET.get("page")),
    }
    return render(request, "drugs/imports/conflicts.html", context)


@require_GET
def encounters(request: HttpRequest, pk: int) -> HttpResponse:
    """The encounters that publishing would change."""
    found = get_object_or_404(selectors.imports_for(request.user), pk=pk)
    return render(request, "drugs/imports/encounters.html", {"import": found})


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Rows are approved or withheld."""
    found = get_object_or_404(selectors.imports_for(request.user), pk=pk)
    form = DecideForm(request.POST)
    if form.is_valid():
        _act(request, lambda: _decided(request, found, form.cleaned_data))
    else:
        messages.error(request, "That decision was not understood; nothing has changed.")
    if request.headers.get("HX-Request") == "true":
        found.refresh_from_db()
        context = _work(request, found, _shown(request)) | {"is_update": True}
        return render(request, "drugs/imports/work.html", context)
    return redirect(f"{reverse('drugs:import', args=[pk])}?{urlencode(_shown(request))}")


def _decided(request: HttpRequest, found: FormularyImport, asked: dict[str, Any]) -> str:
    who = {"formulary_import": found, "by": _person(request), "at": timezone.now(), "reason": asked["reason"]}
    what: dict[str, Any] = {"differences": [asked["difference"]]} if asked["difference"] else {}
    if not what and asked["group"]:
        what = {"group": Group(asked["group"])}
    if asked["verb"] == "withhold":
        withheld = imports.withhold(**who, **what).withheld
        tasks.nudge_count(import_id=found.pk)
        return "" if asked["difference"] else f"{withheld} withheld."
    decided = imports.approve(**who, **what, with_conflicts=asked["with_conflicts"])
    if decided.is_to_be_counted:
        tasks.nudge_count(import_id=found.pk)
    if asked["difference"]:
        return ""
    parts = [f"{decided.approved} approved" if decided.approved else ""]
    parts.append(f"{decided.first} await a second approver" if decided.first else "")
    parts.append(f"{decided.left_to_another} left to another person" if decided.left_to_another else "")
    parts.append(f"{decided.left_to_settle} left to settle" if decided.left_to_settle else "")
    return f"{', '.join(filter(None, parts))}."


def _shown(request: HttpRequest) -> dict[str, str]:
    """Return the filter that the page had when the form was sent."""
    names = {"group": "shown_group", "decision": "shown_decision", "q": "shown_q", "page": "shown_page"}
    return {name: request.POST[sent] for name, sent in names.items() if request.POST.get(sent)}


@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """What was approved becomes a release."""
    return _whole(request, pk, imports.publish, "Published.")


@require_POST
def roll_back(request: HttpRequest, pk: int) -> HttpResponse:
    """What stood before stands again."""
    return _whole(request, pk, imports.roll_back, "Rolled back.")


@require_POST
def abandon(request: HttpRequest, pk: int) -> HttpResponse:
    """The import is given up."""
    return _whole(request, pk, imports.abandon, "Given up.")


@require_POST
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """The file is compared with the formulary as it is now."""
    found = get_object_or_404(selectors.imports_for(request.user), pk=pk)

    def again() -> str:
        imports.compare_again(formulary_import=found, by=_person(request), at=timezone.now())
        tasks.nudge_import(import_id=pk)
        return ""

    _act(request, again)
    return redirect("drugs:import", pk=pk)


def _whole(request: HttpRequest, pk: int, act: Callable[..., object], done: str) -> HttpResponse:
    """An act on the whole import, for a reason."""
    found = get_object_or_404(selectors.imports_for(request.user), pk=pk)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""

    def acted() -> str:
        act(formulary_import=found, by=_person(request), at=timezone.now(), reason=reason)
        return done

    _act(request, acted)
    return redirect("drugs:import", pk=pk)


def _act(request: HttpRequest, act: Callable[[], str]) -> None:
    """Say what came of an act."""
    try:
        said = act()
    except imports.UnableToWorkOnImport as error:
        messages.error(request, str(error))
    else:
        if said:
            messages.success(request, said)


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)
