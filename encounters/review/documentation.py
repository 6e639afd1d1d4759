"""Addenda from the workbench: a later statement is saved with its author and reason, and the encounter coded anew."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from encounters import addenda, coding, intake
from encounters.models import Addendum, DrugAdministration, Review
from encounters.models.coding import CodingRun
from encounters.models.review import ReviewState
from encounters.review import hold, preparation
from encounters.review.hold import UnableToWork

DOCUMENTABLE = hold.WORKABLE | {ReviewState.PENDED}
"""While it waits for the clinic, what the clinic says can be charted."""


class UnableToDocument(UnableToWork):
    """The addendum says nothing, gives no reason, or says what cannot be; the message says which."""


class UnableToWithdraw(UnableToWork):
    """Nothing of the addendum holds any more, or it is not one of this encounter."""


@transaction.atomic
def add_addendum(
    *,
    review: Review,
    administration: str,
    changes: Mapping[str, object],
    reason: str,
    user: User,
    at: datetime,
    version: int,
) -> Review:
    """The statement lies over the chart and the review shows the run that it leads to.

    `administration` is its external id, `changes` maps fields of `addenda.READERS` to values. Raises
    UnableToDocument and what `hold.for_work` raises.
    """
    held = _held(review, user=user, at=at, version=version)
    given = _administration(held, administration)
    try:
        intake.add_addendum(administration=given, changes=changes, reason=reason, author=user, at=at)
    except intake.UnableToAddAddendum as error:
        raise UnableToDocument(str(error)) from error
    return _coded(held, at)


@transaction.atomic
def withdraw_addendum(*, review: Review, addendum: int, reason: str, user: User, at: datetime, version: int) -> Review:
    """What an addendum changed is again as it was, by another one; what was stated later about a field stands.

    Raises UnableToWithdraw, UnableToDocument and what `hold.for_work` raises.
    """
    held = _held(review, user=user, at=at, version=version)
    taken_back = Addendum.objects.filter(encounter=held.encounter_id, pk=addendum).select_related("administration")
    found = taken_back.first()
    if found is None or hasattr(found, "withdrawn_by"):
        message = "This addendum is withdrawn already, or is none of this encounter."
        raise UnableToWithdraw(message)
    given = _administration(held, found.administration.external_id)
    back = _as_before(given, found)
    if not back:
        message = "Nothing of this addendum holds any more: what it said was stated anew later."
        raise UnableToWithdraw(message)
    try:
        intake.add_addendum(administration=given, changes=back, reason=reason, author=user, at=at, withdraws=found)
    except intake.UnableToAddAddendum as error:
        raise UnableToDocument(str(error)) from error
    return _coded(held, at)


def _administration(held: Review, external_id: str) -> DrugAdministration:
    rows = DrugAdministration.objects.select_related("drug", "product", "access", "order", "encounter")
    found = (
        rows.prefetch_related("pauses", "containers", "addenda")
        .filter(encounter=held.encounter_id, external_id=external_id)
        .first()
    )
    if found is None:
        message = f"This encounter has no administration {external_id}."
        raise UnableToDocument(message)
    return found


def _as_before(given: DrugAdministration, addendum: Addendum) -> dict[str, object]:
    """What held before the addendum, of the fields in which nobody has stated anything since."""
    stated = addenda.statement(given)
    said = addenda.read_changes(addendum.changes)
    return {
        name: addendum.before.get(name) if addendum.before.get(name) is not None else _nothing(given, name)
        for name, value in said.items()
        if name in addendum.before and getattr(stated, name) == value
    }


def _nothing(given: DrugAdministration, name: str) -> object:
    """How a field says that nothing is charted; the reason of an access falls back on the access's own."""
    if name == "access_reason":
        return given.access.reason if given.access else ""
    return None


def _held(review: Review, *, user: User, at: datetime, version: int) -> Review:
    """The review in hand, after its encounter: whoever codes locks them in this order too."""
    coding.lock(encounter_id=review.encounter_id)
    return hold.for_work(review=review, user=user, at=at, version=version, states=DOCUMENTABLE)


def _coded(held: Review, at: datetime) -> Review:
    """The review after its encounter was coded again."""
    coded = preparation.code(encounter_id=held.encounter_id, at=at, trigger=CodingRun.Trigger.ADDENDUM)
    if coded is None:
        message = "Not saved: with this the encounter could not be coded."
        raise UnableToDocument(message)
    return coded
