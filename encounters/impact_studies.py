"""Studies: what a proposed change would do is worked out by the worker, kept, and shown to whoever answers for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet

from drugs.models import FormularyImport
from drugs.models.imports import WAITING_FOR_PEOPLE
from encounters import audit, impact, overpayments, proposed_rules
from encounters.audit import Tag
from encounters.audit.blinding import uncovered
from encounters.impact import Impact, Proposal
from encounters.installed import load_rulebook
from encounters.models import DrugReferences, IdentifiedOverpayment, ImpactStudy, Review, StudiedEncounter
from encounters.models.review import ReviewState
from encounters.sites import seen_by
from rules.errors import RulebookError
from rules.rulebook.model import Rulebook
from rules.rulebook.policy import checked_overrides

STUDY_IMPACT = "encounters.study_impact"
EXAMPLES = 200
"""Encounters that a study keeps with their lines; all of them are counted."""
MOST_SLICES = 24
"""Parts that a study is worked out in, so that a page can say how far it is."""
UNFINISHED_AT_MOST = 3
"""Of one person: each keeps a worker for minutes."""
BEGUN_AT_MOST = 3
GIVEN_UP_AFTER = timedelta(minutes=12)
"""No task runs so long: who began it is gone."""
STORED_AT_ONCE = 1000
ACCEPTED = (ReviewState.ACCEPTED, ReviewState.CHANGED)


class UnableToStudy(Exception):
    """What was asked cannot be worked out; the message says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is proposed: values of policy keys, or rule files by name; or nothing, and the installed rules are asked.

    Dates of service are in `[first, until)`. With `identified_on` overpayments are listed.
    """

    name: str
    overrides: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    first: date | None = None
    until: date | None = None
    identified_on: date | None = None


def require(user: User) -> None:
    """Raise PermissionDenied for who may not study what a change would do."""
    if not user.has_perm(STUDY_IMPACT):
        message = "What a change would do is for leads, auditors and policy owners."
        raise PermissionDenied(message)


@transaction.atomic
def request(*, asked: Asked, user: User, at: datetime) -> ImpactStudy:
    """A study that waits for the worker; it is recorded. Raises UnableToStudy, and PermissionDenied."""
    require(user)
    if not asked.overrides and not asked.files and asked.identified_on is None:
        message = "Say what would be otherwise, or have overpayments listed."
        raise UnableToStudy(message)
    if asked.overrides and asked.identified_on is not None:
        message = (
            "Overpayments are what exceeds rules: propose the rules as a file, or list them by the installed ones."
        )
        raise UnableToStudy(message)
    mine = ImpactStudy.objects.filter(requested_by=user, state__in=("waiting", "running"))
    if mine.count() >= UNFINISHED_AT_MOST:
        message = f"{UNFINISHED_AT_MOST} studies of yours are not finished: wait for one of them."
        raise UnableToStudy(message)
    try:
        rulebook = proposed_rules.rulebook_with(asked.files)
        checked_overrides(asked.overrides, keys=rulebook.policy_keys)
        if asked.identified_on is not None:
            rulebook.as_of(asked.identified_on).number("overpayment_days")
    except RulebookError as error:
        raise UnableToStudy(str(error)) from error
    study = ImpactStudy.objects.create(
        name=asked.name,
        proposed=_in_words(asked)[:300],
        overrides=asked.overrides,
        files=asked.files,
        rulebook_version=rulebook.version,
        first_date=asked.first,
        until_date=asked.until,
        identified_date=asked.identified_on,
        requested_by=user,
        requested_by_name=audit.name_of(user),
        requested_at=at,
    )
    told = {"study": study.pk, "proposed": study.proposed, "rulebook": rulebook.version}
    audit.record(tag=Tag.IMPACT_REQUESTED, at=at, actor=user, object_repr=study.name, after=told)
    return study


def _in_words(asked: Asked) -> str:
    parts = [f"{key} = {value}" for key, value in asked.overrides.items()]
    return ", ".join([*parts, *asked.files]) or "the rules as installed"


def begin(*, study_id: int, at: datetime) -> bool:
    """The study is this worker's; False where it is somebody else's, or over."""
    abandoned = Q(state=ImpactStudy.State.RUNNING, begun_at__lt=at - GIVEN_UP_AFTER)
    free = ImpactStudy.objects.filter(Q(state=ImpactStudy.State.WAITING) | abandoned, pk=study_id)
    given_up = free.filter(attempts__gte=BEGUN_AT_MOST)
    if given_up.update(
        state=ImpactStudy.State.FAILED, finished_at=at, error="It was begun three times and never ended."
    ):
        return False
    begun = free.update(state=ImpactStudy.State.RUNNING, begun_at=at, attempts=F("attempts") + 1, done=0)
    return bool(begun)


def unfinished(*, at: datetime) -> list[int]:
    """Studies that nobody works on, the first requested first."""
    abandoned = Q(state=ImpactStudy.State.RUNNING, begun_at__lt=at - GIVEN_UP_AFTER)
    rows = ImpactStudy.objects.filter(Q(state=ImpactStudy.State.WAITING) | abandoned)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def work_out(*, study_id: int, now: Callable[[], datetime]) -> None:
    """What was asked is found and kept in one transaction; how far it is stands in the row meanwhile.

    Rules that cannot be read any more end it as failed, with the reason.
    """
    study = ImpactStudy.objects.get(pk=study_id)
    try:
        rulebook = _as_asked(study)
        found = _impact(study, rulebook) if study.files or study.overrides else Impact()
        due = list(_overpayments(study, rulebook))
    except (RulebookError, UnableToStudy) as error:
        fail(study_id=study_id, error=str(error), at=now())
        return
    _keep(study, found, due, now())


def _as_asked(study: ImpactStudy) -> Rulebook:
    """The rules that were proposed. Raises UnableToStudy where they would be others by now, or a RulebookError."""
    rulebook = proposed_rules.rulebook_with(study.files)
    if rulebook.version != study.rulebook_version:
        message = "The installed rules have changed since this was asked: ask again."
        raise UnableToStudy(message)
    return rulebook


def fail(*, study_id: int, error: str, at: datetime) -> None:
    """The study ends without an answer."""
    running = ImpactStudy.objects.filter(pk=study_id, state=ImpactStudy.State.RUNNING)
    running.update(state=ImpactStudy.State.FAILED, finished_at=at, error=error[:500])


def _impact(study: ImpactStudy, rulebook: Rulebook) -> Impact:
    """The sum over slices of dates, none of which cuts an encounter in two."""
    rows = _of_dates(study)
    ImpactStudy.objects.filter(pk=study.pk).update(to_look_at=rows.count())
    total = Impact()
    proposed = rulebook if study.files else None
    for first, until in slices(rows, study.first_date, study.until_date):
        part = impact.assess(
            Proposal(rulebook=proposed, overrides=study.overrides, on=first, until=until), examples=EXAMPLES
        )
        _add(total, part)
        ImpactStudy.objects.filter(pk=study.pk).update(done=total.looked_at)
    total.examples.sort(key=lambda each: each.weight, reverse=True)
    del total.examples[EXAMPLES:]
    return total


def _of_dates(study: ImpactStudy) -> QuerySet[DrugReferences]:
    rows = DrugReferences.objects.all()
    rows = rows if study.first_date is None else rows.filter(last_date__gte=study.first_date)
    return rows if study.until_date is None else rows.filter(first_date__lt=study.until_date)


def slices(
    rows: QuerySet[DrugReferences], first: date | None, until: date | None
) -> Iterator[tuple[date | None, date | None]]:
    """Periods `[first, until)` that together hold every row once: a bound lies on no encounter of several days."""
    edges = rows.aggregate(first=Min("first_date"), last=Max("last_date"))
    bound = first
    if edges["first"] is not None:
        days = max((edges["last"] - edges["first"]).days, 1)
        step = timedelta(days=max(-(-days // MOST_SLICES), 1))
        edge = edges["first"] + step
        while edge <= edges["last"]:
            is_inside = (first is None or edge > first) and (until is None or edge < until)
            if is_inside and not rows.filter(first_date__lt=edge, last_date__gte=edge).exists():
                yield bound, edge
                bound = edge
            edge += step
    yield bound, until


def _add(total: Impact, part: Impact) -> None:
    total.open_ids += part.open_ids
    total.accepted_ids += part.accepted_ids
    total.looked_at += part.looked_at
    total.lines += part.lines
    total.findings_only += part.findings_only
    total.dollars_before += part.dollars_before
    total.dollars_after += part.dollars_after
    total.examples += part.examples


def _overpayments(study: ImpactStudy, rulebook: Rulebook) -> Iterator[overpayments.Overpayment]:
    if study.identified_date is None:
        return
    found = overpayments.overpayments(rulebook=rulebook, identified_on=study.identified_date)
    for one in found:
        is_late = study.first_date is None or one.date_of_service >= study.first_date
        is_early = study.until_date is None or one.date_of_service < study.until_date
        if is_late and is_early:
            yield one


@transaction.atomic
def _keep(study: ImpactStudy, found: Impact, due: list[overpayments.Overpayment], at: datetime) -> None:
    running = ImpactStudy.objects.filter(pk=study.pk, state=ImpactStudy.State.RUNNING, attempts=study.attempts)
    ended = running.update(
        state=ImpactStudy.State.FINISHED,
        finished_at=at,
        looked_at=found.looked_at,
        done=found.looked_at,
        open_changed=len(found.open_ids),
        accepted_changed=len(found.accepted_ids),
        lines_changed=found.lines,
        findings_only=found.findings_only,
        dollars_before=_cents(found.dollars_before),
        dollars_after=_cents(found.dollars_after),
    )
    if not ended:
        return
    StudiedEncounter.objects.bulk_create(
        (
            StudiedEncounter(
                study=study,
                encounter_id=one.encounter_id,
                position=position,
                is_accepted=one.is_accepted,
                before=list(one.before),
                after=list(one.after),
                dollars_before=_cents(one.dollars_before),
                dollars_after=_cents(one.dollars_after),
            )
            for position, one in enumerate(found.examples, start=1)
        ),
        batch_size=STORED_AT_ONCE,
    )
    IdentifiedOverpayment.objects.bulk_create(
        (
            IdentifiedOverpayment(
                study=study,
                encounter_id=one.encounter_id,
                accepted_at=one.accepted_at,
                lines=[list(line) for line in one.lines],
                dollars=_cents(one.dollars),
                unpriced=list(one.unpriced),
                return_by=one.return_by,
            )
            for one in due
        ),
        batch_size=STORED_AT_ONCE,
    )
    told = {"study": study.pk, "changed": len(found.open_ids) + len(found.accepted_ids), "overpayments": len(due)}
    audit.record(tag=Tag.IMPACT_WORKED_OUT, at=at, object_repr=study.name, after=told)


def _cents(dollars: Decimal) -> Decimal:
    return dollars.quantize(Decimal("0.01"))


def studies(*, user: User) -> QuerySet[ImpactStudy]:
    """Every study, newest first; sums only, no patient. Raises PermissionDenied."""
    require(user)
    return ImpactStudy.objects.order_by("-pk")


def proposed_imports(*, user: User) -> list[FormularyImport]:
    """Files on their way into the formulary, with what publishing them would do as far as it is counted."""
    require(user)
    return list(FormularyImport.objects.filter(state__in=WAITING_FOR_PEOPLE).order_by("effective_from", "pk"))


@transaction.atomic
def encounters_of(*, study: ImpactStudy, user: User, at: datetime) -> list[StudiedEncounter]:
    """Those of most weight that the user may read, recorded as seen. Raises PermissionDenied."""
    require(user)
    rows = StudiedEncounter.objects.filter(seen_by(user, "encounter__location"), study=study)
    found = list(uncovered(rows, user=user).select_related("encounter__patient").order_by("position"))
    _seen(study.name, [each.encounter_id for each in found], user, at, study=study.pk)
    return found


@dataclass(frozen=True, slots=True)
class Due:
    """An overpayment with its deadline and day of identification: those of the first time that it was found."""

    found: IdentifiedOverpayment
    return_by: date
    identified_on: date | None


@transaction.atomic
def overpayments_due(*, user: User, at: datetime, study: ImpactStudy | None = None) -> list[Due]:
    """Encounters to pay back for, the first deadline first, each as it was found last; recorded as seen.

    One that was accepted anew since is not due any more. With `study` those that it found. Raises PermissionDenied.
    """
    require(user)
    same = IdentifiedOverpayment.objects.filter(encounter=OuterRef("encounter"), accepted_at=OuterRef("accepted_at"))
    stands = Review.objects.filter(
        encounter=OuterRef("encounter"), accepted_at=OuterRef("accepted_at"), state__in=ACCEPTED
    )
    rows = IdentifiedOverpayment.objects.filter(Exists(stands), seen_by(user, "encounter__location"))
    rows = rows.filter(study=study) if study else rows.exclude(Exists(same.filter(pk__gt=OuterRef("pk"))))
    shown = uncovered(rows, user=user).select_related("encounter__patient", "study")
    first = {
        (one.encounter_id, one.accepted_at): one
        for one in IdentifiedOverpayment.objects.filter(encounter__in=shown.values("encounter"))
        .select_related("study")
        .order_by("-return_by")
    }
    found = []
    for one in shown:
        earliest = first[one.encounter_id, one.accepted_at]
        found.append(Due(one, earliest.return_by, earliest.study.identified_date))
    _seen("overpayments", [each.found.encounter_id for each in found], user, at)
    return sorted(found, key=lambda due: (due.return_by, -due.found.dollars, due.found.pk))


def _seen(what: str, encounters: list[int], user: User, at: datetime, **more: object) -> None:
    told = {"encounters": sorted(encounters), **more}
    audit.record(tag=Tag.IMPACT_VIEWED, at=at, actor=user, object_repr=what, after=told)


def policy_values() -> list[tuple[str, str, tuple[str, ...]]]:
    """The questions on which policies differ: key, statement, the answers it takes."""
    keys = load_rulebook().policy_keys.values()
    return [(each.key, each.statement, each.values) for each in keys]
