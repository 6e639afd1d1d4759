"""Studies of what a change would do, and the overpayments found; leads, auditors and policy owners may ask."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PERMISSION = ("study_impact", "Can study what a change would do, and list overpayments")
GROUPS = ("lead", "auditor", "policy_owner")


def guards(table: str) -> migrations.RunSQL:
    """The two triggers of a table that only grows, as 0002 gives them to the first of them."""
    return migrations.RunSQL(
        f"CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON encounters_{table} "
        "FOR EACH ROW EXECUTE FUNCTION encounters_refuse_rewrite();"
        f"CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON encounters_{table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION encounters_refuse_rewrite();",
        f"DROP TRIGGER guard ON encounters_{table}; DROP TRIGGER guard_truncate ON encounters_{table};",
    )


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The permission exists, and the groups hold it."""
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="encounters", model="impactstudy"
    )
    codename, name = PERMISSION
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": name}
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.add(permission)


def disallow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Nobody holds it."""
    apps.get_model("auth", "Permission").objects.filter(codename=PERMISSION[0]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("encounters", "0018_sites"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ImpactStudy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("proposed", models.CharField(max_length=300)),
                ("overrides", models.JSONField(blank=True, default=dict)),
                ("files", models.JSONField(blank=True, default=dict)),
                ("rulebook_version", models.CharField(max_length=64)),
                ("first_date", models.DateField(blank=True, null=True)),
                ("until_date", models.DateField(blank=True, null=True)),
                ("identified_date", models.DateField(blank=True, null=True)),
                ("requested_by_name", models.CharField(max_length=150)),
                ("requested_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for the worker"),
                            ("running", "Being worked out"),
                            ("finished", "Finished"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("begun_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("to_look_at", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("looked_at", models.PositiveIntegerField(default=0)),
                ("open_changed", models.PositiveIntegerField(default=0)),
                ("accepted_changed", models.PositiveIntegerField(default=0)),
                ("lines_changed", models.PositiveIntegerField(default=0)),
                ("findings_only", models.PositiveIntegerField(default=0)),
                ("dollars_before", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                ("dollars_after", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "permissions": [("study_impact", "Can study what a change would do, and list overpayments")],
            },
        ),
        migrations.CreateModel(
            name="IdentifiedOverpayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("accepted_at", models.DateTimeField()),
                ("lines", models.JSONField()),
                ("dollars", models.DecimalField(decimal_places=2, max_digits=14)),
                (
                    "unpriced",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), blank=True, default=list, size=None
                    ),
                ),
                ("return_by", models.DateField()),
                (
                    "encounter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overpayments",
                        to="encounters.encounter",
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overpayments",
                        to="encounters.impactstudy",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StudiedEncounter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("is_accepted", models.BooleanField()),
                (
                    "before",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None),
                ),
                (
                    "after",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None),
                ),
                ("dollars_before", models.DecimalField(decimal_places=2, max_digits=14)),
                ("dollars_after", models.DecimalField(decimal_places=2, max_digits=14)),
                (
                    "encounter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="encounters.encounter"
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="encounters",
                        to="encounters.impactstudy",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="impactstudy",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "running"))), fields=["id"], name="impact_study_unfinished"
            ),
        ),
        migrations.AddConstraint(
            model_name="impactstudy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True), models.Q(("requested_by_name", ""), _negated=True)
                ),
                name="impact_study_says_what_for",
            ),
        ),
        migrations.AddConstraint(
            model_name="impactstudy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("first_date__isnull", True),
                    ("until_date__isnull", True),
                    ("until_date__gt", models.F("first_date")),
                    _connector="OR",
                ),
                name="impact_study_period_is_not_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="impactstudy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("finished", "failed")), ("finished_at__isnull", True), _connector="XOR"
                ),
                name="impact_study_ends_once",
            ),
        ),
        migrations.AddIndex(
            model_name="identifiedoverpayment",
            index=models.Index(fields=["return_by", "id"], name="overpayments_by_deadline"),
        ),
        migrations.AddConstraint(
            model_name="identifiedoverpayment",
            constraint=models.UniqueConstraint(fields=("study", "encounter"), name="overpayment_once_a_study"),
        ),
        migrations.AddConstraint(
            model_name="studiedencounter",
            constraint=models.UniqueConstraint(fields=("study", "position"), name="studied_encounter_once"),
        ),
        *(guards(table) for table in ("studiedencounter", "identifiedoverpayment")),
        migrations.RunPython(allow, disallow),
    ]
