"""Reads for the pages: the queue with its score and counts, one encounter, its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, DateField, F, FloatField, Func, IntegerField, Prefetch, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Greatest, Least, Ln

from encounters.models import (
    Addendum,
    AuditEvent,
    CodingRun,
    DrugAdministration,
    Encounter,
    FinalLine,
    IntakeRefusal,
    Review,
    RunFinding,
)
from encounters.models.encounter import CodingState
from encounters.models.review import ReviewState
from rules.vocabulary import Severity

READ = "encounters.view_encounter"

# The score's parts at their fullest; together 100.
MOST_FOR_AGE = 40
MOST_FOR_VALUE = 20
MOST_FOR_FINDINGS = 25
MOST_FOR_FILING = 15
# The age part is full at this many times the payer's target.
AGE_IS_FULL_AT = 1.5
# The value part grows with the order of magnitude, and is full at this many US dollars.
VALUE_IS_FULL_AT = 10_000
POINTS_OF_A_BLOCK = 12
POINTS_OF_A_WARNING = 5
POINTS_OF_A_NOTE = 1
# The filing part begins to grow this many days before the payer's filing limit.
FILING_COUNTS_FROM = 60

MOST_WORDS = 8
BEST_FIRST = ("-score", "pk")
NEWEST_FIRST = ("-accepted_at", "-pk")


class Tab(StrEnum):
    """The saved filters of the queue. OPEN holds all but what is accepted."""

    OPEN = "open"
    MINE = "mine"
    READY = "ready"
    WARNINGS = "warnings"
    PENDED = "pended"
    SECOND_REVIEW = "second_review"
    CHANGED = "changed"
    ACCEPTED = "accepted"


STATE_OF_TAB: Mapping[Tab, ReviewState] = {
    Tab.READY: ReviewState.READY,
    Tab.WARNINGS: ReviewState.TO_DECIDE,
    Tab.PENDED: ReviewState.PENDED,
    Tab.SECOND_REVIEW: ReviewState.SECOND_REVIEW,
    Tab.CHANGED: ReviewState.CHANGED,
    Tab.ACCEPTED: ReviewState.ACCEPTED,
}


@dataclass(frozen=True, slots=True)
class EncounterDetail:
    """One encounter with all that its page shows of the chart; `review` and `run` are None until it is coded."""

    encounter: Encounter
    review: Review | None
    run: CodingRun | None
    administrations: tuple[DrugAdministration, ...]
    open_refusals: tuple[IntakeRefusal, ...]
    runs: int


class _Days(Func):
    """Whole days from the second date to the first."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


def review_queue(*, user: User, tab: Tab | str = Tab.OPEN, search: str = "", on: date) -> QuerySet[Review]:
    """The reviews of a tab, best first: by score, what is accepted by when it was.

    Each row has `score` and its parts `score_age`, `score_value`, `score_findings`, `score_filing`, and `age_days` and
    `target_days`. Every word of `search` must occur in record number, account, drug or code. One query for a page.
    Raises PermissionDenied for a user who may not read encounters, ValueError for an unknown tab.
    """
    _require(user)
    tab = Tab(tab)
    rows = scored(_of_tab(Review.objects.all(), tab, user), on=on)
    # No text of the database holds a NUL, and asking for one is an error there.
    for word in search.lower().replace("\0", "\ufffd").split()[:MOST_WORDS]:
        rows = rows.filter(search_text__contains=word)
    order = NEWEST_FIRST if tab == Tab.ACCEPTED else BEST_FIRST
    return rows.select_related(
        "encounter__patient", "encounter__payer", "encounter__location", "claimed_by", "assigned_to", "accepted_by"
    ).order_by(*order)


def tab_counts(*, user: User) -> dict[Tab, int]:
    """How many reviews each tab holds, in one query. Raises PermissionDenied for a user who may not read encounters."""
    _require(user)
    mine = Count("pk", filter=Q(claimed_by=user) | Q(assigned_to=user))
    found = {row["state"]: row for row in Review.objects.values("state").annotate(all=Count("pk"), mine=mine)}
    is_open = [row for state, row in found.items() if state != ReviewState.ACCEPTED]
    counts = {tab: found[state]["all"] if state in found else 0 for tab, state in STATE_OF_TAB.items()}
    return {
        Tab.OPEN: sum(row["all"] for row in is_open),
        Tab.MINE: sum(row["mine"] for row in is_open),
        **counts,
    }


