"""The unmapped inbox: what arrived and nobody could resolve, and the decision what it is."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from drugs.selectors import drugs_in_force
from encounters import recoding, tasks, unmapped
from encounters.forms.unmapped import FAMILIES, ROUTES, AddDrugForm, MapForm, NameForm
from encounters.http import PageRequest, page_or_fragment
from encounters.models import Recoding
from rules.vocabulary import Family, Route

NAMES_OF_A_PAGE = 50
RECODINGS_SHOWN = 5


@require_GET
def index(request: PageRequest) -> HttpResponse:
    """What waits, the name of most encounters first."""
    found = unmapped.waiting(user=request.user)
    page = Paginator(found, NAMES_OF_A_PAGE).get_page(request.GET.get("page"))
    ways = unmapped.examples([one.name for one in page.object_list])
    context = {
        "page": page,
        "rows": [(one, ways.get((one.name, one.why.value), ())) for one in page.object_list],
        "administrations": sum(one.administrations for one in found),
        "recodings": recoding.newest(most=RECODINGS_SHOWN),
    }
    return render(request, "encounters/unmapped/index.html", context)


@require_GET
def name(request: PageRequest) -> HttpResponse:
    """One waiting name with what helps to decide; `name` and `why` stand in the query."""
    return _name_page(request, str(request.GET.get("name", "")), str(request.GET.get("why", "")))


@require_POST
def map_name(request: PageRequest) -> HttpResponse:
    """The name is a drug of the formulary."""
    form = MapForm(request.POST)
    return _decided(
        request,
        form,
        lambda said: unmapped.map_name(
            name=said["name"],
            drug=said["drug"],
            product=said.get("product"),
            source=said["source"],
            by=request.user,
            at=timezone.now(),
        ),
    )


@require_POST
def add_drug(request: PageRequest) -> HttpResponse:
    """The name is a drug that the formulary lacks, or something that is not billed."""
    form = AddDrugForm(request.POST)
    return _decided(
        request,
        form,
        lambda said: unmapped.add_drug(
            name=said["name"],
            drug_name=said["new_name"],
            family=Family(said["family"]),
            routes=[Route(route) for route in said["routes"]],
            code=said["code"],
            not_billed_because=said["not_billed_because"],
            source=said["source"],
            by=request.user,
            at=timezone.now(),
        ),
    )


@require_GET
def progress(request: PageRequest, recoding_id: int) -> HttpResponse:
    """How far a recoding is: the part of the page that asks for itself."""
    unmapped.waiting(user=request.user)
    get_object_or_404(Recoding, pk=recoding_id)
    context = {"progress": recoding.progress(recoding_id=recoding_id)}
    return page_or_fragment(
        request,
        page="encounters/unmapped/progress_page.html",
        fragment="encounters/unmapped/progress.html",
        context=context,
    )


def _decided(request: PageRequest, form: NameForm, decide: Callable[[dict[str, Any]], Recoding]) -> HttpResponse:
    if form.is_valid():
        try:
            asked = decide(form.cleaned_data)
        except unmapped.UnableToMap as error:
            form.add_error(None, str(error))
        else:
            tasks.nudge_recoding(recoding_id=asked.pk)
            waits = asked.items.count()
            noun = "encounter is" if waits == 1 else "encounters are"
            messages.success(request, f"{asked.reason}. {waits} {noun} being coded again.")
            return redirect("unmapped:index")
    return _name_page(request, str(form.data.get("name", "")), str(form.data.get("why", "")), form)


def _name_page(request: PageRequest, wanted: str, why: str, form: NameForm | None = None) -> HttpResponse:
    found = unmapped.detail(name=wanted, why=why, user=request.user)
    if found is None:
        messages.info(request, f"Nothing waits for “{wanted}” any more.")
        return redirect("unmapped:index")
    choices = [(drug, "has this name") for drug in found.candidates]
    choices += [(drug, "is alike") for drug in found.suggestions if drug not in found.candidates]
    context = {
        "detail": found,
        "choices": choices,
        "map_form": form if isinstance(form, MapForm) else None,
        "add_form": form if isinstance(form, AddDrugForm) else None,
        "drugs": drugs_in_force(found.waiting.oldest),
        "families": FAMILIES,
        "routes": ROUTES,
    }
    return render(request, "encounters/unmapped/name.html", context, status=422 if form else 200)
