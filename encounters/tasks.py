"""Nudges. What is to be done stands in the database; a task that comes twice, or too late, does no harm."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import islice

import structlog
from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from encounters import impact_studies, recoding
from encounters.audit import checkpoints, verification
from encounters.models import CodingRun, Encounter
from encounters.models.encounter import CodingState
from encounters.review import claims, preparation, queries, states, tally

log = structlog.get_logger(__name__)

NUDGE_AGAIN_AFTER = timedelta(seconds=60)
"""A nudge that was answered by nobody for so long is taken for lost."""
SWEEP_AT_MOST = 2000
NUDGE_AT_MOST = 500
"""A message each: beyond this the sender would wait longer for the messages than for the import."""

RECODE_AT_ONCE = 200
"""A task that takes no longer than some seconds, so that others have their turn."""


@shared_task(acks_late=True)
def code_encounter(*, encounter_id: int) -> None:
    """The encounter is coded if it is pending."""
    preparation.code(encounter_id=encounter_id, at=timezone.now())


def nudge(*, encounter_ids: Iterable[int]) -> None:
    """These are to be coded soon, beyond NUDGE_AT_MOST by the sweep, which finds them without a broker as well."""
    wanted = list(islice(encounter_ids, NUDGE_AT_MOST))

    def send() -> None:
        for encounter_id in wanted:
            try:
                code_encounter.delay(encounter_id=encounter_id)
            except OperationalError as error:
                # The next one would only wait as long for the same broker.
                log.warning("no broker, left to the sweep", error=type(error).__name__)
                return

    transaction.on_commit(send, robust=True)


@shared_task(acks_late=True)
def sweep_pending() -> None:
    """Every pending encounter that nobody nudged lately is nudged: a lost nudge loses nothing."""
    now = timezone.now()
    then = now - NUDGE_AGAIN_AFTER
    overdue = Q(nudged_at__lte=then) | Q(nudged_at__isnull=True, received_at__lte=then)
    waiting = Encounter.objects.filter(overdue, coding_state=CodingState.PENDING)
    for encounter_id in waiting.order_by("received_at", "pk").values_list("pk", flat=True)[:SWEEP_AT_MOST]:
        # Two sweeps at once: whoever moves the time first sends the nudge.
        if waiting.filter(pk=encounter_id).update(nudged_at=now):
            code_encounter.delay(encounter_id=encounter_id)


@shared_task(acks_late=True)
def release_expired_claims() -> None:
    """Claims without a heartbeat are free, and the tally of what is accepted is short."""
    claims.release_expired(at=timezone.now())
    tally.compact()


@shared_task(acks_late=True)
def wake_pended() -> None:
    """Reviews whose day has come wait for a coder again."""
    now = timezone.now()
    states.wake_due(on=timezone.localdate(now), at=now)


@shared_task(acks_late=True)
def expire_queries() -> None:
    """Questions to the clinic that nobody answered in time are closed, and what waited for them wakes."""
    now = timezone.now()
    queries.expire_due(on=timezone.localdate(now), at=now)


@shared_task(acks_late=True)
def write_checkpoint() -> None:
    """The heads of the trail stand outside the database."""
    checkpoints.write(at=timezone.now())


@shared_task(acks_late=True)
def verify_trail() -> None:
    """The whole trail is read; what was found stands in it."""
    found = verification.verify_and_record(at=timezone.now())
    if not found.is_sound:
        log.error("the trail was tampered with", findings=len(found.findings))


@shared_task(acks_late=True)
def recode(*, recoding_id: int) -> None:
    """Some of its encounters are coded again; while there are more, the next task is sent."""
    if recoding.code_some(recoding_id=recoding_id, most=RECODE_AT_ONCE, at=timezone.now()):
        recode.delay(recoding_id=recoding_id)


def nudge_recoding(*, recoding_id: int) -> None:
    """It is to begin soon; without a broker the sweep begins it."""

    def send() -> None:
        try:
            recode.delay(recoding_id=recoding_id)
        except OperationalError as error:
            log.warning("no broker, left to the sweep", error=type(error).__name__)

    transaction.on_commit(send, robust=True)


def code_again(*, encounter_ids: Collection[int], since: datetime | None, reason: str, by: User, at: datetime) -> None:
    """These, and open ones that were coded from `since` on, are coded again because the formulary changed.

    In the transaction of the change.
    """
    wanted = {*encounter_ids, *(recoding.open_and_coded(since=since) if since else ())}
    if not wanted:
        return
    asked = recoding.request(encounter_ids=wanted, trigger=CodingRun.Trigger.RELEASE, reason=reason, by=by, at=at)
    nudge_recoding(recoding_id=asked.pk)


@shared_task(acks_late=True)
def sweep_recodings() -> None:
    """Every recoding with something left gets on: a lost nudge loses nothing."""
    for recoding_id in recoding.unfinished():
        recoding.code_some(recoding_id=recoding_id, most=RECODE_AT_ONCE, at=timezone.now())


@shared_task(acks_late=True)
def study_impact(*, study_id: int) -> None:
    """What the study asks is worked out, if nobody does so already."""
    if not impact_studies.begin(study_id=study_id, at=timezone.now()):
        return
    try:
        impact_studies.work_out(study_id=study_id, now=timezone.now)
    except SoftTimeLimitExceeded:
        error = "It takes longer than a task may: ask for fewer dates of service at once."
        impact_studies.fail(study_id=study_id, error=error, at=timezone.now())


def nudge_study(*, study_id: int) -> None:
    """It is to begin soon; without a broker the sweep begins it."""

    def send() -> None:
        try:
            study_impact.delay(study_id=study_id)
        except OperationalError as error:
            log.warning("no broker, left to the sweep", error=type(error).__name__)

    transaction.on_commit(send, robust=True)


@shared_task(acks_late=True)
def sweep_studies() -> None:
    """Every study that nobody works on is begun: a lost nudge loses nothing."""
    for study_id in impact_studies.unfinished(at=timezone.now()):
        study_impact.delay(study_id=study_id)
