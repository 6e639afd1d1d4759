"""Where somebody lands who gave no address: the first page that their role is for."""

from django.http import HttpResponse
from django.shortcuts import redirect

from encounters import selectors
from encounters.http import PageRequest

# Permission and page, in the order of the day.
PAGES = (
    ("encounters.work_reviews", "review:queue"),
    ("drugs.maintain_formulary", "drugs:index"),
    (selectors.READ, "review:queue"),
    ("encounters.take_in", "intake:index"),
)
OPEN_TO_ALL = "rules:index"


def home(request: PageRequest) -> HttpResponse:
    """Leads a coder to the queue, a formulary admin to the drugs, an operator to the intake, others to the rules."""
    return redirect(next((page for permission, page in PAGES if request.user.has_perm(permission)), OPEN_TO_ALL))
