"""Pages of samples: the list, a new one with its counts, one with its items and results, and its export."""

import secrets
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from encounters import audit
from encounters.audit import Tag
from encounters.audit.blinding import AUDIT
from encounters.forms.sampling import PLANS, SampleForm
from encounters.http import PageRequest
from encounters.installed import load_rulebook
from encounters.models import Payer, Sample
from encounters.sampling import drawing, exporting, frames, planning, results, verify_sample
from encounters.sampling.comparing import items_of
from encounters.sampling.drawing import Plan, UnableToDraw
from encounters.sampling.planning import UnableToPlan
from encounters.sampling.verify_sample import clopper_pearson

GOAL = 0.95
"""The rate of right lines that a compliance plan commonly asks for: a dashed line in the charts."""
SCALE_FROM = 0.45
"""Where the charts begin: below lies no rate that anybody would go on with."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rate with its interval as it is printed and drawn, in percent of the chart's width."""

    name: str
    note: str
    right: int
    n: int
    rate: float
    low: float
    high: float
    x: float
    x_low: float
    x_high: float
    css: str


@require_safe
def index(request: PageRequest) -> HttpResponse:
    """Every sample, newest first."""
    return render(request, "encounters/sampling/index.html", {"samples": results.samples(user=request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PageRequest) -> HttpResponse:
    """The form of a new sample; sent to look it shows the counts and what each way of planning gives, else it draws."""
    kept = list(results.samples(user=request.user)[:50])
    choices = _choices(kept)
    if request.method != "POST":
        form = SampleForm(initial=_initial(), choices=choices)
        return render(request, "encounters/sampling/new.html", {"form": form})
    form = SampleForm(request.POST, choices=choices)
    if not form.is_valid():
        return render(request, "encounters/sampling/new.html", {"form": form}, status=422)
    said = form.cleaned_data
    found = frames.listed(frame=form.frame(), stratified_by=said["stratified_by"], user=request.user)
    sizes = _planned(said, found, kept)
    context = {"form": form, "found": found, "strata": _strata(found, said, sizes), "sizes": sizes}
    context["before"] = list(drawing.drawn_before(frame_hash=found.hash))
    size = sizes[said["plan"]]
    if "draw" not in request.POST:
        return render(request, "encounters/sampling/new.html", context | {"size": size})
    try:
        sample = drawing.draw(plan=_plan(form, size), user=request.user, at=timezone.now())
    except UnableToDraw as refusal:
        form.add_error(None, str(refusal))
        return render(request, "encounters/sampling/new.html", context | {"size": size}, status=409)
    messages.success(request, f"Drawn: {sample.size} of {sample.frame_size} encounters.")
    return redirect("audit:sample", sample_id=sample.pk)


@require_safe
def sample(request: PageRequest, sample_id: int) -> HttpResponse:
    """One sample: its frame, its items, who has reviewed what, and the results so far."""
    shown = sample_of(sample_id)
    found = results.progress(sample=shown, user=request.user)
    audit.record(
        tag=Tag.SAMPLE_VIEWED,
        at=timezone.now(),
        actor=request.user,
        object_repr=shown.name,
        after={"sample": shown.pk, "encounters": sorted(seat.item.encounter_id for seat in found.seats)},
    )
    scores = found.scores
    titles = {rule.id: rule.title for rule in load_rulebook().rules.values()}
    measures = (
        ("line_exact", "Line exact", "every field"),
        ("precision", "Precision", "billed and right"),
        ("recall", "Recall", "right and billed"),
        ("encounter_exact", "Encounter exact", "every line"),
    )
    context = {
        "sample": shown,
        "progress": found,
        "holds": drawing.holds(sample=shown),
        "before": drawing.drawn_before(frame_hash=shown.frame_hash).exclude(pk=shown.pk).count(),
        "mine": sum(seat.is_covered for seat in found.seats),
        "bars": [_bar(name, scores[key], note) for key, name, note in measures],
        "money": scores["money"],
        "kappa": scores["kappa"],
        "weighted": scores["encounter_exact_weighted"],
        "tables": [
            (title, [_bar(name, value, titles.get(name, "")) for name, value in scores[key]])
            for key, title in (("by_rule", "By rule"), ("by_drug", "By drug"), ("by_coder", "By coder"))
        ],
        "confidence": float(shown.confidence) * 100,
        "goal": _x(GOAL),
        "ticks": [(_x(rate), round(rate * 100)) for rate in (0.5, 0.75, GOAL)],
    }
    return render(request, "encounters/sampling/sample.html", context)


@require_safe
def export(request: PageRequest, sample_id: int) -> HttpResponse:
    """The sample as one file that verifies itself."""
    shown = sample_of(sample_id)
    try:
        content = exporting.export(sample=shown, user=request.user, at=timezone.now())
    except exporting.UnableToExport as refusal:
        messages.error(request, str(refusal))
        return redirect("audit:sample", sample_id=shown.pk)
    name = f"sample-{shown.pk}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="application/zip", headers=headers)


def sample_of(sample_id: int) -> Sample:
    """The sample. Raises Http404."""
    found = Sample.objects.filter(pk=sample_id).first()
    if found is None:
        message = "There is no such sample."
        raise Http404(message)
    return found


@dataclass(frozen=True, slots=True)
class Size:
    """What one way of planning gives: the number, None where it gives none, and in words what it is good for."""

    plan: str
    number: int | None
    reason: str
    is_capped: bool = False


def _planned(said: dict[str, Any], found: frames.Listed, kept: list[Sample]) -> dict[str, Size]:
    """Every way of planning and what it gives for this frame."""
    frame, level = len(found.units), float(said["confidence"])
    rate, half, tolerable = said["rate"] / 100, said["half_width"] / 100, said["tolerable"] / 100
    discovery = f"discovery sample of {planning.DISCOVERY}, as in OIG claims reviews"
    sizes = {
        "discovery": _capped("discovery", planning.DISCOVERY, frame, discovery),
        "own": _capped("own", said["size"] or 0, frame, said["size_words"]),
    }
    if frame:
        shown = f"{said['tolerable']:g} % of {frame} in error would show at {level:.0%} confidence"
        number = planning.detection_size(frame=frame, tolerable=tolerable, confidence=level)
        sizes["detection"] = _capped("detection", number, frame, shown)
    try:
        number = planning.attribute_size(rate=rate, half_width=half, confidence=level)
        words = f"at {said['rate']:g} % right, {level:.0%} exact interval within ±{said['half_width']:g} points"
        sizes["attribute"] = _capped("attribute", number, frame, words)
    except UnableToPlan as refusal:
        sizes["attribute"] = Size("attribute", None, str(refusal))
    after = next((each for each in kept if str(each.pk) == said["after"]), None)
    sizes["full"] = _full(after, frame)
    return {name: sizes.get(name, Size(name, None, "The frame is empty.")) for name, _ in PLANS}


def _full(after: Sample | None, frame: int) -> Size:
    if after is None:
        return Size("full", None, "Choose the discovery sample that it follows.")
    told, items = results.terms(after), items_of(after)
    overpayments = verify_sample.scores(told, items)["money"]["overpayments"]
    try:
        number = planning.full_size(overpayments=overpayments, frame=frame)
    except UnableToPlan as refusal:
        return Size("full", None, str(refusal))
    words = f"90 % confidence and 25 % precision of the overpayment, from mean and deviation of “{after.name}”"
    return _capped("full", number, frame, words)


def _capped(plan: str, number: int, frame: int, reason: str) -> Size:
    if number <= frame:
        return Size(plan, number or None, reason)
    return Size(plan, frame or None, f"all {frame} encounters; {reason} would take {number}", is_capped=True)


def _plan(form: SampleForm, size: Size) -> Plan:
    said = form.cleaned_data
    people = [said["first_auditor"], *filter(None, [said["second_auditor"]])]
    by_name = {user.username: user for user in User.objects.filter(username__in=people)}
    has_second = len(people) > 1
    number = size.number or 0
    return Plan(
        name=said["name"],
        frame=form.frame(),
        size=number,
        size_reason=size.reason,
        seed=said["seed"],
        auditors=[by_name[name] for name in people],
        read_twice=min(said["read_twice"] or 0, number) if has_second else 0,
        stratified_by=said["stratified_by"],
        allocation=said["allocation"],
        confidence=form.level(),
        planned_for={name: said[name] for name in ("plan", "rate", "half_width", "tolerable", "after")},
        frame_hash=said["frame_hash"],
    )


def _strata(found: frames.Listed, said: dict[str, Any], sizes: dict[str, Size]) -> list[tuple[str, int, object, int]]:
    """Stratum, encounters, dollars, and how many of it would be drawn."""
    strata, number = found.strata(), sizes[said["plan"]].number
    try:
        drawn = planning.allocate(total=number or 0, strata=strata, how=said["allocation"])
    except UnableToPlan:
        drawn = {}
    return [(name, len(values), sum(values), drawn.get(name, 0)) for name, values in strata.items()]


def _choices(kept: list[Sample]) -> dict[str, list[tuple[str, str]]]:
    people = User.objects.filter(is_active=True).order_by("username")
    named = [(user, (user.username, audit.name_of(user))) for user in people]
    auditors = [pair for user, pair in named if user.has_perm(AUDIT)]
    coders = [pair for user, pair in named if user.accepted_reviews.exists()]
    return {
        "coder": [("", "anybody"), *coders],
        "payer": [("", "any"), *Payer.objects.order_by("name").values_list("code", "name")],
        "first_auditor": auditors,
        "second_auditor": [("", "nobody"), *auditors],
        "after": [("", "none"), *((str(each.pk), each.name) for each in kept)],
    }


def _initial() -> dict[str, object]:
    return {
        "plan": "attribute",
        "confidence": "0.95",
        "rate": 95,
        "half_width": 5,
        "tolerable": 5,
        "read_twice": 20,
        "seed": secrets.token_hex(16),
    }


def _x(rate: float) -> float:
    return round(max(rate - SCALE_FROM, 0) / (1 - SCALE_FROM) * 100, 2)


def _bar(name: str, value: dict[str, Any], note: str = "") -> Bar:
    low, high = value["interval"] or clopper_pearson(0, 1, GOAL) or (0.0, 1.0)
    rate = value["rate"] or 0.0
    css = "low" if high < GOAL else "mid" if rate < GOAL else ""
    return Bar(
        name=name,
        note=note,
        right=value["right"],
        n=value["n"],
        rate=rate * 100,
        low=low * 100,
        high=high * 100,
        x=_x(rate),
        x_low=_x(low),
        x_high=_x(high),
        css=css,
    )
