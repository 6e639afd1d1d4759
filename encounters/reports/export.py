"""A report as a file."""

import csv
import io
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from drugs.cms.cells import inert
from encounters.audit import Tag, record
from encounters.reports.asked import Asked, asked_by
from encounters.reports.figures import figures


@transaction.atomic
def export(asked: Asked, *, user: User, at: datetime) -> str:
    """Every section as CSV, one after the other; that it was taken out is recorded. Raises PermissionDenied."""
    asked = asked_by(user, asked)
    found = figures(asked, on=timezone.localdate(at))
    said = {
        "since": asked.since,
        "until": asked.last_day,
        "payer": asked.payer,
        "site": asked.site,
        "coder": asked.coder,
        "sites": list(asked.sites),
    }
    record(
        tag=Tag.REPORT_EXPORTED,
        at=at,
        actor=user,
        object_repr="work in numbers",
        after={name: value for name, value in said.items() if value},
    )
    text = io.StringIO()
    lines = csv.writer(text)
    for table in found.tables:
        lines.writerow(["section", *table.columns])
        lines.writerows([table.title, *(inert(cell) for cell in row)] for row in table.rows)
        lines.writerow([])
    return text.getvalue()
