"""What the palette finds beside the acts and pages that the browser knows: encounters, drugs, rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from drugs import selectors as drugs
from encounters import selectors
from encounters.audit import looking
from encounters.http import PageRequest
from encounters.installed import load_rulebook
from encounters.selectors import Narrowed, Tab

MOST_OPEN, MOST_ACCEPTED, MOST_DRUGS, MOST_RULES = 6, 3, 5, 5
SHORTEST = 2
"""Fewer letters than this find everything, which is nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing to go to: its words, more words in grey, and its address."""

    words: str
    more: str
    address: str


@require_POST
def palette(request: PageRequest) -> HttpResponse:
    """What fits the words, a few of each kind, as options of the palette's list."""
    typed = request.POST.get("q", "").strip()
    now = timezone.now()
    groups: list[tuple[str, list[Found]]] = []
    if len(typed) >= SHORTEST:
        groups = [
            ("Encounters", list(_encounters(request, typed, now))),
            ("Drugs", list(_drugs(typed, now))),
            ("Rules", list(_rules(typed))),
        ]
    return render(request, "encounters/keys/found.html", {"groups": [group for group in groups if group[1]]})


def _encounters(request: PageRequest, typed: str, now: datetime) -> Iterator[Found]:
    if not request.user.has_perm(selectors.READ):
        return
    seen = []
    on = timezone.localdate(now)
    for tab, most in ((Tab.OPEN, MOST_OPEN), (Tab.ACCEPTED, MOST_ACCEPTED)):
        rows = selectors.review_queue(user=request.user, asked=Narrowed(tab=tab, search=typed), on=on)
        for review in selectors.queue_page(rows=rows, begin=0, end=most, on=on):
            encounter = review.encounter
            drugs_of = ", ".join(review.drugs[:2])
            seen.append(encounter.pk)
            yield Found(
                words=f"{encounter.patient.initials} {encounter.patient.mrn_tail}",
                more=f"{encounter.date_of_service:%d %b %Y} · {drugs_of} · {review.get_state_display()}",
                address=reverse("review:encounter", args=[encounter.pk]),
            )
    looking.listed(encounters=seen, user=request.user, at=now, what="palette")


def _drugs(typed: str, now: datetime) -> Iterable[Found]:
    for summary in drugs.search(typed, on=timezone.localdate(now))[:MOST_DRUGS]:
        codes = " ".join(code.hcpcs.code for code in summary.codes)
        yield Found(summary.drug.name, codes, reverse("drugs:detail", args=[summary.drug.pk]))


def _rules(typed: str) -> Iterable[Found]:
    wanted = typed.lower()
    rules = load_rulebook().rules.values()
    fitting = [rule for rule in rules if rule.id.lower() == wanted or wanted in rule.title.lower()]
    for rule in fitting[:MOST_RULES]:
        yield Found(rule.id, rule.title, f"{reverse('rules:index')}#rule-{rule.id}")
