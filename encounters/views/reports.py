"""The work in numbers: charts with their tables, and the same as a file."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from encounters import reports
from encounters.forms.reports import ReportForm
from encounters.http import PageRequest
from encounters.review import claims


@require_safe
def index(request: PageRequest) -> HttpResponse:
    """All sections for the period asked for."""
    sees_all = reports.require(request.user)
    form = ReportForm(request.GET)
    on = timezone.localdate()
    asked = reports.asked_by(request.user, form.asked(today=on))
    context = {
        "form": form,
        "asked": asked,
        "sees_all": sees_all,
        "coders": claims.people_who_work() if sees_all else [],
        "figures": reports.figures(asked, on=on),
        "query": request.GET.urlencode(),
    }
    return render(request, "encounters/reports/index.html", context)


@require_safe
def export(request: PageRequest) -> HttpResponse:
    """The same as CSV."""
    now = timezone.now()
    asked = ReportForm(request.GET).asked(today=timezone.localdate(now))
    text = reports.export(asked, user=request.user, at=now)
    headers = {"Content-Disposition": 'attachment; filename="work-in-numbers.csv"', "Cache-Control": "no-store"}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)
