"""What happened to an encounter while its page was open, in words for the banner."""

from django.utils.text import capfirst

from encounters.audit import Tag
from encounters.http import number_in
from encounters.models import AuditEvent, CodingRun, Encounter, Review
from encounters.models.encounter import CodingState
from encounters.review import hold
from encounters.views.history_rows import ChangeRows, between

MOST_TOLD = 4


def news_since(review: Review, version: str) -> str:
    """What raised the review above the version that the page shows."""
    shown = number_in(version)
    events = [] if shown is None else hold.events_since(review, shown)
    told = [_told(event) for event in events[-MOST_TOLD:]]
    return f"{capfirst('; '.join(told) or 'this encounter was changed')}."


def _told(event: AuditEvent) -> str:
    """One event in a few words; of a new run what that is to a coder."""
    if event.tag == Tag.ENCOUNTER_PREPARED and event.object_repr:
        return f"it was coded again, {event.object_repr}"
    return hold.described(event)


def arrived_since(encounter: Encounter, review: Review) -> str:
    """What came into the chart after the run that the page shows, while it is not coded yet."""
    if encounter.coding_state == CodingState.FAILED:
        return f"New documentation could not be coded: {encounter.coding_error}."
    events = AuditEvent.objects.filter(encounter=encounter, at__gte=review.run.at, tag__startswith="chart:")
    told = [hold.described(event) for event in events.order_by("-pk")[:MOST_TOLD]]
    what = f" ({'; '.join(told)})" if told else ""
    return f"New documentation has arrived{what} and is being coded."


def changes_since(review: Review, shown_run: str) -> ChangeRows | None:
    """How the lines differ from those of the run that the page shows; None where it is the same run."""
    number = number_in(shown_run)
    if number is None or number == review.run.number:
        return None
    earlier = CodingRun.objects.filter(encounter=review.encounter_id, number=number).first()
    return between(earlier, review.run) if earlier else None
