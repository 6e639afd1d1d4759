"""Pages of the formulary, for whoever has signed in."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode

from drugs import selectors
from drugs.forms.formulary import AsOfForm, SearchForm
from drugs.models import Drug

PAGE_LENGTH = 60


def index(request: HttpRequest) -> HttpResponse:
    """The formulary as of a date: all of it, or what a search finds. The rows alone for an htmx request."""
    form = SearchForm.of(request.GET)
    on = form.day()
    query = form.cleaned_data.get("q") or ""
    family = form.cleaned_data.get("family") or ""
    found = [s for s in selectors.search(query, on=on) if not family or s.family == family]
    page = Paginator(found, PAGE_LENGTH).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "on": on,
        "query": query,
        "page": page,
        "rest": urlencode({"q": query, "family": family, "on": on.isoformat()}),
        "version": selectors.formulary_version(on),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    response = render(request, "drugs/hits.html" if is_fragment else "drugs/index.html", context)
    response["Vary"] = "HX-Request"
    return response


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One drug as of a date, with its other periods and its history."""
    drug = get_object_or_404(Drug, pk=pk)
    form = AsOfForm(request.GET)
    form.is_valid()
    on = form.day()
    context = {
        "record": selectors.drug_record(drug, on=on),
        "on": on,
        "version": selectors.formulary_version(on),
    }
    return render(request, "drugs/detail.html", context)


def gaps(request: HttpRequest) -> HttpResponse:
    """What the formulary lacks on a date."""
    form = AsOfForm(request.GET)
    form.is_valid()
    on = form.day()
    return render(request, "drugs/gaps.html", {"gaps": selectors.gaps(on), "on": on})
