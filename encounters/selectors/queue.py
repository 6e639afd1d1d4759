"""Reads of the queue: its rows best first, its score, its counts, who holds what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Count,
    DateField,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Cast

from encounters.audit.blinding import uncovered
from encounters.models import AcceptedTally, Review, RunFinding, SavedFilter, SiteAssignment
from encounters.models.queue import Tab
from encounters.models.review import ReviewState
from encounters.models.score import MOST_FOR_AGE, MOST_FOR_FILING, Days, points
from encounters.selectors.permission import require
from encounters.sites import is_bound, seen_by
from rules.vocabulary import Severity

# The age part is full at this many times the payer's target.
AGE_IS_FULL_AT = 1.5
# The filing part begins to grow this many days before the payer's filing limit.
FILING_COUNTS_FROM = 60

MOST_WORDS = 8
SAVED_COUNT_MOST = 1000
BEST_FIRST = ("-score", "pk")
NEWEST_FIRST = ("-accepted_at", "-pk")


STATE_OF_TAB: Mapping[Tab, ReviewState] = {
    Tab.READY: ReviewState.READY,
    Tab.WARNINGS: ReviewState.TO_DECIDE,
    Tab.PENDED: ReviewState.PENDED,
    Tab.SECOND_REVIEW: ReviewState.SECOND_REVIEW,
    Tab.CHANGED: ReviewState.CHANGED,
    Tab.ACCEPTED: ReviewState.ACCEPTED,
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What of the queue somebody wants to see: a tab, and in it what fits the words, and payer and site by code."""

    tab: Tab = Tab.OPEN
    search: str = ""
    payer: str = ""
    site: str = ""

    @property
    def is_whole_tab(self) -> bool:
        """Nothing but the tab was asked for."""
        return not (self.search or self.payer or self.site)


EVERYTHING = Narrowed()


def review_queue(*, user: User, asked: Narrowed = EVERYTHING, on: date) -> QuerySet[Review]:
    """The reviews asked for, best first: by score, what is accepted by when it was; with the columns of `scored`.

    Every word of the search must occur in record number, account, drug or code. Raises PermissionDenied for a user who
    may not read encounters.
    """
    require(user)
    order = NEWEST_FIRST if asked.tab == Tab.ACCEPTED else BEST_FIRST
    return scored(fitting(asked, user), on=on).order_by(*order)


def queue_page(
    *, rows: QuerySet[Review], begin: int, end: int, on: date, places: Sequence[int] | None = None
) -> list[Review]:
    """Rows `begin` to before `end` of a queue with what a page prints of them, in two queries at most.

    Each has `finding_kinds`, those of the findings that block or warn. The order is found over narrow rows; patients
    and payers are joined to those of the page only, and people, who are few, are read once each. `places`: what
    `first_places` found, where that reaches as far, so that the order is not found again.
    """
    narrow = Q(pk__in=rows.values("pk")[begin:end]) if places is None else Q(pk__in=places[begin:end])
    findings = RunFinding.objects.filter(run=OuterRef("run_id")).exclude(severity=Severity.INFORMS)
    wide = (
        scored(Review.objects.filter(narrow), on=on)
        .annotate(finding_kinds=ArraySubquery(findings.order_by("position").values("kind")))
        .select_related("encounter__patient", "payer")
    )
    found: list[Review] = list(wide.order_by(*rows.query.order_by))
    people = User.objects.in_bulk({pk for row in found for pk in (row.claimed_by_id, row.assigned_to_id) if pk})
    for row in found:
        row.claimed_by = people[row.claimed_by_id] if row.claimed_by_id else None
        row.assigned_to = people[row.assigned_to_id] if row.assigned_to_id else None
    return found


def first_places(rows: QuerySet[Review], most: int) -> list[int]:
    """The ids of the first so many rows in their order: nobody waits for a count beyond, which tells nothing."""
    return list(rows.values_list("pk", flat=True)[:most])


