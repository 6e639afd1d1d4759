"""Suggestions wrong on purpose: marked, and refused by the database wherever something would leave."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

REFUSE = """
CREATE FUNCTION encounters_refuse_seeded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE named bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
BEGIN
    IF EXISTS (SELECT 1 FROM encounters_seededrun WHERE run_id = named) THEN
        RAISE EXCEPTION 'run % was made wrong on purpose: nothing of it is ever final, listed or accepted', named
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_seeded BEFORE INSERT ON encounters_finalline
    FOR EACH ROW EXECUTE FUNCTION encounters_refuse_seeded('run_id');
CREATE TRIGGER refuse_seeded BEFORE INSERT ON encounters_codedline
    FOR EACH ROW EXECUTE FUNCTION encounters_refuse_seeded('run_id');
CREATE TRIGGER refuse_seeded BEFORE INSERT OR UPDATE OF accepted_run_id ON encounters_review
    FOR EACH ROW EXECUTE FUNCTION encounters_refuse_seeded('accepted_run_id');
CREATE FUNCTION encounters_seed_before_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM encounters_finalline WHERE run_id = NEW.run_id)
        OR EXISTS (SELECT 1 FROM encounters_codedline WHERE run_id = NEW.run_id)
        OR EXISTS (SELECT 1 FROM encounters_review WHERE accepted_run_id = NEW.run_id) THEN
        RAISE EXCEPTION 'run % is in use: it cannot be said afterwards that it was wrong on purpose', NEW.run_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER before_use BEFORE INSERT ON encounters_seededrun
    FOR EACH ROW EXECUTE FUNCTION encounters_seed_before_use();
"""
ADMIT = """
DROP TRIGGER before_use ON encounters_seededrun;
DROP FUNCTION encounters_seed_before_use();
DROP TRIGGER refuse_seeded ON encounters_review;
DROP TRIGGER refuse_seeded ON encounters_codedline;
DROP TRIGGER refuse_seeded ON encounters_finalline;
DROP FUNCTION encounters_refuse_seeded();
"""


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
        ("encounters", "0016_samples_are_drawn"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SeedingPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rate", models.DecimalField(decimal_places=3, max_digits=4)),
                ("from_date", models.DateField()),
                ("until_date", models.DateField()),
                ("seed", models.CharField(max_length=64)),
                ("reason", models.TextField()),
                ("set_by_name", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "coder",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seeding_policies",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SeededRun",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="seeded",
                        serialize=False,
                        to="encounters.codingrun",
                    ),
                ),
                ("line_key", models.CharField(max_length=60)),
                ("code", models.CharField(max_length=5)),
                ("right_units", models.PositiveIntegerField()),
                ("wrong_units", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "review",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="seeded", to="encounters.review"
                    ),
                ),
                (
                    "shown_to",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "true_run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="encounters.codingrun"
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="encounters.seedingpolicy"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SeedOutcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("coder_name", models.CharField(max_length=150)),
                ("is_accepted", models.BooleanField()),
                ("at", models.DateTimeField()),
                (
                    "coder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seed_outcomes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "seeded",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="outcome", to="encounters.seededrun"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="seedingpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate__gte", 0), ("rate__lte", "0.2")), name="seeding_rate_is_small"
            ),
        ),
        migrations.AddConstraint(
            model_name="seedingpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_date__gt", models.F("from_date"))), name="seeding_ends"
            ),
        ),
        migrations.AddConstraint(
            model_name="seedingpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("reason", ""), _negated=True), models.Q(("seed", ""), _negated=True)),
                name="seeding_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="seededrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("wrong_units", models.F("right_units")), _negated=True), name="seeded_line_is_wrong"
            ),
        ),
        *(guards(table) for table in ("seedingpolicy", "seededrun", "seedoutcome")),
        migrations.RunSQL(REFUSE, ADMIT),
    ]
