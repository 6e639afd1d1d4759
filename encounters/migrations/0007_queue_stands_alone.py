import datetime as dt

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("encounters", "0006_waiting_keeps_changed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RoutingRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "family",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("chemo", "Chemo"),
                            ("therapeutic", "Therapeutic"),
                            ("hydration", "Hydration"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=30)),
                (
                    "tab",
                    models.CharField(
                        choices=[
                            ("open", "All open"),
                            ("mine", "Mine"),
                            ("ready", "Ready"),
                            ("warnings", "Warnings"),
                            ("pended", "Pended"),
                            ("second_review", "Second review"),
                            ("changed", "Changed since accepted"),
                            ("accepted", "Accepted"),
                        ],
                        default="open",
                        max_length=14,
                    ),
                ),
                ("search", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="Skill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="review",
            name="review_state_due",
        ),
        migrations.RemoveIndex(
            model_name="review",
            name="review_tabs",
        ),
        migrations.RemoveIndex(
            model_name="review",
            name="review_claimed_by",
        ),
        migrations.RemoveIndex(
            model_name="review",
            name="review_accepted_at",
        ),
        migrations.AddField(
            model_name="review",
            name="date_of_service",
            field=models.DateField(default=dt.date(1970, 1, 1)),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="review",
            name="families",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=12), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="location",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="encounters.location",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="payer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="encounters.payer",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="rule_path",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("state", "accepted"), _negated=True),
                fields=["state"],
                include=(
                    "claimed_by",
                    "assigned_to",
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
                condition=models.Q(("lease_until__isnull", False)), fields=["lease_until"], name="review_leases"
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("state", "accepted")), fields=["-accepted_at", "-id"], name="review_accepted_at"
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(condition=models.Q(("state", "ready")), fields=["rule_path"], name="review_rule_path"),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="location",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="encounters.location"
            ),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="payer",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="encounters.payer"
            ),
        ),
        migrations.AddField(
            model_name="savedfilter",
            name="location",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to="encounters.location"
            ),
        ),
        migrations.AddField(
            model_name="savedfilter",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="queue_filters", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="savedfilter",
            name="payer",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to="encounters.payer"
            ),
        ),
        migrations.AddField(
            model_name="skill",
            name="people",
            field=models.ManyToManyField(blank=True, related_name="skills", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="skill",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="encounters.skill"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(fields=("owner", "name"), name="saved_filter_name_once"),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="saved_filter_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("tab__in", ["open", "mine", "ready", "warnings", "pended", "second_review", "changed", "accepted"])
                ),
                name="saved_filter_tab_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="skill",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="skill_has_a_name"),
        ),
        migrations.AddConstraint(
            model_name="routingrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("payer__isnull", False),
                    ("location__isnull", False),
                    models.Q(("family", ""), _negated=True),
                    _connector="OR",
                ),
                name="routing_rule_fits_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="routingrule",
            constraint=models.UniqueConstraint(
                fields=("payer", "location", "family", "skill"), name="routing_rule_once", nulls_distinct=False
            ),
        ),
    ]
