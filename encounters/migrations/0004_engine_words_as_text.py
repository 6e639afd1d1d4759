"""Words of the engine are text, and a check no longer lets NULL units pass: what is not known fails no check."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("encounters", "0003_groups"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="linedecision",
            name="decision_for_a_line_has_its_values",
        ),
        migrations.AlterField(
            model_name="codedline",
            name="family",
            field=models.CharField(max_length=12),
        ),
        migrations.AlterField(
            model_name="codedline",
            name="role",
            field=models.CharField(max_length=16),
        ),
        migrations.AlterField(
            model_name="runfinding",
            name="kind",
            field=models.CharField(max_length=32),
        ),
        migrations.AlterField(
            model_name="runfinding",
            name="severity",
            field=models.CharField(max_length=8),
        ),
        migrations.AddConstraint(
            model_name="linedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("action__in", ["accepted", "overridden", "added"]), _negated=True),
                    models.Q(
                        models.Q(("code", ""), _negated=True),
                        ("date_of_service__isnull", False),
                        ("units__gte", 1),
                        ("units__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="decision_for_a_line_has_its_values",
            ),
        ),
    ]
