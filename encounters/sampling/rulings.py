"""What is said of a line that differs: the auditor agrees or disagrees, the coder rebuts, a lead has the last word."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from encounters import audit
from encounters.audit import Tag
from encounters.audit.blinding import AUDIT
from encounters.models import SampleAudit, SampleRuling
from encounters.models.sampling import RulingKind
from encounters.review import hold
from encounters.review.hold import LEAD, WORK
from encounters.sampling.comparing import Compared, compared
from encounters.sites import seen_by

FOLLOWS: Mapping[str, frozenset[str]] = {
    RulingKind.CONCEDED: frozenset({"differs", "disagreed", "rebutted"}),
    RulingKind.DISAGREED: frozenset({"differs", "conceded", "rebutted"}),
    RulingKind.REBUTTED: frozenset({"disagreed"}),
    RulingKind.ESCALATED: frozenset({"disagreed", "rebutted"}),
    RulingKind.UPHELD: frozenset({"escalated"}),
    RulingKind.OVERTURNED: frozenset({"escalated"}),
}
"""Kind → how a row must stand for it to be said."""
OF_AUDITOR = frozenset({RulingKind.CONCEDED, RulingKind.DISAGREED})
OF_LEAD = frozenset({RulingKind.UPHELD, RulingKind.OVERTURNED})


class UnableToRule(Exception):
    """This cannot be said of the row as it stands; the message says why."""


@transaction.atomic
def rule(*, found: SampleAudit, row: int, kind: str, reason: str, user: User, at: datetime) -> SampleRuling:
    """Something is said of a row, and why. Raises UnableToRule, PermissionDenied.

    The auditor agrees or disagrees; the coder of the encounter rebuts; either escalates; a lead who is neither of them
    upholds the auditor or overturns, for good.
    """
    held = SampleAudit.objects.select_related("item__review", "lock").get(pk=found.pk)
    # What is said of one encounter is said one after the other; rows that only grow are not locked themselves.
    # Whoever audits it was named for it, whatever site it is of.
    hold.lock(held.item.review, None if held.auditor_id == user.pk else user)
    _refuse_stranger(held, kind, user)
    if not held.is_locked:
        message = "Nothing is said of lines that are not locked."
        raise UnableToRule(message)
    meant = next((each for each in compared(found=held) if each.number == row), None)
    if meant is None or meant.is_same:
        message = "There is no difference in this row."
        raise UnableToRule(message)
    if meant.standing not in FOLLOWS[kind]:
        message = f"This row stands as “{meant.standing}”: something else has been said in the meantime."
        raise UnableToRule(message)
    if not reason.strip():
        message = "Say why."
        raise UnableToRule(message)
    said = SampleRuling.objects.create(
        audit=held, row=row, kind=kind, reason=reason.strip(), actor=user, actor_name=audit.name_of(user), at=at
    )
    audit.record(
        tag=Tag.ITEM_RULED,
        at=at,
        actor=user,
        encounter=held.item.encounter,
        object_repr=_named(meant),
        before={"standing": meant.standing},
        after={"sample": held.item.sample_id, "item": held.item.position, "row": row, "standing": kind},
        reason=said.reason,
    )
    return said


def disputes(*, user: User) -> QuerySet[SampleRuling]:
    """Where each disputed row stands: to a lead what was escalated at their sites, to a coder what concerns them.

    Raises PermissionDenied for who neither codes nor leads.
    """
    if not user.has_perm(WORK):
        message = "Answers to an audit need the permission “work reviews”."
        raise PermissionDenied(message)
    last = SampleRuling.objects.filter(audit=OuterRef("audit"), row=OuterRef("row")).order_by("-pk").values("pk")[:1]
    rows = SampleRuling.objects.filter(pk=Subquery(last))
    mine = rows.filter(audit__item__coder=user)
    if user.has_perm(LEAD):
        escalated = rows.filter(seen_by(user, "audit__item__encounter__location"))
        mine |= escalated.filter(kind__in=[RulingKind.ESCALATED, *OF_LEAD])
    return mine.select_related("audit__item__sample", "audit__item__encounter__patient", "audit__auditor").order_by(
        "-pk"
    )


def choices(*, found: SampleAudit, standing: str, user: User) -> list[tuple[str, str]]:
    """What the user may say of a row that stands so, with its words."""
    return [
        (str(kind.value), str(kind.label))
        for kind in RulingKind
        if standing in FOLLOWS[kind] and not _why_not(found, kind, user)
    ]


def _why_not(found: SampleAudit, kind: str, user: User) -> str:
    """Why the user may not say this, nothing where they may."""
    is_auditor = found.auditor_id == user.pk and user.has_perm(AUDIT)
    is_coder = found.item.coder_id == user.pk
    if kind in OF_AUDITOR:
        return "" if is_auditor else "The auditor agrees or disagrees."
    if kind == RulingKind.REBUTTED:
        return "" if is_coder else "The coder of the encounter rebuts."
    if kind == RulingKind.ESCALATED:
        return "" if is_auditor or is_coder else "The auditor or the coder escalates."
    is_party = found.auditor_id == user.pk or is_coder
    return "" if user.has_perm(LEAD) and not is_party else "A lead decides who is neither auditor nor coder of it."


def _refuse_stranger(found: SampleAudit, kind: str, user: User) -> None:
    if not any(user.has_perm(each) for each in (AUDIT, WORK, LEAD)):
        message = "Rulings are of auditors, coders and leads."
        raise PermissionDenied(message)
    if kind not in RulingKind.values:
        message = "Nothing of the kind can be said."
        raise UnableToRule(message)
    if why := _why_not(found, kind, user):
        raise PermissionDenied(why)


def _named(row: Compared) -> str:
    line = row.final or row.audited or {}
    return f"{line['code']} ×{line['units']}"
