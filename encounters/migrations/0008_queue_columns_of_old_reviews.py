"""Reviews from before they stood alone take on what their encounter and run say.

In a migration of its own: PostgreSQL alters no table whose new references are still to be checked. `rule_path` stays
empty, which keeps such a review out of bulk acceptance until its next run.
"""

from django.db import migrations

FILL = """
UPDATE encounters_review AS review
SET date_of_service = encounter.date_of_service, payer_id = encounter.payer_id, location_id = encounter.location_id,
    families = coalesce((SELECT array_agg(DISTINCT line.family ORDER BY line.family)
                         FROM encounters_codedline AS line WHERE line.run_id = review.run_id), '{}')
FROM encounters_encounter AS encounter
WHERE encounter.id = review.encounter_id;
"""


class Migration(migrations.Migration):
    """Only rows."""

    dependencies = [("encounters", "0007_queue_stands_alone")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
