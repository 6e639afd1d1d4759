"""How long an encounter was in hands: from each claim to what ended it, by its trail."""

from datetime import datetime

from django.db import connection

from encounters.audit import Tag
from encounters.models import Encounter

ENDS = (Tag.ENCOUNTER_RELEASED, Tag.ENCOUNTER_ACCEPTED, Tag.ENCOUNTER_PENDED, Tag.ENCOUNTER_SENT_TO_SECOND_REVIEW)
TURNS = (Tag.ENCOUNTER_CLAIMED, *ENDS, Tag.ENCOUNTER_RETURNED)


def active_seconds(encounter: Encounter, *, until: datetime) -> int | None:
    """Seconds that people held the encounter up to the moment its last claim ends, None where nobody claimed it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT round(sum(extract(epoch FROM ended - at)))::int FROM (
                SELECT tag, at, lead(at, 1, %(until)s) OVER (ORDER BY id) AS ended FROM encounters_auditevent
                WHERE encounter_id = %(encounter)s AND tag = ANY(%(turns)s) AND at <= %(until)s
            ) AS turns WHERE tag = %(claimed)s
            """,
            {
                "until": until,
                "encounter": encounter.pk,
                "turns": [str(tag) for tag in TURNS],
                "claimed": str(Tag.ENCOUNTER_CLAIMED),
            },
        )
        row = cursor.fetchone()
    return None if row is None else row[0]
