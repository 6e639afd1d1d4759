"""The parts of the score that hang on no date are kept in the row, and the index that the queue is sorted by holds them."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, FloatField, IntegerField, Value
from django.db.models.functions import Cast, Greatest, Least, Ln

from encounters.models.score import Days

SHARE = Ln(Cast(Greatest(F("value_at_stake"), Value(0)), FloatField()) + 1.0) / Ln(
    Value(10_000, output_field=FloatField())
)


class Migration(migrations.Migration):
    """The columns, filled by the database, and the index made anew."""

    dependencies = [
        ("encounters", "0022_operators_take_in"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="review", name="review_open"),
        migrations.AddField(
            model_name="review",
            name="score_findings",
            field=models.GeneratedField(
                db_persist=True,
                expression=Least(
                    F("blocks") * 12 + F("warns") * 5 + F("informs") * 1, Value(25), output_field=IntegerField()
                ),
                output_field=IntegerField(),
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="score_value",
            field=models.GeneratedField(
                db_persist=True,
                expression=Cast(
                    Least(Greatest(SHARE, Value(0.0), output_field=FloatField()), Value(1.0), output_field=FloatField())
                    * 20.0,
                    IntegerField(),
                ),
                output_field=IntegerField(),
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="target_days",
            field=models.GeneratedField(
                db_persist=True,
                expression=Greatest(Days(F("due_date"), F("date_of_service")), Value(1), output_field=IntegerField()),
                output_field=IntegerField(),
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
                    "target_days",
                    "score_value",
                    "score_findings",
                    "filing_limit_date",
                ),
                name="review_open",
            ),
        ),
    ]
