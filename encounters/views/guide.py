"""For those who are new: help of every page on one, and a first encounter on which nothing counts."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from encounters.http import PageRequest
from encounters.keys import KEYS, own_keys, places_of, printed
from encounters.models.review import CorrectionReason
from encounters.page_help import titled

# As the workbench numbers them.
REASONS = list(CorrectionReason)
TIME_DIGIT = str(REASONS.index(CorrectionReason.TIME) + 1)

# The stroke that each step of the guide waits for, by default, and what it asks the person to do.
STEPS: tuple[tuple[str, str], ...] = (
    ("j", "The lines suggested for the claim stand in order. Go down to the second one"),
    ("w", "Every line says where it comes from. Ask why this one is suggested"),
    ("k", "Go back up to the first line"),
    ("a", "It is right as it stands. Accept it; the next line is at hand by itself"),
    ("e", "The nurse's note says that it ran until 12:10: two further hours. Edit the line; its units have the cursor"),
    ("Enter", "Type 2 over the 1, then press this to keep it. A correction always asks for its reason"),
    (TIME_DIGIT, "Reasons are chosen by their digit. Time documented elsewhere is this one"),
    ("v", "Nothing may be overlooked: see what was given and is not billed"),
    ("h", "When the chart does not say enough an encounter is pended. Open the pend"),
    ("Escape", "It would take one digit more. Close it again, nothing has happened"),
    ("?", "All keys of a page stand on its sheet. Open it"),
    ("Escape", "And close it"),
    ("Enter", "Everything is decided. Accept the encounter; at work the next one opens at once"),
)


@require_safe
def guide(request: PageRequest) -> HttpResponse:
    """The invented encounter with its steps, in the person's own keys."""
    own = own_keys(request.session)
    pressed = {key.stroke: own.stroke(key) for key in KEYS if key.place in places_of("guide")}
    steps = [(by, printed(pressed.get(by, by)), words) for by, words in STEPS]
    context = {"steps": steps, "is_on": own.is_on, "reasons": [reason.label for reason in REASONS]}
    return render(request, "encounters/guide/index.html", context)


@require_safe
def all_help(request: PageRequest) -> HttpResponse:
    """Every paragraph of help once."""
    return render(request, "encounters/guide/help.html", {"paragraphs": list(titled())})
