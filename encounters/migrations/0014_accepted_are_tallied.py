"""What waits is read from its index alone; what is accepted is tallied as it happens, and never counted again."""

from django.db import migrations, models
from django.db.models import Q

TALLY = """
CREATE FUNCTION encounters_tally_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state = 'accepted' THEN
        INSERT INTO encounters_acceptedtally (change) VALUES (-1);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state = 'accepted' THEN
        INSERT INTO encounters_acceptedtally (change) VALUES (1);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_new AFTER INSERT ON encounters_review FOR EACH ROW
    WHEN (NEW.state = 'accepted') EXECUTE FUNCTION encounters_tally_accepted();
CREATE TRIGGER tally_change AFTER UPDATE OF state ON encounters_review FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION encounters_tally_accepted();
CREATE TRIGGER tally_gone AFTER DELETE ON encounters_review FOR EACH ROW
    WHEN (OLD.state = 'accepted') EXECUTE FUNCTION encounters_tally_accepted();
INSERT INTO encounters_acceptedtally (change) SELECT count(*) FROM encounters_review WHERE state = 'accepted';
"""
NO_TALLY = """
DROP TRIGGER tally_new ON encounters_review;
DROP TRIGGER tally_change ON encounters_review;
DROP TRIGGER tally_gone ON encounters_review;
DROP FUNCTION encounters_tally_accepted();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("encounters", "0013_the_desk"),
    ]

    operations = [
        migrations.CreateModel(
            name="AcceptedTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("change", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(TALLY, NO_TALLY),
        migrations.RemoveIndex(
            model_name="review",
            name="review_open",
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                fields=["state"],
                include=[
                    "id",
                    "claimed_by",
                    "assigned_to",
                    "date_of_service",
                    "due_date",
                    "filing_limit_date",
                    "value_at_stake",
                    "blocks",
                    "warns",
                    "informs",
                ],
                condition=~Q(state="accepted"),
                name="review_open",
            ),
        ),
    ]
