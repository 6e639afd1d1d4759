"""The queue: the next best encounter on top, who holds what, and the handing out of the next one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from encounters import audit, sealed_words, selectors
from encounters.audit import looking
from encounters.http import PageRequest, act, is_for_fragment, number_in, page_or_fragment
from encounters.models import Encounter, Review
from encounters.models.review import ReviewState
from encounters.review.hold import LEAD
from encounters.selectors import Tab
from encounters.views import handing_out
from encounters.views.narrowing import address, asked_for, query_of
from rules import explain

ROWS_OF_A_PAGE = 30
"""More than a screen holds; each row costs the page about a millisecond."""
MOST_PAGES = 100_000
COUNT_AT_MOST = 2000
"""Rows of a search are counted so far and no further."""
KNOWN_LENGTH = 16
FAILED_OF_A_PAGE = 20
DRUGS_IN_A_ROW = 2
CODES_IN_A_ROW = 4
# Shares of the target age at which a row's age takes on a colour.
AGE_STEPS = ((1.0, "o"), (0.8, "h"), (0.5, "m"))
# The age bar ends at this many times the target.
AGE_BAR_ENDS = 1.5

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
    score_bar: SafeString
    """The parts of the score as shapes of an SVG, each as wide as its share."""
    score_said: str
    findings: tuple[str, ...]
    holder: str
    meant_for: str
    """Who it is assigned to."""
    is_held_by_other: bool
    state: str
    is_to_decide: bool


@require_safe
def queue(request: PageRequest) -> HttpResponse:
    """The rows of a tab that fit what was asked for, best next first."""
    asked = asked_for(request.GET)
    now = timezone.now()
    on = timezone.localdate(now)
    counts = selectors.tab_counts(user=request.user)
    rows = selectors.review_queue(user=request.user, asked=asked, on=on)
    begin = (_page_number(request) - 1) * ROWS_OF_A_PAGE
    end = begin + ROWS_OF_A_PAGE
    # The count of a tab is at hand; what is searched for is found once, for its count and for its page.
    places = None if asked.is_whole_tab else selectors.first_places(rows, COUNT_AT_MOST)
    count = counts[asked.tab] if places is None else len(places)
    is_within = places is not None and (end <= COUNT_AT_MOST or count < COUNT_AT_MOST)
    found = selectors.queue_page(rows=rows, begin=begin, end=end, on=on, places=places if is_within else None)
    shown = begin + len(found)
    context = {
        "tab": asked.tab,
        "asked": asked,
        "query": query_of(asked),
        "search": asked.search,
        "sealed": sealed_words.seal(asked.search),
        "sections": sections([queue_row(row, request, now) for row in found]),
        "count": count,
        "is_more_than_counted": not asked.is_whole_tab and count == COUNT_AT_MOST,
        "rows_of_a_page": ROWS_OF_A_PAGE,
        "shown": shown,
        "more": address(asked, page=_page_number(request) + 1) if len(found) == ROWS_OF_A_PAGE else "",
        "now": now,
        "may_assign": request.user.has_perm(LEAD),
    }
    failed: list[Encounter] = []
    if not is_for_fragment(request):
        if asked.tab == Tab.OPEN:
            failed = list(selectors.failed(user=request.user)[:FAILED_OF_A_PAGE])
        context |= {
            "tabs": [(tab, address(replace(asked, tab=tab)), counts[tab]) for tab in Tab],
            "kept": [
                (kept, address(selectors.narrowed(kept)), count, selectors.narrowed(kept) == asked)
                for kept, count in selectors.saved_filters(user=request.user)
            ],
            "saved_count_most": selectors.SAVED_COUNT_MOST,
            "failed": failed,
        }
    seen = [*(row.encounter_id for row in found), *(encounter.pk for encounter in failed)]
    looking.listed(encounters=seen, user=request.user, at=now, what=f"queue {asked.tab.value}")
    response = page_or_fragment(
        request,
        page="encounters/review/queue.html",
        fragment="encounters/review/queue_rows.html",
        context=context,
    )
    handing_out.keep(request, response, asked)
    return response


@act
def search(request: PageRequest) -> HttpResponse:
    """What was typed becomes the address of a queue, in which nobody can read it."""
    return redirect(address(asked_for(request.POST)))


@require_safe
def claims(request: PageRequest) -> HttpResponse:
    """Who holds what at this moment, and the counts of tabs and of the filters that the person keeps.

    Small, since every open queue asks it all the time. A page that names what it knows already is told nothing where
    that is still so.
    """
    held = selectors.claims(user=request.user, at=timezone.now())
    counts = [(tab.value, number, False) for tab, number in selectors.tab_counts(user=request.user).items()]
    counts += [
        (f"kept-{kept.pk}", number, number == selectors.SAVED_COUNT_MOST)
        for kept, number in selectors.saved_filters(user=request.user)
    ]
    known = sha256(repr((held, counts)).encode()).hexdigest()[:KNOWN_LENGTH]
    if request.GET.get("known") == known:
        return HttpResponse(status=204)
    context = {"claims": held, "counts": counts, "known": known}
    response = render(request, "encounters/review/claims.html", context)
    response["Cache-Control"] = "no-store"
    return response


@act
def open_next(request: PageRequest) -> HttpResponse:
    """Hands out the best encounter nobody holds."""
    return handing_out.next_page(
        request, nothing="Nothing is waiting that nobody holds. New encounters appear here as they are coded."
    )


def queue_row(review: Review, request: PageRequest, now: datetime) -> QueueRow:
    """What the row of `review` prints."""
    units = list(zip(review.codes, review.code_units, strict=True))
    share = review.age_days / review.target_days  # type: ignore[attr-defined]
    held_by = review.holder(now)
    is_mine = held_by is not None and held_by.pk == request.user.pk
    parts = tuple(_score_parts(review))
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
        score_bar=_score_bar(parts),
        score_said=" + ".join(f"{word} {points}" for word, points, *_ in parts),
        findings=tuple(explain.kind_title(kind) for kind in dict.fromkeys(review.finding_kinds)),  # type: ignore[attr-defined]
        holder=holder,
        meant_for=_meant_for(review, request),
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


def _score_bar(parts: Iterable[tuple[str, int, float, float, str]]) -> SafeString:
    """Made here and not in a template: rows of it were half the time of the page."""
    drawn = (
        f'<rect x="{left}%" width="{width}%" height="16" rx="2"/>'
        f'<svg x="{left}%" overflow="visible"><title>{word} {points}</title>'
        + (f'<text x="6" y="12">{label}</text></svg>' if label else "</svg>")
        for word, points, left, width, label in parts
    )
    # Nothing in it but our own words and numbers.
    return mark_safe("".join(drawn))  # noqa: S308


def _score_parts(review: Review) -> Iterable[tuple[str, int, float, float, str]]:
    """Word, points, left edge and width in percent of the whole score, and what of it fits on the bar."""
    points = [
        ("age", review.score_age),  # type: ignore[attr-defined]
        ("value", review.score_value),
        ("findings", review.score_findings),
        ("filing limit", review.score_filing),  # type: ignore[attr-defined]
    ]
    whole = sum(number for _, number in points) or 1
    left = 0.0
    for word, number in points:
        if number:
            width = round(number / whole * 100, 2)
            yield word, number, round(left, 2), width, _on_the_bar(word, number, width)
            left += width


def _on_the_bar(word: str, points: int, width: float) -> str:
    """What fits on a part so many percent wide: the word and its points, a shorter word, the points, nothing."""
    for least, said in ((24, word), (13, word.split(maxsplit=1)[0]), (4, "")):
        if width > least:
            return f"{said} {points}".strip()
    return ""


def _meant_for(review: Review, request: PageRequest) -> str:
    if review.assigned_to is None or review.state == ReviewState.ACCEPTED:
        return ""
    return "you" if review.assigned_to_id == request.user.pk else audit.name_of(review.assigned_to)


def _state(review: Review) -> str:
    if review.state == ReviewState.PENDED:
        if review.pended_until:
            return f"Pended to {review.pended_until.day} {review.pended_until:%b}"
        return str(review.get_pend_reason_display())
    if review.state == ReviewState.CHANGED:
        return "Changed since"
    return str(review.get_state_display())


def _page_number(request: PageRequest) -> int:
    said = request.GET.get("page", "1")
    return min(max(number_in(said) or 1, 1), MOST_PAGES)
