import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("drugs", "0003_sizes_by_route"),
    ]

    operations = [
        migrations.CreateModel(
            name="StatusIndicator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=300)),
                ("effective_from", models.DateField()),
                ("effective_until", models.DateField(blank=True, null=True)),
                ("indicator", models.CharField(max_length=2)),
                ("apc", models.CharField(blank=True, max_length=5)),
                ("payment_rate", models.DecimalField(blank=True, decimal_places=3, max_digits=14, null=True)),
                ("pass_through_until", models.DateField(blank=True, null=True)),
                (
                    "hcpcs",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="status_indicators",
                        to="drugs.hcpcscode",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="drugs.formularyrelease"
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="drugs.formularyrelease",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True), name="statusindicator_names_its_source"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_until__isnull", True),
                            ("effective_until__gt", models.F("effective_from")),
                            _connector="OR",
                        ),
                        name="statusindicator_period_is_not_empty",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("withdrawn_by__isnull", True)),
                        expressions=[
                            ("hcpcs", "="),
                            (
                                models.Func(
                                    models.F("effective_from"),
                                    models.F("effective_until"),
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                    function="DATERANGE",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="status_indicator_periods_do_not_overlap",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("indicator__regex", "^[A-Z][0-9]?$")), name="status_indicator_has_its_form"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("payment_rate__isnull", True), ("payment_rate__gte", 0), _connector="OR"),
                        name="payment_rate_is_not_negative",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON drugs_statusindicator "
            "FOR EACH ROW EXECUTE FUNCTION drugs_only_withdraw();",
            "DROP TRIGGER guard ON drugs_statusindicator;",
        ),
    ]
