"""Reads of the queue: its rows best first, its score, its counts, who holds what."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

from django.contrib.auth.models import User
from django.db.models import Count, DateField, F, FloatField, Func, IntegerField, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Greatest, Least, Ln

from encounters.models import Review, RunFinding
from encounters.models.review import ReviewState
from encounters.selectors.permission import require
from rules.vocabulary import Severity

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
    require(user)
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
    require(user)
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
    require(user)
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
