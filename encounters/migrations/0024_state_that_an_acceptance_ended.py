"""An acceptance knows the state that it ended, so that undoing it leads back there."""

from django.db import migrations, models

STATES = [
    ("to_decide", "To decide"),
    ("ready", "Ready"),
    ("pended", "Pended"),
    ("second_review", "Second review"),
    ("changed", "Changed since accepted"),
    ("accepted", "Accepted"),
]


class Migration(migrations.Migration):
    """Nothing is known of earlier acceptances: undone, they lead to what is open, as before."""

    dependencies = [("encounters", "0023_score_kept_in_the_row")]

    operations = [
        migrations.AddField(
            model_name="review",
            name="accepted_in",
            field=models.CharField(blank=True, choices=STATES, default="", max_length=14),
            preserve_default=False,
        ),
    ]
