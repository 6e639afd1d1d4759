"""Each event gets a place in a chain, each rulebook that coded something is kept; neither is ever rewritten."""

import django.db.models.deletion
from django.db import migrations, models

APPEND_ONLY = ("auditseal", "auditpurge", "rulebookfile", "rulebookversion")


def guards(table: str) -> migrations.RunSQL:
    """The two triggers of one table, as in 0002."""
    return migrations.RunSQL(
        f"CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON encounters_{table} "
        "FOR EACH ROW EXECUTE FUNCTION encounters_refuse_rewrite();"
        f"CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON encounters_{table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION encounters_refuse_rewrite();",
        f"DROP TRIGGER guard ON encounters_{table}; DROP TRIGGER guard_truncate ON encounters_{table};",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("encounters", "0008_queue_columns_of_old_reviews"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="seal",
                        serialize=False,
                        to="encounters.auditevent",
                    ),
                ),
                ("stream", models.BigIntegerField()),
                ("sequence", models.PositiveBigIntegerField()),
                ("content", models.BinaryField(max_length=32)),
                ("link", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("stream", "sequence"), name="seal_place_once"),
                    models.CheckConstraint(condition=models.Q(("sequence__gte", 1)), name="seal_counts_from_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RulebookFile",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("content", models.BinaryField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="rulebook_file_digest_is_hex"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RulebookVersion",
            fields=[
                ("version", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("archived_at", models.DateTimeField()),
                ("files", models.JSONField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("version__regex", "^[0-9a-f]{64}$")), name="rulebook_version_is_hex"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditPurge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.BigIntegerField()),
                ("first_sequence", models.PositiveBigIntegerField()),
                ("last_sequence", models.PositiveBigIntegerField()),
                ("link", models.BinaryField(max_length=32)),
                ("proof", models.BinaryField(max_length=32)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="purges", to="encounters.auditevent"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["stream", "-last_sequence"], name="purge_last_of_stream")],
                "constraints": [
                    models.UniqueConstraint(fields=("stream", "first_sequence"), name="purge_of_a_place_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("first_sequence__gte", 1), ("last_sequence__gte", models.F("first_sequence"))
                        ),
                        name="purge_is_a_range",
                    ),
                ],
            },
        ),
        *(guards(table) for table in APPEND_ONLY),
    ]
