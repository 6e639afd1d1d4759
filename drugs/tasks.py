"""Work in the background: one call each."""

import structlog
from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from drugs import selectors
from drugs.formulary import imports

logger = structlog.get_logger(__name__)


@shared_task
def report_formulary_gaps() -> int:
    """Log what the formulary lacks today, one event a gap, and return how many there are."""
    on = timezone.localdate()
    found = selectors.gaps(on)
    for gap in found:
        logger.warning("formulary_gap", kind=gap.kind.value, drug=gap.drug and gap.drug.pk, detail=gap.detail, on=on)
    return len(found)


@shared_task(acks_late=True)
def read_import(*, import_id: int) -> None:
    """The import is read and compared if it waits for that; what it would do to encounters is counted next."""
    if imports.read(import_id=import_id, at=timezone.now()):
        count_affected.delay(import_id=import_id)


@shared_task(acks_late=True)
def count_affected(*, import_id: int) -> None:
    """The encounters that an open import would change are counted."""
    imports.count_affected(import_id=import_id, at=timezone.now())


def nudge_count(*, import_id: int) -> None:
    """A worker is told to count once it is stored what has changed; without a broker the sweep finds it."""

    def send() -> None:
        try:
            count_affected.delay(import_id=import_id)
        except OperationalError as error:
            logger.warning("no broker, left to the sweep", error=type(error).__name__)

    transaction.on_commit(send, robust=True)


def nudge_import(*, import_id: int) -> None:
    """A worker is told of the import once it is stored; without a broker the sweep finds it."""

    def send() -> None:
        try:
            read_import.delay(import_id=import_id)
        except OperationalError as error:
            logger.warning("no broker, left to the sweep", error=type(error).__name__)

    transaction.on_commit(send, robust=True)


@shared_task(acks_late=True)
def sweep_imports() -> None:
    """Every import that waits for a worker and whose nudge was lost is nudged again."""
    for import_id in imports.waiting_for_a_worker(at=timezone.now()):
        read_import.delay(import_id=import_id)
    for import_id in imports.waiting_to_be_counted(at=timezone.now()):
        count_affected.delay(import_id=import_id)
