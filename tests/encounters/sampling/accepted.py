"""Accepted encounters to draw from, and samples of them."""

from datetime import timedelta

from django.contrib.auth.models import User

from encounters.models import FinalLine, Review, Sample, SampleAudit
from encounters.review import states
from encounters.sampling import drawing, reviewing
from encounters.sampling.drawing import Plan
from encounters.sampling.frames import Frame
from encounters.sampling.reviewing import CodedByAuditor
from tests import personas
from tests.encounters.review.work import a_review
from tests.encounters.views.desk import a_clean_encounter
from tests.factories.encounters import DAY_AFTER

LATER = DAY_AFTER + timedelta(days=1)


def accepted(number: int = 1, *, coder: User | None = None, is_coded: bool = False) -> list[Review]:
    """So many encounters, coded by the engine where `is_coded` and else by the factories, accepted by Ana."""
    return [_accepted(a_clean_encounter() if is_coded else a_review(), coder or personas.ana()) for _ in range(number)]


def drawn(size: int, *, user: User | None = None, **plan: object) -> Sample:
    """A sample of everything that is accepted, which Finn draws unless told, and reviews."""
    asked = {
        "name": "Fourth quarter",
        "frame": Frame(),
        "size": size,
        "size_reason": "what one person reads in a day",
        "seed": "20260105",
        "auditors": [personas.finn()],
    }
    return drawing.draw(plan=Plan(**(asked | plan)), user=user or personas.finn(), at=LATER)


def lines_of(review: Review) -> list[CodedByAuditor]:
    """The final lines of an encounter, as an auditor would code them who agrees."""
    rows = FinalLine.objects.filter(review=review).order_by("position")
    return [CodedByAuditor(row.code, row.units, tuple(row.modifiers)) for row in rows]


def locked(found: SampleAudit, lines: list[CodedByAuditor] | None = None) -> SampleAudit:
    """The audit after its auditor has locked these lines, those of the coder unless told."""
    mine = lines_of(found.item.review) if lines is None else lines
    reviewing.lock(found=found, lines=mine, user=found.auditor, at=LATER)
    return SampleAudit.objects.select_related("item", "lock").get(pk=found.pk)


def _accepted(review: Review, coder: User) -> Review:
    states.accept(review=review, user=coder, at=DAY_AFTER, version=review.version)
    return Review.objects.get(pk=review.pk)