def tab_counts(*, user: User) -> dict[Tab, int]:
    """How many reviews each tab holds, in one query. Raises PermissionDenied for a user who may not read encounters."""
    require(user)
    mine = Count("pk", filter=Q(claimed_by=user) | Q(assigned_to=user))
    waiting = (
        Review.objects.filter(seen_by(user))
        .exclude(state=ReviewState.ACCEPTED)
        .values("state")
        .annotate(all=Count("pk"), mine=mine)
    )
    # What waits is counted from an index of its own, small however much is done; what is done is tallied.
    done = (
        AcceptedTally.objects.filter(~Q(is_bound(user)))
        .values(state=Value(str(ReviewState.ACCEPTED)))
        .annotate(all=Sum("change"), mine=Value(0, output_field=IntegerField()))
    )
    # The tally knows no sites: for whoever is bound to some, what is done is counted from the rows.
    # Site by site, since a plan that thought of all of it at once would call workers to find that there is nothing.
    of_one = Review.objects.filter(location=OuterRef("location"), state=ReviewState.ACCEPTED).values("state")
    of_sites = (
        SiteAssignment.objects.filter(user=user)
        .values(state=Value(str(ReviewState.ACCEPTED)))
        .annotate(
            all=Sum(Subquery(of_one.annotate(number=Count("pk")).values("number"))),
            mine=Value(0, output_field=IntegerField()),
        )
    )
    columns = ("state", "all", "mine")
    found = waiting.values_list(*columns).union(done.values_list(*columns), of_sites.values_list(*columns), all=True)
    counts: dict[str, tuple[int, int]] = {}
    for state, number, own in found:
        before = counts.get(state, (0, 0))
        counts[state] = (before[0] + (number or 0), before[1] + own)
    is_open = [numbers for state, numbers in counts.items() if state != ReviewState.ACCEPTED]
    return {
        Tab.OPEN: sum(number for number, _ in is_open),
        Tab.MINE: sum(own for _, own in is_open),
        **{tab: counts.get(state, (0, 0))[0] for tab, state in STATE_OF_TAB.items()},
    }


def saved_filters(*, user: User) -> list[tuple[SavedFilter, int]]:
    """The filters that the user keeps, by name, each with how many reviews it holds, SAVED_COUNT_MOST at most.

    Two queries however many there are, one where there is none. Raises PermissionDenied like `tab_counts`.
    """
    require(user)
    kept = list(SavedFilter.objects.filter(owner=user).select_related("payer", "location").order_by("name"))
    if not kept:
        return []
    one, *others = (_counted(each, user) for each in kept)
    counts = dict(one.union(*others, all=True))
    return [(each, counts.get(each.pk, 0)) for each in kept]


def narrowed(kept: SavedFilter) -> Narrowed:
    """What a kept filter asks for."""
    return Narrowed(
        tab=Tab(kept.tab),
        search=kept.search,
        payer=kept.payer.code if kept.payer else "",
        site=kept.location.code if kept.location else "",
    )


def _counted(kept: SavedFilter, user: User) -> QuerySet[Any]:
    found = fitting(narrowed(kept), user).order_by().values("pk")[:SAVED_COUNT_MOST]
    # One row whatever fits: counting what a subquery holds.
    return SavedFilter.objects.filter(pk=kept.pk).values_list(
        "pk", Subquery(Review.objects.filter(pk__in=found).values(one=Value(1)).annotate(n=Count("pk")).values("n"))
    )


def fitting(asked: Narrowed, user: User) -> QuerySet[Review]:
    """The reviews asked for that the user may see, in no order and not scored."""
    rows = uncovered(_of_tab(Review.objects.filter(seen_by(user)), asked.tab, user), user=user)
    # No text of the database holds a NUL, and asking for one is an error there.
    for word in asked.search.lower().replace("\0", "\ufffd").split()[:MOST_WORDS]:
        rows = rows.filter(search_text__contains=word)
    if asked.payer:
        rows = rows.filter(payer__code=asked.payer)
    if asked.site:
        rows = rows.filter(location__code=asked.site)
    return rows


def scored(rows: QuerySet[Review], *, on: date) -> QuerySet[Review]:
    """The rows with their score on a date, from 0 to 100, and the parts that add up to it.

    Age: days since the date of service against the payer's target. Value: by order of magnitude. Findings: by
    severity. Filing: nearness of the payer's filing limit.
    """
    today = Cast(Value(on), DateField())
    age, filing = Days(today, F("date_of_service")), Days(F("filing_limit_date"), today)
    parts = {
        "score_age": points(
            MOST_FOR_AGE, Cast(age, FloatField()) / (Cast(F("target_days"), FloatField()) * AGE_IS_FULL_AT)
        ),
        "score_filing": points(MOST_FOR_FILING, 1.0 - Cast(filing, FloatField()) / float(FILING_COUNTS_FROM)),
    }
    whole = parts["score_age"] + F("score_value") + F("score_findings") + parts["score_filing"]
    return rows.annotate(age_days=age, **parts, score=whole)


def _of_tab(rows: QuerySet[Review], tab: Tab, user: User) -> QuerySet[Review]:
    if state := STATE_OF_TAB.get(tab):
        return rows.filter(state=state)
    rows = rows.exclude(state=ReviewState.ACCEPTED)
    return rows.filter(Q(claimed_by=user) | Q(assigned_to=user)) if tab == Tab.MINE else rows


def claims(*, user: User, at: datetime) -> list[tuple[int, str, bool]]:
    """Who holds what at a moment: encounter id, the holder's name, whether that is `user` ("you"). One query.

    Raises PermissionDenied for a user who may not read encounters.
    """
    require(user)
    held = Review.objects.filter(seen_by(user), lease_until__gt=at).select_related("claimed_by").order_by("pk")
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
