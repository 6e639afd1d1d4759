"""Notes: written from the workbench, corrected by their author."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from encounters.forms.review import TextForm
from encounters.http import PageRequest, act, is_for_fragment
from encounters.models import Note
from encounters.review import notes
from encounters.review.hold import UnableToWork
from encounters.views.answers import answer, open_review, refused


@act
def write(request: PageRequest, encounter_id: int) -> HttpResponse:
    """A note stands on the encounter or one of its parts."""
    review = open_review(request, encounter_id)
    form = TextForm(request.POST)
    if not form.is_valid():
        return answer(request, review, refusal="A note says something in at most 2,000 characters.", status=422)
    said = form.cleaned_data
    try:
        if said["replaces"]:
            known = Note.objects.filter(review=review, pk=said["replaces"]).first()
            if known is None:
                message = "There is no such note."
                raise Http404(message)
            notes.rewrite(note=known, text=said["text"], user=request.user, at=timezone.now())
        else:
            notes.write(
                review=review,
                text=said["text"],
                anchor_kind=said["anchor_kind"],
                anchor=said["anchor"],
                anchor_words=said["anchor_words"],
                user=request.user,
                at=timezone.now(),
            )
    except UnableToWork as refusal:
        return refused(request, encounter_id, str(refusal))
    if not is_for_fragment(request):
        return redirect("review:encounter", encounter_id=encounter_id)
    return answer(request, open_review(request, encounter_id))
