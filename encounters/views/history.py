"""The history of an encounter: what happened, newest first, and the runs that coded it."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from encounters import selectors
from encounters.audit import Tag, looking
from encounters.http import PageRequest
from encounters.models import AuditEvent, Encounter
from encounters.models.review import ReviewState

EVENTS_OF_A_PAGE = 100
CODE_AND_UNITS = 2
STATES = {str(state.value): str(state.label).lower() for state in ReviewState}


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in words: what it was, and the fields that changed with their values before and after."""

    event: AuditEvent
    what: str
    changes: tuple[tuple[str, str, str], ...]


@require_safe
def encounter_history(request: PageRequest, encounter_id: int) -> HttpResponse:
    """Every event of one encounter."""
    try:
        shown = selectors.encounter_for_review(encounter_id=encounter_id, user=request.user)
    except Encounter.DoesNotExist as error:
        message = "There is no such encounter."
        raise Http404(message) from error
    looking.viewed(encounter=shown, user=request.user, at=timezone.now(), tag=Tag.HISTORY_VIEWED)
    events = Paginator(selectors.history(encounter=shown, user=request.user), EVENTS_OF_A_PAGE)
    page = events.get_page(request.GET.get("page"))
    context = {
        "encounter": shown,
        "review": getattr(shown, "review", None),
        "page": page,
        "rows": [event_row(event) for event in page.object_list],
        "runs": selectors.runs_of(encounter=shown, user=request.user),
        "finals": selectors.final_lines_of(encounter=shown, user=request.user),
    }
    return render(request, "encounters/history/encounter.html", context)


def event_row(event: AuditEvent) -> EventRow:
    """`event` in words."""
    subject, thing, verb = event.tag.split(":")
    before, after = event.before or {}, event.after or {}
    names = [name for name in dict.fromkeys([*before, *after]) if name not in {"version", "decision"}]
    return EventRow(
        event=event,
        what=f"{thing} {verb}".replace("_", " ")
        if thing != "encounter" or subject == "chart"
        else verb.replace("_", " "),
        changes=tuple(
            (name.replace("_", " "), _said(before.get(name)), _said(after.get(name)))
            for name in names
            if before.get(name) != after.get(name)
        ),
    )


def _line(values: list[object]) -> str:
    """One line of a claim: code, modifiers and units, where it is one."""
    told = [text for text in map(_said, values) if text]
    if len(told) >= CODE_AND_UNITS and told[1].isdigit():
        code, units, *modifiers = told
        return " ".join((code, *modifiers, f"×{units}"))
    return " ".join(told)


def _said(value: object) -> str:
    if value in (None, "", []):
        return ""
    if isinstance(value, list):
        return ", ".join(_line(each) if isinstance(each, list) else _said(each) for each in value)
    text = STATES.get(str(value), str(value))
    # Digests are for machines; their beginning tells two apart.
    return text[:12] if len(text) == 64 else text  # noqa: PLR2004 (hexadecimal digits of SHA-256)
