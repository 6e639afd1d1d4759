"""What a coder reads on demand: why a line stands, which codes there are; and the record of what was looked at."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from drugs import selectors as formulary
from encounters.http import PageRequest, act, is_for_fragment, number_in
from encounters.installed import load_rulebook
from encounters.review import sights
from encounters.review.hold import UnableToWork
from encounters.views.answers import answer, encounter_of, open_review, refused
from encounters.views.history_rows import why_of

MOST_CODES = 12
LEAST_LETTERS = 2


@require_safe
def why(request: PageRequest, encounter_id: int, line_key: str) -> HttpResponse:
    """Everything that stands behind a line: fetched when it is asked for, since most are never opened."""
    review = open_review(request, encounter_id)
    if not is_for_fragment(request):
        return redirect(f"/review/{encounter_id}/?why={line_key}#line-{line_key}")
    found = why_of(review, line_key)
    if found is None:
        message = "This line is not among those of the newest coding run."
        raise Http404(message)
    return render(request, "encounters/review/explanation.html", {"explanation": found[1]})


@act
def see(request: PageRequest, encounter_id: int) -> HttpResponse:
    """Administrations without a line were looked at."""
    review = open_review(request, encounter_id)
    run = request.POST.get("run", "")
    try:
        sights.see(
            review=review,
            run_number=number_in(run) or 0,
            administrations=request.POST.getlist("administration"),
            user=request.user,
            at=timezone.now(),
        )
    except UnableToWork as refusal:
        return retarget(reswap(refused(request, encounter_id, str(refusal)), "outerHTML"), "#work")
    if not is_for_fragment(request):
        return redirect(f"/review/{encounter_id}/#not-billed")
    return answer(request, review, part="encounters/review/accept.html")


@require_safe
def codes(request: PageRequest, encounter_id: int) -> HttpResponse:
    """Codes whose number or label holds what was typed: administration codes first, then drugs."""
    shown = encounter_of(request, encounter_id)
    typed = request.GET.get("code", "").replace("\0", "").strip()
    found: list[tuple[str, str]] = []
    if len(typed) >= LEAST_LETTERS:
        on = shown.date_of_service
        found = [(code, label) for code, label in load_rulebook().labels_on(on) if _fits(typed, code, label)]
        found += formulary.find_codes(typed, on=on, most=MOST_CODES)
    return render(request, "encounters/review/codes.html", {"codes": found[:MOST_CODES], "typed": typed})


def _fits(typed: str, code: str, label: str) -> bool:
    words = typed.lower().split()
    return code.startswith(typed.upper()) or all(word in label.lower() for word in words)
