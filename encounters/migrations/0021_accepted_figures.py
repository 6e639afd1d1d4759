"""What became of the lines of an acceptance, and how long it was in hands, stand in its review.

Reviews accepted before take it from their final lines, decisions and trail.
"""

from django.conf import settings
from django.db import migrations, models

FILL = """
UPDATE encounters_review AS review
SET lines_untouched = said.untouched, lines_edited = said.edited, lines_added = said.added,
    lines_rejected = said.rejected, active_seconds = said.active
FROM (
    SELECT r.id, f.untouched, f.edited, f.added, x.rejected, t.active
    FROM encounters_review r
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE origin = 'suggested') AS untouched,
            count(*) FILTER (WHERE origin = 'overridden') AS edited, count(*) FILTER (WHERE origin = 'added') AS added
        FROM encounters_finalline WHERE review_id = r.id AND acceptance = r.acceptances
    ) f
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT d.line_key) AS rejected FROM encounters_linedecision d
        JOIN encounters_codedline c ON c.run_id = d.run_id AND c.key = d.line_key
        WHERE d.review_id = r.id AND d.run_id = r.accepted_run_id AND d.action = 'rejected'
          AND NOT EXISTS (SELECT FROM encounters_linedecision u WHERE u.undoes_id = d.id)
          AND NOT EXISTS (
            SELECT FROM encounters_finalline b
            WHERE b.review_id = r.id AND b.acceptance = r.acceptances AND b.line_key = d.line_key
          )
    ) x
    CROSS JOIN LATERAL (
        SELECT round(sum(extract(epoch FROM ended - at)))::int AS active FROM (
            SELECT tag, at, lead(at) OVER (ORDER BY id) AS ended FROM encounters_auditevent
            WHERE encounter_id = r.encounter_id AND at <= r.accepted_at AND tag IN (
                'review:encounter:claimed', 'review:encounter:released', 'review:encounter:accepted',
                'review:encounter:pended', 'review:encounter:sent_to_second_review', 'review:encounter:returned')
        ) turns WHERE tag = 'review:encounter:claimed'
    ) t
    WHERE r.acceptances > 0 AND r.accepted_at IS NOT NULL
) AS said
WHERE said.id = review.id;
"""


class Migration(migrations.Migration):
    """Columns, their values for what was accepted before, and the indexes that hold them."""

    dependencies = [
        ("encounters", "0020_rules_of_coded_lines"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="review",
            name="review_accepted_at",
        ),
        migrations.RemoveIndex(
            model_name="review",
            name="review_open",
        ),
        migrations.AddField(
            model_name="review",
            name="active_seconds",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="review",
            name="lines_added",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="review",
            name="lines_edited",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="review",
            name="lines_rejected",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="review",
            name="lines_untouched",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("tag", "review:encounter:pended")), fields=["at"], name="event_pended"
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("state", "accepted"), _negated=True),
                fields=["state"],
                include=(
                    "id",
                    "claimed_by",
                    "assigned_to",
                    "location",
                    "date_of_service",
                    "due_date",
                    "filing_limit_date",
                    "value_at_stake",
                    "blocks",
                    "warns",
                    "informs",
                ),
                name="review_open",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("state", "accepted")),
                fields=["-accepted_at", "-id"],
                include=(
                    "accepted_by",
                    "payer",
                    "location",
                    "lines_untouched",
                    "lines_edited",
                    "lines_added",
                    "lines_rejected",
                    "active_seconds",
                ),
                name="review_accepted_at",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(
                    ("state", "accepted"),
                    models.Q(
                        ("lines_edited__gt", 0), ("lines_added__gt", 0), ("lines_rejected__gt", 0), _connector="OR"
                    ),
                ),
                fields=["accepted_at"],
                name="review_with_changed_lines",
            ),
        ),
    ]
