"""The rules behind a coded line stand in its row; those of earlier lines are read off the results that hold them."""

import django.contrib.postgres.fields
from django.db import migrations, models

# The guard refuses every change of these rows. This one adds what the stored result of the same run says already.
FILL = """
ALTER TABLE encounters_codedline DISABLE TRIGGER guard;
UPDATE encounters_codedline AS kept
SET rules = said.rules
FROM (
    SELECT run.id AS run_id, line.value->>'key' AS key, ARRAY(
        SELECT step.value->>'rule' FROM jsonb_array_elements(line.value->'steps') WITH ORDINALITY AS step(value, place)
        WHERE step.value->>'rule' <> '' GROUP BY 1 ORDER BY min(step.place)
    ) AS rules
    FROM encounters_codingrun AS run
    CROSS JOIN LATERAL jsonb_array_elements(run.result::jsonb->'lines') AS line(value)
) AS said
WHERE said.run_id = kept.run_id AND said.key = kept.key;
ALTER TABLE encounters_codedline ENABLE TRIGGER guard;
"""


class Migration(migrations.Migration):
    """A column, and its values for the rows that are there."""

    dependencies = [("encounters", "0019_what_a_change_would_do")]

    operations = [
        migrations.AddField(
            model_name="codedline",
            name="rules",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), blank=True, default=list, size=None
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
