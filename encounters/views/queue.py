"""The queue: the next best encounter on top, who holds what, and the handing out of the next one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from encounters import audit, selectors
from encounters.http import PageRequest, act, page_or_fragment
from encounters.models import Review
from encounters.models.review import ReviewState
from encounters.review import claims as claiming
from encounters.selectors import Tab
from rules import explain

ROWS_OF_A_PAGE = 50
FAILED_OF_A_PAGE = 20
DRUGS_IN_A_ROW = 2
CODES_IN_A_ROW = 4
# Shares of the target age at which a row's age takes on a colour.
AGE_STEPS = ((1.0, "o"), (0.8, "h"), (0.5, "m"))
# The age bar ends at this many times the target.
AGE_BAR_ENDS = 1.5

TAB_WORDS = {
    Tab.OPEN: "All open",
    Tab.MINE: "Mine",
    Tab.READY: "Ready",
    Tab.WARNINGS: "Warnings",
    Tab.PENDED: "Pended",
    Tab.SECOND_REVIEW: "Second review",
    Tab.CHANGED: "Changed since accepted",
    Tab.ACCEPTED: "Accepted",
}
TO_DECIDE, READY, WAITING, DONE = "To decide", "Ready", "Waiting on someone else", "Accepted"
SECTION_OF_STATE = {
    ReviewState.TO_DECIDE: TO_DECIDE,
    ReviewState.CHANGED: TO_DECIDE,
    ReviewState.READY: READY,
    ReviewState.PENDED: WAITING,
    ReviewState.SECOND_REVIEW: WAITING,
    ReviewState.ACCEPTED: DONE,
}
SECTIONS = (TO_DECIDE, READY, WAITING, DONE)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One encounter of the queue, ready to print; shares in percent."""

    review: Review
    drugs: str
    more_drugs: int
    codes: tuple[tuple[str, int], ...]
    more_codes: int
    age_css: str
    age_share: float
    score_parts: tuple[tuple[str, int, float, float], ...]
    """Word, points, and left edge and width in percent of the whole score."""
    findings: tuple[str, ...]
    holder: str
    is_held_by_other: bool
    state: str
    is_to_decide: bool


@require_safe
def queue(request: PageRequest) -> HttpResponse:
    """The rows of a tab that fit a search, best next first."""
    tab = _tab(request.GET.get("tab", Tab.OPEN))
    search = request.GET.get("q", "").strip()
    now = timezone.now()
    rows = selectors.review_queue(user=request.user, tab=tab, search=search, on=timezone.localdate(now))
    counts = selectors.tab_counts(user=request.user)
    pages = Paginator(rows, ROWS_OF_A_PAGE)
    if not search:
        # The tab's count is at hand; counting once more would double the work of the page.
        pages.count = counts[tab]
    page = pages.get_page(request.GET.get("page"))
    found = list(page.object_list)
    findings = selectors.finding_kinds(runs=[row.run_id for row in found])
    context = {
        "tab": tab,
        "tabs": [(each, TAB_WORDS[each], counts[each]) for each in Tab],
        "search": search,
        "sections": sections([queue_row(row, findings.get(row.run_id, ()), request, now) for row in found]),
        "page": page,
        "shown": page.end_index(),
        "more": _address(tab, search, page.next_page_number()) if page.has_next() else "",
        "claims": selectors.claims(user=request.user, at=now),
        "failed": list(selectors.failed(user=request.user)[:FAILED_OF_A_PAGE]) if tab == Tab.OPEN else [],
        "now": now,
    }
    return page_or_fragment(
        request,
        page="encounters/review/queue.html",
        fragment="encounters/review/queue_rows.html",
        context=context,
    )


@require_safe
def claims(request: PageRequest) -> HttpResponse:
    """Who holds what at this moment, and the counts of the tabs: small, since every open queue asks it all the time."""
    context = {
        "claims": selectors.claims(user=request.user, at=timezone.now()),
        "tabs": [(tab, TAB_WORDS[tab], count) for tab, count in selectors.tab_counts(user=request.user).items()],
        "is_update": True,
    }
    return render(request, "encounters/review/claims.html", context)


@act
def open_next(request: PageRequest) -> HttpResponse:
    """Hands out the best encounter nobody holds."""
    review = claiming.claim_next(user=request.user, at=timezone.now())
    if review is None:
        messages.info(request, "Nothing is waiting that nobody holds. New encounters appear here as they are coded.")
        return redirect("review:queue")
    return redirect("review:encounter", encounter_id=review.encounter_id)


def queue_row(review: Review, findings: Sequence[str], request: PageRequest, now: datetime) -> QueueRow:
    """What the row of `review` prints."""
    units = list(zip(review.codes, review.code_units, strict=True))
    share = review.age_days / review.target_days  # type: ignore[attr-defined]
    held_by = review.holder(now)
    is_mine = held_by is not None and held_by.pk == request.user.pk
    holder = "" if held_by is None else "you" if is_mine else audit.name_of(held_by)
    return QueueRow(
        review=review,
        drugs=", ".join(review.drugs[:DRUGS_IN_A_ROW]),
        more_drugs=max(len(review.drugs) - DRUGS_IN_A_ROW, 0),
        codes=tuple(units[:CODES_IN_A_ROW]),
        more_codes=max(len(units) - CODES_IN_A_ROW, 0),
        age_css=""
        if review.state == ReviewState.ACCEPTED
        else next((css for least, css in AGE_STEPS if share >= least), ""),
        age_share=round(min(max(share / AGE_BAR_ENDS, 0), 1) * 100, 1),
        score_parts=tuple(_score_parts(review)),
        findings=tuple(explain.kind_title(kind) for kind in findings),
        holder=holder,
        is_held_by_other=held_by is not None and not is_mine,
        state=_state(review),
        is_to_decide=review.state in {ReviewState.TO_DECIDE, ReviewState.CHANGED},
    )


def sections(rows: Iterable[QueueRow]) -> list[tuple[str, list[QueueRow]]]:
    """The rows under their headings, each section keeping the order of the score."""
    placed = sorted(rows, key=lambda row: SECTIONS.index(_section(row)))
    return [(title, list(group)) for title, group in groupby(placed, key=_section)]


def _section(row: QueueRow) -> str:
    return SECTION_OF_STATE[ReviewState(row.review.state)]


def _score_parts(review: Review) -> Iterable[tuple[str, int, float, float]]:
    points = [
        ("age", review.score_age),  # type: ignore[attr-defined]
        ("value", review.score_value),  # type: ignore[attr-defined]
        ("findings", review.score_findings),  # type: ignore[attr-defined]
        ("filing limit", review.score_filing),  # type: ignore[attr-defined]
    ]
    whole = sum(number for _, number in points) or 1
    left = 0.0
    for word, number in points:
        if number:
            width = round(number / whole * 100, 2)
            yield word, number, round(left, 2), width
            left += width


def _state(review: Review) -> str:
    if review.state == ReviewState.PENDED:
        if review.pended_until:
            return f"Pended to {review.pended_until.day} {review.pended_until:%b}"
        return f"Pended, {review.get_pend_reason_display().lower()}"
    if review.state == ReviewState.CHANGED:
        return "Changed since"
    return str(review.get_state_display())


def _tab(word: str) -> Tab:
    try:
        return Tab(word)
    except ValueError as error:
        message = "There is no such filter."
        raise Http404(message) from error


def _address(tab: Tab, search: str, page: int) -> str:
    return f"{reverse('review:queue')}?{urlencode({'tab': tab, 'q': search, 'page': page})}"