def scored(rows: QuerySet[Review], *, on: date) -> QuerySet[Review]:
    """The rows with their score on a date, from 0 to 100, and the parts that add up to it.

    Age: days since the date of service against the payer's target. Value: by order of magnitude. Findings: by
    severity. Filing: nearness of the payer's filing limit.
    """
    today = Cast(Value(on), DateField())
    parts = {
        "score_age": _points(
            MOST_FOR_AGE, Cast(F("age_days"), FloatField()) / (Cast(F("target_days"), FloatField()) * AGE_IS_FULL_AT)
        ),
        "score_value": _points(
            MOST_FOR_VALUE,
            Ln(Cast(Greatest(F("value_at_stake"), Value(0)), FloatField()) + 1.0)
            / Ln(Value(VALUE_IS_FULL_AT, output_field=FloatField())),
        ),
        "score_findings": Least(
            F("blocks") * POINTS_OF_A_BLOCK + F("warns") * POINTS_OF_A_WARNING + F("informs") * POINTS_OF_A_NOTE,
            Value(MOST_FOR_FINDINGS),
            output_field=IntegerField(),
        ),
        "score_filing": _points(
            MOST_FOR_FILING,
            1.0 - Cast(_Days(F("filing_limit_date"), today), FloatField()) / float(FILING_COUNTS_FROM),
        ),
    }
    service = F("encounter__date_of_service")
    return (
        rows.annotate(
            age_days=_Days(today, service),
            target_days=Greatest(_Days(F("due_date"), service), Value(1), output_field=IntegerField()),
        )
        .annotate(**parts)
        .annotate(score=F("score_age") + F("score_value") + F("score_findings") + F("score_filing"))
    )


def encounter_detail(*, encounter_id: int, user: User) -> EncounterDetail:
    """One encounter for its page, in a fixed number of queries.

    Raises PermissionDenied for a user who may not read encounters, Encounter.DoesNotExist.
    """
    _require(user)
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
        .get(pk=encounter_id)
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
    _require(user)
    return Encounter.objects.select_related(
        "patient", "payer", "location", "review__run", "review__claimed_by", "review__accepted_by"
    ).get(pk=encounter_id)


def failed(*, user: User) -> QuerySet[Encounter]:
    """Encounters that could not be coded, the first received first; those without a review stand in no queue.

    Raises PermissionDenied for a user who may not read encounters.
    """
    _require(user)
    rows = Encounter.objects.filter(coding_state=CodingState.FAILED)
    return rows.select_related("patient").order_by("received_at", "pk")


def open_refusals(encounter: Encounter) -> QuerySet[IntakeRefusal]:
    """Records of the encounter that could not be taken in and that nobody has settled."""
    return IntakeRefusal.objects.filter(encounter=encounter, settled_at__isnull=True).order_by("pk")


def history(*, encounter: Encounter, user: User) -> QuerySet[AuditEvent]:
    """What happened to the encounter, newest first. Raises PermissionDenied for a user who may not read encounters."""
    _require(user)
    return AuditEvent.objects.filter(encounter=encounter).select_related("actor").order_by("-pk")


def _require(user: User) -> None:
    if not user.has_perm(READ):
        message = "Reading encounters needs the permission “view encounter”."
        raise PermissionDenied(message)


def _of_tab(rows: QuerySet[Review], tab: Tab, user: User) -> QuerySet[Review]:
    if state := STATE_OF_TAB.get(tab):
        return rows.filter(state=state)
    rows = rows.exclude(state=ReviewState.ACCEPTED)
    return rows.filter(Q(claimed_by=user) | Q(assigned_to=user)) if tab == Tab.MINE else rows


def _points(most: int, share: Combinable) -> Cast:
    """`share` of `most` as whole points; below nothing is nothing, above the whole is the whole."""
    kept = Least(Greatest(share, Value(0.0), output_field=FloatField()), Value(1.0), output_field=FloatField())
    return Cast(kept * float(most), IntegerField())


def claims(*, user: User, at: datetime) -> list[tuple[int, str, bool]]:
    """Who holds what at a moment: encounter id, the holder's name, whether that is `user` ("you"). One query.

    Raises PermissionDenied for a user who may not read encounters.
    """
    _require(user)
    held = Review.objects.filter(lease_until__gt=at).select_related("claimed_by").order_by("pk")
    return [
        (
            review.encounter_id,
            "you"
            if review.claimed_by == user
            else review.claimed_by.get_full_name() or review.claimed_by.get_username(),
            review.claimed_by == user,
        )
        for review in held
        if review.claimed_by is not None
    ]


def finding_kinds(*, runs: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The kinds of findings of each run that block or warn, in their order, each once. One query."""
    found: dict[int, dict[str, None]] = {}
    rows = RunFinding.objects.filter(run_id__in=runs).exclude(severity=Severity.INFORMS).order_by("run_id", "position")
    for run_id, kind in rows.values_list("run_id", "kind"):
        found.setdefault(run_id, {})[kind] = None
    return {run_id: tuple(kinds) for run_id, kinds in found.items()}


def runs_of(*, encounter: Encounter, user: User) -> QuerySet[CodingRun]:
    """The runs of an encounter, newest first, without their snapshots. Raises PermissionDenied like `history`."""
    _require(user)
    return encounter.runs.defer("facts", "result").order_by("-number")


def final_lines_of(*, encounter: Encounter, user: User) -> QuerySet[FinalLine]:
    """Every line that was ever accepted for the encounter, the newest acceptance first. Raises like `history`."""
    _require(user)
    return FinalLine.objects.filter(review__encounter=encounter).order_by("-acceptance", "position")
