"""The same encounter under two policies or on two days, side by side, differences marked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from encounters import coding
from encounters.forms.compare import SidesForm
from encounters.http import PageRequest
from encounters.installed import load_rulebook
from encounters.models import Review
from encounters.review.differences import difference
from encounters.views.answers import open_review
from encounters.views.history_rows import ChangeRows, change_rows
from rules.errors import RulebookError
from rules.result import CodingResult
from rules.rulebook.model import Rulebook, layer_name


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: the policy it was coded under, its day, its dollars; `problem` where no rule is in force."""

    policy: str
    on: date
    dollars: Decimal | None
    unpriced: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A question on which the two policies answer differently."""

    key: str
    question: str
    left: str
    right: str


@require_safe
def compare(request: PageRequest, encounter_id: int) -> HttpResponse:
    """The page; without choices the encounter as it is beside another payer."""
    review = open_review(request, encounter_id)
    rulebook = load_rulebook()
    form = SidesForm(request.GET or {"right_payer": _another(review, rulebook)}, rulebook=rulebook)
    context: dict[str, object] = {"encounter": review.encounter, "review": review, "form": form}
    if form.is_valid():
        left, first = _side(review, form, "left")
        right, second = _side(review, form, "right")
        context |= {"left": left, "right": right}
        if first is not None and second is not None:
            context |= {"rows": _rows(review, first, second), "keys": _keys(first, second)}
    return render(request, "encounters/review/compare.html", context, status=200 if form.is_valid() else 422)


def _another(review: Review, rulebook: Rulebook) -> str:
    """A policy to begin with: the first payer's that is not the encounter's own."""
    own = layer_name(coding.facts_of(review.run).payer or "")
    return next((layer.name for layer in rulebook.policies if layer.kind == "payer" and layer.name != own), "-")


def _side(review: Review, form: SidesForm, name: str) -> tuple[Side, CodingResult | None]:
    told = coding.facts_of(review.run)
    payer, on = form.side(name, payer=told.payer, on=told.date_of_service)
    try:
        result = coding.under(run=review.run, payer=payer, facility=told.facility, on=on)
    except RulebookError as error:
        return Side("", on, None, 0, problem=str(error)), None
    priced = [line.price * line.units for line in result.lines if line.price is not None]
    dollars = sum(priced, Decimal(0)) if priced else None
    return Side(result.versions.policy, on, dollars, len(result.lines) - len(priced)), result


def _rows(review: Review, first: CodingResult, second: CodingResult) -> ChangeRows:
    given = coding.facts_of(review.run).administrations
    return change_rows(difference(first, second), given=given, is_whole=True)


def _keys(first: CodingResult, second: CodingResult) -> tuple[KeyRow, ...]:
    left, right = dict(first.versions.values), dict(second.versions.values)
    questions = load_rulebook().policy_keys
    return tuple(
        KeyRow(key, questions[key].statement if key in questions else "", _answer(left, key), _answer(right, key))
        for key in sorted({*left, *right})
        if left.get(key) != right.get(key)
    )


def _answer(values: Mapping[str, str], key: str) -> str:
    """A policy's answer as a person would say it; what the key is called stands beside it."""
    said = values.get(key, "not said")
    return {"true": "yes", "false": "no"}.get(said, said.replace("_", " "))
