"""Samples of accepted encounters, their blind reviews, and what is said of the differences."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = ("sample", "sampleitem", "sampleaudit", "samplelock", "auditedline", "sampleruling")


def guards(table: str) -> migrations.RunSQL:
    """The two triggers of a table that only grows, as 0002 gives them to the first of them."""
    return migrations.RunSQL(
        f"CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON encounters_{table} "
        "FOR EACH ROW EXECUTE FUNCTION encounters_refuse_rewrite();"
        f"CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON encounters_{table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION encounters_refuse_rewrite();",
        f"DROP TRIGGER guard ON encounters_{table}; DROP TRIGGER guard_truncate ON encounters_{table};",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("encounters", "0015_own_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Sample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("definition", models.JSONField()),
                ("frame", models.TextField()),
                ("frame_hash", models.CharField(max_length=64)),
                ("frame_size", models.PositiveIntegerField()),
                (
                    "stratified_by",
                    models.CharField(
                        choices=[
                            ("none", "nothing"),
                            ("payer", "payer"),
                            ("coder", "coder"),
                            ("setting", "setting"),
                            ("value", "value"),
                        ],
                        default="none",
                        max_length=8,
                    ),
                ),
                (
                    "allocation",
                    models.CharField(
                        choices=[
                            ("proportional", "in proportion to the encounters"),
                            ("neyman", "by encounters and spread of their value (Neyman)"),
                            ("equal", "the same of each"),
                        ],
                        default="proportional",
                        max_length=12,
                    ),
                ),
                ("sizes", models.JSONField()),
                ("size", models.PositiveIntegerField()),
                ("size_reason", models.TextField()),
                ("planned_for", models.JSONField(default=dict)),
                ("confidence", models.DecimalField(decimal_places=3, max_digits=4)),
                ("seed", models.CharField(max_length=64)),
                ("algorithm", models.CharField(max_length=40)),
                ("drawn_by_name", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "drawn_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SampleItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("acceptance", models.PositiveSmallIntegerField()),
                ("coder_name", models.CharField(max_length=150)),
                ("stratum", models.CharField(max_length=150)),
                ("key", models.CharField(max_length=64)),
                (
                    "coder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "encounter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sample_items",
                        to="encounters.encounter",
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="encounters.review"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="encounters.codingrun"
                    ),
                ),
                (
                    "sample",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="encounters.sample"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SampleAudit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveSmallIntegerField()),
                ("auditor_name", models.CharField(max_length=150)),
                ("had_seen", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                (
                    "auditor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sample_audits",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="audits", to="encounters.sampleitem"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SampleLock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "audit",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lock", to="encounters.sampleaudit"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AuditedLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("code", models.CharField(max_length=5)),
                ("units", models.PositiveIntegerField()),
                (
                    "modifiers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2), blank=True, default=list, size=None
                    ),
                ),
                ("date_of_service", models.DateField()),
                ("drugs", models.CharField(blank=True, max_length=200)),
                ("words", models.CharField(blank=True, max_length=400)),
                (
                    "lock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="encounters.samplelock"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SampleRuling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("conceded", "agrees with the final line"),
                            ("disagreed", "disagrees"),
                            ("rebutted", "rebutted by the coder"),
                            ("escalated", "escalated"),
                            ("upheld", "upheld by a lead"),
                            ("overturned", "overturned by a lead"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField()),
                ("actor_name", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "audit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rulings", to="encounters.sampleaudit"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(fields=["-at", "-id"], name="sample_newest"),
        ),
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("name", ""), _negated=True), models.Q(("size_reason", ""), _negated=True)),
                name="sample_says_what_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.CheckConstraint(
                condition=models.Q(("size__gte", 1), ("size__lte", models.F("frame_size"))),
                name="sample_fits_its_frame",
            ),
        ),
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.CheckConstraint(
                condition=models.Q(("frame_hash__regex", "^[0-9a-f]{64}$")), name="sample_frame_hash_is_hex"
            ),
        ),
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.CheckConstraint(
                condition=models.Q(("confidence__gte", 0.5), ("confidence__lt", 1)), name="sample_confidence_is_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="sampleitem",
            constraint=models.UniqueConstraint(fields=("sample", "position"), name="sample_item_place_once"),
        ),
        migrations.AddConstraint(
            model_name="sampleitem",
            constraint=models.UniqueConstraint(fields=("sample", "encounter"), name="sample_item_once"),
        ),
        migrations.AddConstraint(
            model_name="sampleaudit",
            constraint=models.UniqueConstraint(fields=("item", "place"), name="sample_audit_place_once"),
        ),
        migrations.AddConstraint(
            model_name="sampleaudit",
            constraint=models.UniqueConstraint(fields=("item", "auditor"), name="sample_audit_auditor_once"),
        ),
        migrations.AddConstraint(
            model_name="sampleaudit",
            constraint=models.CheckConstraint(
                condition=models.Q(("place__in", [1, 2])), name="sample_audit_by_two_at_most"
            ),
        ),
        migrations.AddConstraint(
            model_name="auditedline",
            constraint=models.UniqueConstraint(fields=("lock", "position"), name="audited_line_place_once"),
        ),
        migrations.AddConstraint(
            model_name="auditedline",
            constraint=models.CheckConstraint(condition=models.Q(("units__gte", 1)), name="audited_line_has_units"),
        ),
        migrations.AddConstraint(
            model_name="auditedline",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[0-9A-Z]{5}$")), name="audited_line_code_is_one"
            ),
        ),
        migrations.AddIndex(
            model_name="sampleruling",
            index=models.Index(fields=["audit", "row"], name="sample_ruling_row"),
        ),
        migrations.AddConstraint(
            model_name="sampleruling",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="sample_ruling_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="sampleruling",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["conceded", "disagreed", "rebutted", "escalated", "upheld", "overturned"])
                ),
                name="sample_ruling_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="sampleruling",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["upheld", "overturned"])),
                fields=("audit", "row"),
                name="sample_ruling_final_once",
            ),
        ),
        *(guards(table) for table in TABLES),
    ]
