"""A sample is drawn: the frame is frozen, the draw can be repeated by anybody who has frame and seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from encounters import audit
from encounters.audit import Tag
from encounters.audit.blinding import AUDIT
from encounters.models import AuditEvent, Review, Sample, SampleAudit, SampleItem
from encounters.models.sampling import Allocation, Stratum
from encounters.sampling import verify_sample
from encounters.sampling.frames import Frame, Listed, Unit, listed
from encounters.sampling.frames import read as read_frame
from encounters.sampling.permission import require
from encounters.sampling.planning import UnableToPlan, allocate

SEEN = (
    *(Tag.ENCOUNTER_VIEWED, Tag.HISTORY_VIEWED, Tag.RUN_REPLAYED, Tag.RUN_VIEWED, Tag.TRAIL_VIEWED),
    *(Tag.DOSSIER_EXPORTED, Tag.ITEM_VIEWED),
)
"""Events that say that somebody may have seen the lines of an encounter."""


class UnableToDraw(Exception):
    """The sample cannot be drawn as it is asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be drawn. `read_twice`: so many of the first drawn are reviewed by the second auditor too.

    `seed` is any text; it is shown, and what is drawn follows from it. `frame_hash`, where given, is that of the frame
    whose counts were looked at before.
    """

    name: str
    frame: Frame
    size: int
    size_reason: str
    seed: str
    auditors: Sequence[User]
    read_twice: int = 0
    stratified_by: str = Stratum.NONE
    allocation: str = Allocation.PROPORTIONAL
    confidence: Decimal = Decimal("0.95")
    planned_for: Mapping[str, object] = field(default_factory=dict)
    frame_hash: str = ""


@transaction.atomic
def draw(*, plan: Plan, user: User, at: datetime) -> Sample:
    """The sample with its items and who reviews them. Raises UnableToDraw, PermissionDenied."""
    require(user)
    _refuse(plan)
    found = listed(frame=plan.frame, stratified_by=plan.stratified_by, user=user)
    if plan.frame_hash and plan.frame_hash != found.hash:
        message = "The frame has changed since its counts were shown: look at them again, then draw."
        raise UnableToDraw(message)
    sizes = _sizes(plan, found)
    sample = Sample.objects.create(
        name=plan.name.strip(),
        definition=plan.frame.words(),
        frame=found.text,
        frame_hash=found.hash,
        frame_size=len(found.units),
        stratified_by=plan.stratified_by,
        allocation=plan.allocation,
        sizes=sizes,
        size=plan.size,
        size_reason=plan.size_reason.strip(),
        planned_for=dict(plan.planned_for),
        confidence=plan.confidence,
        seed=plan.seed.strip(),
        algorithm=verify_sample.ALGORITHM,
        drawn_by=user,
        drawn_by_name=audit.name_of(user),
        at=at,
    )
    items = _items(sample, found.units)
    _seat(items, plan, at)
    audit.record(
        tag=Tag.SAMPLE_DRAWN,
        at=at,
        actor=user,
        object_repr=sample.name,
        after={
            "sample": sample.pk,
            "frame": sample.frame_hash,
            "frame_size": sample.frame_size,
            "definition": sample.definition,
            "seed": sample.seed,
            "sizes": sizes,
            "auditors": [audit.name_of(auditor) for auditor in plan.auditors],
            "read_twice": plan.read_twice,
        },
        reason=sample.size_reason,
    )
    return sample


def draw_again(*, sample: Sample) -> list[tuple[int, str, str]]:
    """Encounter, stratum and key of what the stored frame and seed give now."""
    units = [list(unit) for unit in read_frame(sample.frame)]
    drawn = verify_sample.draw(units, sample.sizes, sample.seed, sample.frame_hash)
    return [(encounter, stratum, key) for encounter, stratum, key in drawn]


def holds(*, sample: Sample) -> bool:
    """Whether the stored frame has its hash, and gives the stored items in their order."""
    kept = sample.items.order_by("position").values_list("encounter_id", "stratum", "key")
    return verify_sample.digest(sample.frame) == sample.frame_hash and draw_again(sample=sample) == list(kept)


def drawn_before(*, frame_hash: str) -> QuerySet[Sample]:
    """Samples of the same frame: whoever draws until the draw pleases is seen."""
    return Sample.objects.filter(frame_hash=frame_hash).order_by("pk")


def _refuse(plan: Plan) -> None:
    if not plan.name.strip() or not plan.size_reason.strip() or not plan.seed.strip():
        message = "A sample has a name, a seed, and a reason for its size."
        raise UnableToDraw(message)
    if not 1 <= len(plan.auditors) <= 2 or len(set(plan.auditors)) != len(plan.auditors):  # noqa: PLR2004 (two people)
        message = "One auditor reviews a sample, or two different ones."
        raise UnableToDraw(message)
    for auditor in plan.auditors:
        if not auditor.is_active or not auditor.has_perm(AUDIT):
            message = f"{audit.name_of(auditor)} may not audit."
            raise UnableToDraw(message)
    if not 0 <= plan.read_twice <= plan.size or (plan.read_twice and len(plan.auditors) == 1):
        message = "To have some read twice takes a second auditor, and no more than are drawn."
        raise UnableToDraw(message)


def _sizes(plan: Plan, found: Listed) -> dict[str, int]:
    if not 1 <= plan.size <= len(found.units):
        message = f"The frame holds {len(found.units)} encounters: {plan.size} cannot be drawn."
        raise UnableToDraw(message)
    try:
        return allocate(total=plan.size, strata=found.strata(), how=plan.allocation)
    except UnableToPlan as refusal:
        raise UnableToDraw(str(refusal)) from refusal


def _items(sample: Sample, units: Sequence[Unit]) -> list[SampleItem]:
    drawn = draw_again(sample=sample)
    by_encounter = {unit.encounter: unit for unit in units}
    reviews = Review.objects.filter(encounter__in=[encounter for encounter, _, _ in drawn])
    by_review = {review.encounter_id: review for review in reviews.select_related("accepted_by", "accepted_run")}
    items = []
    for position, (encounter, stratum, key) in enumerate(drawn, start=1):
        review, unit = by_review[encounter], by_encounter[encounter]
        items.append(
            SampleItem(
                sample=sample,
                position=position,
                encounter_id=encounter,
                review=review,
                acceptance=unit.acceptance,
                run=review.accepted_run,
                coder=review.accepted_by,
                coder_name=unit.coder,
                stratum=stratum,
                key=key,
            )
        )
    return SampleItem.objects.bulk_create(items)


def _seat(items: Sequence[SampleItem], plan: Plan, at: datetime) -> None:
    """Each auditor has their audits. Raises UnableToDraw where one of them coded what they would review."""
    seats = []
    for place, auditor in enumerate(plan.auditors, start=1):
        mine = items if place == 1 else items[: plan.read_twice]
        if own := [item.position for item in mine if item.coder_id == auditor.pk]:
            message = f"{audit.name_of(auditor)} coded {len(own)} of the encounters drawn: somebody else reviews them."
            raise UnableToDraw(message)
        seen = set(
            AuditEvent.objects.filter(
                actor=auditor, tag__in=SEEN, encounter__in=[item.encounter_id for item in mine]
            ).values_list("encounter_id", flat=True)
        )
        seats += [
            SampleAudit(
                item=item,
                place=place,
                auditor=auditor,
                auditor_name=audit.name_of(auditor),
                had_seen=item.encounter_id in seen,
                at=at,
            )
            for item in mine
        ]
    SampleAudit.objects.bulk_create(seats)
