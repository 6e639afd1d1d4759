"""What a person did last on whole encounters: where nothing can be undone on the one at hand, undo leads there."""

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html

from encounters.http import PageRequest
from encounters.models import Review
from encounters.models.review import ReviewState
from encounters.review.decisions import UNDOABLE

DONE = "done"


def remember(request: PageRequest, review: Review) -> None:
    """The person accepted the review or let it wait, later than all they did before; the last ten are kept."""
    others = [key for key in request.session.get(DONE, []) if key != review.pk]
    request.session[DONE] = [*others, review.pk][-UNDOABLE:]


def way_back(request: PageRequest, review: Review) -> str:
    """Names the last one that still stands as the person left it, with a link to it; nothing where there is none."""
    done = [key for key in request.session.get(DONE, []) if key != review.pk]
    theirs = Q(state=ReviewState.ACCEPTED, accepted_by=request.user) | Q(state=ReviewState.PENDED)
    standing = Review.objects.filter(theirs, pk__in=done).select_related("encounter__patient").in_bulk()
    last = next((standing[key] for key in reversed(done) if key in standing), None)
    if last is None:
        return ""
    return format_html(
        "There is nothing of yours to undo on this encounter. Before it you {} {} {}: "
        '<a class="link" data-key="u" href="{}">open it again <kbd>u</kbd></a>',
        "accepted" if last.state == ReviewState.ACCEPTED else "pended",
        last.encounter.patient.initials,
        last.encounter.patient.mrn_tail,
        reverse("review:encounter", args=[last.encounter_id]),
    )
