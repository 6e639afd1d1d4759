"""Work in the background: one call each."""

import structlog
from celery import shared_task
from django.utils import timezone

from drugs import selectors

logger = structlog.get_logger(__name__)


@shared_task
def report_formulary_gaps() -> int:
    """Log what the formulary lacks today, one event a gap, and return how many there are."""
    on = timezone.localdate()
    found = selectors.gaps(on)
    for gap in found:
        logger.warning("formulary_gap", kind=gap.kind.value, drug=gap.drug and gap.drug.pk, detail=gap.detail, on=on)
    return len(found)
