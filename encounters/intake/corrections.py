"""Addenda: later statements about an administration, by a person or by the system that sent it."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from encounters import addenda, audit
from encounters.intake.json_values import json_value
from encounters.intake.permission import TAKE_IN
from encounters.models import Addendum, DrugAdministration, Encounter
from encounters.models.encounter import CodingState
from encounters.sites import seen_by

INTERFACE = "interface"
"""User name of the author of what came in without a person: a file at the operator's shell."""
WORK_REVIEWS = "encounters.work_reviews"


class UnableToAddAddendum(Exception):
    """The addendum says nothing, gives no reason, or says what cannot be; the message says which."""


@transaction.atomic
def add_addendum(
    *,
    administration: DrugAdministration,
    changes: Mapping[str, object],
    reason: str,
    author: User,
    at: datetime,
    withdraws: Addendum | None = None,
) -> Addendum:
    """A person's later statement lies over the chart, and the encounter waits to be coded again.

    `withdraws`: the addendum that this one takes back.

    `changes`: fields that `encounters.addenda` reads, with values as it reads them; those that change nothing are left
    out. Raises UnableToAddAddendum, and PermissionDenied for whoever neither works reviews nor takes in.
    """
    if not (author.has_perm(WORK_REVIEWS) or author.has_perm(TAKE_IN)):
        msg = "An addendum needs the permission to work reviews."
        raise PermissionDenied(msg)
    if not reason.strip():
        msg = "Say where the addendum comes from: an addendum needs its reason."
        raise UnableToAddAddendum(msg)
    rows = Encounter.objects.select_for_update(no_key=True).filter(seen_by(author), pk=administration.encounter_id)
    encounter = rows.first()
    if encounter is None:
        msg = "This encounter is of a site that the author does not work for."
        raise PermissionDenied(msg)
    stated = addenda.statement(administration)
    try:
        values = addenda.read_changes(changes)
        later = addenda.statement(administration, changes=changes)
    except addenda.UnableToReadChange as error:
        raise UnableToAddAddendum(str(error)) from error
    changed = {name: value for name, value in values.items() if getattr(stated, name) != value}
    if not changed:
        msg = "The addendum says what the chart says already."
        raise UnableToAddAddendum(msg)
    if later.started_at and later.stopped_at and later.stopped_at < later.started_at:
        msg = "The stop would lie before the start."
        raise UnableToAddAddendum(msg)
    addendum = store_addendum(
        administration=administration,
        changes={name: json_value(value) for name, value in changed.items()},
        before={name: json_value(getattr(stated, name)) for name in changed},
        reason=reason.strip(),
        author=author,
        at=at,
        tag=audit.Tag.ADDENDUM_WITHDRAWN if withdraws else audit.Tag.ADDENDUM_ADDED,
        withdraws=withdraws,
    )
    encounter.chart_version += 1
    encounter.coding_state = CodingState.PENDING
    encounter.nudged_at = None
    encounter.save(update_fields=["chart_version", "coding_state", "nudged_at"])
    return addendum


def store_addendum(  # what is said, by whom and why
    *,
    administration: DrugAdministration,
    changes: Mapping[str, object],
    before: Mapping[str, object],
    reason: str,
    author: User,
    at: datetime,
    tag: audit.Tag = audit.Tag.ADDENDUM_ADDED,
    withdraws: Addendum | None = None,
) -> Addendum:
    """Write the addendum and its event; the caller raises the chart's version in the same transaction."""
    addendum = Addendum.objects.create(
        encounter_id=administration.encounter_id,
        administration=administration,
        changes=dict(changes),
        before=dict(before),
        withdraws=withdraws,
        reason=reason,
        author=author,
        author_name=audit.name_of(author),
        at=at,
    )
    audit.record(
        tag=tag,
        at=at,
        actor=author,
        encounter=administration.encounter,
        object_repr=str(administration),
        before=before,
        after=changes,
        reason=reason,
    )
    return addendum


def interface_user() -> User:
    """The author of what no person sent; nobody can sign in as it."""
    user, is_new = User.objects.get_or_create(username=INTERFACE, defaults={"is_active": False})
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
