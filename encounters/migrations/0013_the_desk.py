"""Sights, notes and questions to the clinic; what a pended and a twice reviewed encounter remember."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


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
        ("encounters", "0012_references_of_earlier_runs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="addendum",
            name="before",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="addendum",
            name="withdraws",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="withdrawn_by",
                to="encounters.addendum",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="first_coding",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="review",
            name="pended_run",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="encounters.codingrun",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="woken_because",
            field=models.TextField(blank=True),
        ),
        migrations.CreateModel(
            name="ClinicQuery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("finding_kind", models.CharField(blank=True, max_length=32)),
                ("template", models.CharField(max_length=60)),
                ("template_version", models.DateField()),
                ("text", models.TextField()),
                ("answer_kind", models.CharField(max_length=8)),
                ("field", models.CharField(blank=True, max_length=30)),
                ("choices", models.JSONField(blank=True, default=list)),
                ("asked_of", models.CharField(max_length=120)),
                ("asked_by_name", models.CharField(max_length=150)),
                ("asked_at", models.DateTimeField()),
                ("expires_date", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("answered", "Answered"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("answer", models.TextField(blank=True)),
                ("answered_by_name", models.CharField(blank=True, max_length=150)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("closing_reason", models.TextField(blank=True)),
                (
                    "addendum",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="encounters.addendum",
                    ),
                ),
                (
                    "administration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="queries",
                        to="encounters.drugadministration",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="queries", to="encounters.review"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "open")), fields=["expires_date"], name="query_open"),
                    models.Index(fields=["-closed_at"], name="query_closed"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "answered", "withdrawn", "expired"])),
                        name="query_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text", ""), _negated=True), models.Q(("asked_of", ""), _negated=True)
                        ),
                        name="query_asks_somebody_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("closed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="query_is_closed_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "answered"), _negated=True),
                            models.Q(
                                models.Q(("answer", ""), _negated=True),
                                models.Q(("answered_by_name", ""), _negated=True),
                                ("recorded_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="query_answer_says_what_and_who",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "withdrawn"), _negated=True),
                            models.Q(("closing_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="query_withdrawal_says_why",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("administration", "template"),
                        name="query_asked_once_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "anchor_kind",
                    models.CharField(
                        choices=[
                            ("encounter", "the encounter"),
                            ("line", "a line"),
                            ("administration", "an administration"),
                            ("finding", "a finding"),
                        ],
                        default="encounter",
                        max_length=14,
                    ),
                ),
                ("anchor", models.CharField(blank=True, max_length=400)),
                ("anchor_words", models.CharField(blank=True, max_length=200)),
                ("text", models.TextField()),
                ("author_name", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="encounters.note",
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="encounters.review"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("text", ""), _negated=True), name="note_says_something"),
                    models.CheckConstraint(
                        condition=models.Q(("anchor_kind__in", ["encounter", "line", "administration", "finding"])),
                        name="note_anchor_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("anchor", ""), ("anchor_kind", "encounter")),
                            models.Q(
                                models.Q(("anchor_kind", "encounter"), _negated=True),
                                models.Q(("anchor", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="note_names_its_anchor",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sight",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("administration", models.CharField(max_length=80)),
                ("said", models.TextField(blank=True)),
                ("seen_by_name", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sights", to="encounters.review"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="encounters.codingrun"
                    ),
                ),
                (
                    "seen_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("review", "run", "administration", "seen_by"), name="sight_once_a_run"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("administration", ""), _negated=True), name="sight_names_what"
                    ),
                ],
            },
        ),
        guards("note"),
        guards("sight"),
    ]
