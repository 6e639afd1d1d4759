"""Questions to the clinic: asked from a template, answered, withdrawn, or left until they expire."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from encounters import addenda, audit, coding, intake
from encounters.addenda import Statement
from encounters.audit import Tag
from encounters.intake.permission import TAKE_IN
from encounters.models import Addendum, ClinicQuery, DrugAdministration, Review
from encounters.models.coding import CodingRun
from encounters.models.query import QueryState
from encounters.models.review import ReviewState
from encounters.review import hold, preparation, states, templates
from encounters.review.hold import WORK, UnableToWork
from encounters.selectors import READ
from encounters.sites import seen_by

DAYS_TO_ANSWER = 14
ASKABLE = hold.WORKABLE | {ReviewState.PENDED}
UNTOLD = "an unknown time"


class UnableToAsk(UnableToWork):
    """The question cannot be put like this; the message says why."""


class UnableToAnswer(UnableToWork):
    """The answer cannot be recorded; the message says why."""


@transaction.atomic
def ask(
    *,
    review: Review,
    administration: str,
    template_id: str,
    asked_of: str,
    finding_kind: str = "",
    user: User,
    at: datetime,
    version: int,
) -> ClinicQuery:
    """A question from the template of today stands open for DAYS_TO_ANSWER.

    `administration` is its external id. Raises UnableToAsk and what `hold.for_work` raises.
    """
    held = hold.for_work(review=review, user=user, at=at, version=version, states=ASKABLE)
    today = timezone.localdate(at)
    template = templates.find(template_id, on=today)
    given = _charted(held).filter(external_id=administration).first()
    if template is None or given is None:
        message = "There is no such question, or no such administration of this encounter."
        raise UnableToAsk(message)
    if not asked_of.strip():
        message = "Say whom the question is for."
        raise UnableToAsk(message)
    query = ClinicQuery(
        review=held,
        administration=given,
        finding_kind=finding_kind,
        template=template.id,
        template_version=template.since,
        text=template.asked(places(given)),
        answer_kind=template.answer,
        field=template.field,
        choices=list(template.choices),
        asked_of=asked_of.strip(),
        asked_by=user,
        asked_by_name=audit.name_of(user),
        asked_at=at,
        expires_date=today + timedelta(days=DAYS_TO_ANSWER),
    )
    try:
        with transaction.atomic():
            query.save()
    except IntegrityError as error:
        message = "This question about this administration is open already."
        raise UnableToAsk(message) from error
    hold.save_act(
        held,
        tag=Tag.QUERY_ASKED,
        at=at,
        user=user,
        object_repr=f"{template.title}, {given.drug_name}",
        after={"query": query.pk, "template": template.id, "asked_of": query.asked_of, "text": query.text},
    )
    return query


def preview(*, review: Review, administration: str, template_id: str, at: datetime) -> str:
    """The question as it would be asked; empty where there is no such template or administration."""
    template = templates.find(template_id, on=timezone.localdate(at))
    given = _charted(review).filter(external_id=administration).first()
    return template.asked(places(given)) if template and given else ""


@transaction.atomic
def answer(
    *, query: ClinicQuery, answer: str, value: object = None, answered_by: str = "", user: User, at: datetime
) -> ClinicQuery:
    """The clinic's answer is recorded, by whoever works reviews or takes in; `answered_by` is who gave it.

    A `value` for the question's field is charted as an addendum and the encounter coded again. A pended review wakes.
    Raises PermissionDenied, UnableToAnswer.
    """
    if not (user.has_perm(READ) and (user.has_perm(WORK) or user.has_perm(TAKE_IN))):
        message = "Recording an answer needs the permission to work reviews or to take in."
        raise PermissionDenied(message)
    coding.lock(encounter_id=query.review.encounter_id)
    held = hold.lock(query.review, user)
    asked = _lock_open(query)
    if not answer.strip():
        message = "Write down what the clinic answered."
        raise UnableToAnswer(message)
    if value is not None and value != "":
        if not asked.field:
            message = "This question is answered in words."
            raise UnableToAnswer(message)
        asked.addendum = _charted_answer(held, asked, value, answer.strip(), user=user, at=at)
    asked.state, asked.answer, asked.closed_at = QueryState.ANSWERED, answer.strip(), at
    asked.answered_by_name = answered_by.strip() or asked.asked_of
    asked.recorded_by = user
    asked.save()
    said = {"answer": asked.answer, "by": asked.answered_by_name}
    _record(held, asked, Tag.QUERY_ANSWERED, at=at, user=user, after=said)
    _wake(held, at, f"answered: {asked.answer}")
    if asked.addendum and not preparation.code(
        encounter_id=held.encounter_id, at=at, trigger=CodingRun.Trigger.ADDENDUM
    ):
        message = "Not recorded: with this value the encounter could not be coded."
        raise UnableToAnswer(message)
    return asked


@transaction.atomic
def withdraw(*, query: ClinicQuery, reason: str, user: User, at: datetime) -> ClinicQuery:
    """Nobody need answer any more.

    Raises PermissionDenied, UnableToAsk without a reason, UnableToAnswer when it is closed.
    """
    hold.require(user, WORK)
    held = hold.lock(query.review, user)
    asked = _lock_open(query)
    if not reason.strip():
        message = "Say why the question is withdrawn."
        raise UnableToAsk(message)
    asked.state, asked.closing_reason, asked.closed_at = QueryState.WITHDRAWN, reason.strip(), at
    asked.save()
    _record(held, asked, Tag.QUERY_WITHDRAWN, at=at, user=user, reason=reason.strip())
    return asked


@transaction.atomic
def expire_due(*, on: date, at: datetime) -> int:
    """Questions whose last day has passed are closed and what waited for them wakes; how many they were."""
    due = ClinicQuery.objects.filter(state=QueryState.OPEN, expires_date__lt=on).select_related("review")
    count = 0
    # Whoever holds several reviews takes them in this order: nobody waits in a circle.
    for query in due.order_by("review_id", "pk"):
        held = hold.lock(query.review, None)
        asked = ClinicQuery.objects.select_for_update().get(pk=query.pk)
        if asked.state != QueryState.OPEN:
            continue
        asked.state, asked.closed_at = QueryState.EXPIRED, at
        asked.save()
        _record(held, asked, Tag.QUERY_EXPIRED, at=at, user=None)
        _wake(held, at, "a question to the clinic expired")
        count += 1
    return count


def queries(*, user: User, state: QueryState | str = QueryState.OPEN) -> QuerySet[ClinicQuery]:
    """Questions in a state, the first to expire first. Raises PermissionDenied without the right to read encounters."""
    if not user.has_perm(READ):
        message = "Reading questions needs the permission “view encounter”."
        raise PermissionDenied(message)
    rows = ClinicQuery.objects.filter(seen_by(user, "review__location"), state=state)
    order = ("expires_date", "pk") if state == QueryState.OPEN else ("-closed_at", "-pk")
    return rows.select_related("review__encounter__patient", "administration", "addendum").order_by(*order)


def places(given: DrugAdministration) -> Mapping[str, str]:
    """What the chart says for the places of a question: addenda count, nothing is guessed."""
    said = addenda.statement(given)
    zone = ZoneInfo(given.encounter.time_zone)
    dose = _amount(said)
    day = said.started_at or said.stopped_at
    shown = day.astimezone(zone).date() if day else given.encounter.date_of_service
    return {
        "drug": said.drug_name,
        "dose": f" {dose}" if dose else "",
        "dose_or_none": dose or "not there",
        "date": f"{shown.day} {shown:%B %Y}",
        "start": f"{said.started_at.astimezone(zone):%H:%M}" if said.started_at else UNTOLD,
        "stop": f"{said.stopped_at.astimezone(zone):%H:%M}" if said.stopped_at else UNTOLD,
        "access": f", over access {said.access}" if said.access else "",
    }


def _amount(said: Statement) -> str:
    return "" if said.dose_amount is None else f"{said.dose_amount.normalize():,f} {said.dose_unit}".strip()


def _charted(review: Review) -> QuerySet[DrugAdministration]:
    rows = DrugAdministration.objects.filter(encounter=review.encounter_id)
    return rows.select_related("encounter", "drug", "product", "access", "order").prefetch_related(
        "pauses", "containers", "addenda"
    )


def _lock_open(query: ClinicQuery) -> ClinicQuery:
    asked = ClinicQuery.objects.select_for_update().get(pk=query.pk)
    if asked.state != QueryState.OPEN:
        message = f"Not saved: this question is {asked.get_state_display().lower()} already."
        raise UnableToAnswer(message)
    return asked


def _charted_answer(
    held: Review, asked: ClinicQuery, value: object, words: str, *, user: User, at: datetime
) -> Addendum:
    given = _charted(held).get(pk=asked.administration_id)
    reason = f"Answer of {asked.asked_of} to question {asked.pk}: {words}"
    try:
        return intake.add_addendum(
            administration=given, changes={asked.field: value}, reason=reason, author=user, at=at
        )
    except intake.UnableToAddAddendum as error:
        raise UnableToAnswer(str(error)) from error


def _record(
    held: Review,
    asked: ClinicQuery,
    tag: Tag,
    *,
    at: datetime,
    user: User | None,
    after: Mapping[str, object] | None = None,
    reason: str = "",
) -> None:
    hold.save_act(
        held,
        tag=tag,
        at=at,
        user=user,
        object_repr=f"question {asked.pk}",
        before={"state": QueryState.OPEN},
        after={"query": asked.pk, "state": asked.state, **(after or {})},
        reason=reason,
    )


def _wake(held: Review, at: datetime, reason: str) -> None:
    if held.state == ReviewState.PENDED:
        states.wake_up(held, at=at, user=None, reason=reason)
