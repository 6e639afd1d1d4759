"""Everything about one encounter for an outside auditor: chart, reasons, decisions, and the trail with its proof."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from encounters import audit, coding, replay, rulebooks
from encounters.audit import Tag, reading
from encounters.audit.blinding import refuse_covered
from encounters.audit.findings import Verification
from encounters.models import (
    Addendum,
    AuditEvent,
    CodingRun,
    Encounter,
    FinalLine,
    LineDecision,
    Note,
    Review,
    SeededRun,
)
from encounters.rulebooks import RulebookNotKept
from encounters.sites import seen_by
from rules.errors import RulebookError
from rules.explain import LineExplanation, line_explanation
from rules.result import CodedLine, CodingResult


@dataclass(frozen=True, slots=True)
class Reason:
    """A suggested line with everything behind it; `why` is None where the rules that made it were not kept."""

    line: CodedLine
    why: LineExplanation | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """One encounter whole. `run` is the one that was accepted, the newest where none was."""

    encounter: Encounter
    review: Review
    run: CodingRun
    result: CodingResult
    reasons: tuple[Reason, ...]
    runs: tuple[CodingRun, ...]
    addenda: tuple[Addendum, ...]
    decisions: tuple[LineDecision, ...]
    finals: tuple[FinalLine, ...]
    notes: tuple[Note, ...]
    events: tuple[AuditEvent, ...]
    proof: Verification
    is_replayed: bool
    replay_words: str


def export(*, encounter_id: int, user: User, at: datetime) -> Dossier:
    """The dossier of a coded encounter; that it left stands in the trail.

    Raises PermissionDenied for who may not audit or still reviews the encounter blind, Review.DoesNotExist, also
    for an encounter of a site that the user does not work for.
    """
    reading.require(user)
    refuse_covered(encounter_id=encounter_id, user=user)
    review = Review.objects.select_related(
        "encounter__patient", "encounter__payer", "encounter__location", "run", "accepted_run", "accepted_by"
    ).get(seen_by(user), encounter=encounter_id)
    encounter, run = review.encounter, review.accepted_run or _true(review)
    is_replayed, words = _replayed(run)
    proof = reading.proof(encounter_id=encounter_id, user=user)
    result = coding.result_of(run)
    dossier = Dossier(
        encounter=encounter,
        review=review,
        run=run,
        result=result,
        reasons=tuple(_reasons(run, result)),
        runs=tuple(encounter.runs.defer("facts", "result").order_by("number")),
        addenda=tuple(Addendum.objects.filter(encounter=encounter).select_related("administration").order_by("pk")),
        decisions=tuple(LineDecision.objects.filter(review=review).select_related("run").order_by("pk")),
        finals=tuple(FinalLine.objects.filter(review=review).order_by("acceptance", "position")),
        notes=tuple(Note.objects.filter(review=review).order_by("pk")),
        events=tuple(AuditEvent.objects.filter(encounter=encounter).select_related("seal").order_by("pk")),
        proof=proof,
        is_replayed=is_replayed,
        replay_words=words,
    )
    audit.record(
        tag=Tag.DOSSIER_EXPORTED,
        at=at,
        actor=user,
        encounter=encounter,
        after={"run": run.number, "events": len(dossier.events), "is_sound": proof.is_sound},
    )
    return dossier


def _true(review: Review) -> CodingRun:
    """The run that the review shows, or the one behind it where it shows a line that is wrong on purpose."""
    seeded = SeededRun.objects.filter(run=review.run_id).select_related("true_run").first()
    return seeded.true_run if seeded else review.run


def _reasons(run: CodingRun, result: CodingResult) -> list[Reason]:
    try:
        rulebook = rulebooks.of_version(run.rulebook_version)
        return [Reason(line, line_explanation(line, rulebook=rulebook)) for line in result.lines]
    except (RulebookNotKept, RulebookError):
        return [Reason(line, None) for line in result.lines]


def _replayed(run: CodingRun) -> tuple[bool, str]:
    try:
        found = replay.replay(run=run)
    except replay.UnableToReplay as refusal:
        return False, str(refusal)
    if not found.is_identical:
        return False, f"It differs in {', '.join(found.differences)}."
    if found.is_same_engine:
        return True, "The same, byte for byte, when asked again from the stored facts with the rules of that day."
    return True, f"The same when asked again by engine {found.engine}; made by {run.engine_version}."
