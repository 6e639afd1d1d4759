"""What somebody skipped comes last when the next encounter is handed out, until it changes or they sign out."""

from collections.abc import Mapping

from encounters.http import PageRequest
from encounters.models import Review

SESSION = "skipped"
MOST = 200
"""So many are remembered; the ones skipped first are forgotten."""


def note(request: PageRequest, review: Review) -> None:
    """The review was skipped as it stands."""
    others = [each for each in request.session.get(SESSION, []) if each[0] != review.pk]
    request.session[SESSION] = [*others, [review.pk, review.version]][-MOST:]


def put_off(request: PageRequest) -> Mapping[int, int]:
    """What this person skipped: reviews by id, each with the version it then had."""
    return dict(request.session.get(SESSION, []))
