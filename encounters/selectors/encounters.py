"""Reads of one encounter: its chart, its review, its runs, what happened to it.

Each raises LinesAreCovered, a PermissionDenied, for who is to review the encounter blind and has not locked.
"""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, Prefetch, QuerySet

from encounters.audit.blinding import refuse_covered
from encounters.models import (
    Addendum,
    AuditEvent,
    CodingRun,
    DrugAdministration,
    Encounter,
    FinalLine,
    IntakeRefusal,
    Review,
)
from encounters.models.encounter import CodingState
from encounters.selectors.permission import require
from encounters.sites import seen_by


@dataclass(frozen=True, slots=True)
class EncounterDetail:
    """One encounter with all that its page shows of the chart; `review` and `run` are None until it is coded."""

    encounter: Encounter
    review: Review | None
    run: CodingRun | None
    administrations: tuple[DrugAdministration, ...]
    open_refusals: tuple[IntakeRefusal, ...]
    runs: int


def encounter_detail(*, encounter_id: int, user: User) -> EncounterDetail:
    """One encounter of a site that the user works for, for its page, in a fixed number of queries.

    Raises PermissionDenied for a user who may not read encounters, Encounter.DoesNotExist.
    """
    require(user)
    refuse_covered(encounter_id=encounter_id, user=user)
    addenda = Addendum.objects.order_by("at", "pk")
    administrations = (
        DrugAdministration.objects.select_related("drug", "product", "access", "order")
        .prefetch_related("pauses", "containers", Prefetch("addenda", queryset=addenda))
        .order_by("position", "pk")
    )
    encounter = (
        Encounter.objects.select_related("patient", "payer", "location")
        .annotate(run_count=Count("runs"))
        .prefetch_related("diagnoses", "orders", "accesses", Prefetch("administrations", queryset=administrations))
        .get(seen_by(user), pk=encounter_id)
    )
    review = (
        Review.objects.select_related("run", "claimed_by", "assigned_to", "accepted_by", "accepted_run")
        .filter(encounter=encounter)
        .first()
    )
    return EncounterDetail(
        encounter=encounter,
        review=review,
        run=review.run if review else None,
        administrations=tuple(encounter.administrations.all()),
        open_refusals=tuple(open_refusals(encounter)),
        runs=encounter.run_count,
    )


def encounter_for_review(*, encounter_id: int, user: User) -> Encounter:
    """One encounter with its review, run and the people on it, in one query; it has no `review` until it is coded.

    Raises PermissionDenied for a user who may not read encounters, Encounter.DoesNotExist.
    """
    require(user)
    refuse_covered(encounter_id=encounter_id, user=user)
    return Encounter.objects.select_related(
        "patient", "payer", "location", "review__run", "review__claimed_by", "review__accepted_by", "review__pended_run"
    ).get(seen_by(user), pk=encounter_id)


def failed(*, user: User) -> QuerySet[Encounter]:
    """Encounters that could not be coded, the first received first; those without a review stand in no queue.

    Raises PermissionDenied for a user who may not read encounters.
    """
    require(user)
    rows = Encounter.objects.filter(seen_by(user), coding_state=CodingState.FAILED)
    return rows.select_related("patient").order_by("received_at", "pk")


def open_refusals(encounter: Encounter) -> QuerySet[IntakeRefusal]:
    """Records of the encounter that could not be taken in and that nobody has settled."""
    return IntakeRefusal.objects.filter(encounter=encounter, settled_at__isnull=True).order_by("pk")


def history(*, encounter: Encounter, user: User) -> QuerySet[AuditEvent]:
    """What happened to the encounter, newest first. Raises PermissionDenied for a user who may not read encounters."""
    require(user)
    refuse_covered(encounter_id=encounter.pk, user=user)
    return AuditEvent.objects.filter(encounter=encounter).select_related("actor").order_by("-pk")


def runs_of(*, encounter: Encounter, user: User) -> QuerySet[CodingRun]:
    """The runs of an encounter, newest first, without their snapshots. Raises PermissionDenied like `history`."""
    require(user)
    refuse_covered(encounter_id=encounter.pk, user=user)
    runs = encounter.runs.defer("facts", "result").order_by("-number")
    # A test that runs is not given away.
    return runs.exclude(seeded__isnull=False, seeded__outcome__isnull=True)


def final_lines_of(*, encounter: Encounter, user: User) -> QuerySet[FinalLine]:
    """Every line that was ever accepted for the encounter, the newest acceptance first. Raises like `history`."""
    require(user)
    refuse_covered(encounter_id=encounter.pk, user=user)
    return FinalLine.objects.filter(review__encounter=encounter).order_by("-acceptance", "position")
