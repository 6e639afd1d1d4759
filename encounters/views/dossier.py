"""The dossier as one file: opens offline, asks nothing of any other address, prints well."""

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.contrib.staticfiles import finders
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from encounters import coding, dossier
from encounters.http import PageRequest
from encounters.installed import load_rulebook
from encounters.models import AuditEvent, Review
from encounters.views.finding_rows import findings_of, not_billed
from encounters.views.history import event_row
from encounters.views.workbench import drawn

SHEETS = ("css/tokens.css", "css/timeline.css", "css/dossier.css")


@require_safe
def export(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The dossier of one encounter as a file."""
    at = timezone.now()
    try:
        told = dossier.export(encounter_id=encounter_id, user=request.user, at=at)
    except Review.DoesNotExist as error:
        message = "There is no such encounter, or it is not coded yet."
        raise Http404(message) from error
    facts, zone = coding.facts_of(told.run), ZoneInfo(told.encounter.time_zone)
    context = {
        "dossier": told,
        "encounter": told.encounter,
        "facts": facts,
        "at": at,
        "by": request.user,
        "styles": _styles(),
        "timeline": drawn(facts, told.result, told.encounter, load_rulebook()),
        "not_billed": not_billed(facts, told.result, zone, seen=frozenset()),
        "findings": findings_of(told.result.findings),
        "events": [(event_row(event), *_seal(event)) for event in told.events],
    }
    text = render_to_string("encounters/audit/dossier.html", context)
    headers = {
        "Content-Disposition": f'attachment; filename="dossier-{told.encounter.pk}.html"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(text, headers=headers)


def _seal(event: AuditEvent) -> tuple[str, str, str]:
    """Place, content and link of an event, the proofs as hexadecimal digits."""
    seal = getattr(event, "seal", None)
    if seal is None:
        return "outside the chain", "", ""
    return f"{seal.stream}/{seal.sequence}", bytes(seal.content).hex(), bytes(seal.link).hex()


@cache
def _styles() -> SafeString:
    """The sheets of the drawing and the page, as text: files of ours, nothing that anybody typed."""
    found = [finders.find(name) for name in SHEETS]
    return mark_safe("\n".join(Path(path).read_text() for path in found if path))  # noqa: S308 (our own style sheets)
