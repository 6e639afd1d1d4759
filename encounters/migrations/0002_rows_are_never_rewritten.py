"""The database refuses to rewrite what was said, decided and done: such tables only grow.

TRUNCATE is refused as well. Emptying a test database needs it, so the tests' database backend lifts that one trigger
inside the transaction in which it empties the tables (tests/postgresql); no setting of the application can.
"""

from django.db import migrations

APPEND_ONLY = ("addendum", "auditevent", "codingrun", "codedline", "runfinding", "linedecision", "finalline")

FUNCTION = """
CREATE FUNCTION encounters_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: rows of this table are never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


def guards(table: str) -> migrations.RunSQL:
    """The two triggers of one table: `guard` for its rows, `guard_truncate` for the whole of it."""
    return migrations.RunSQL(
        f"CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON encounters_{table} "
        "FOR EACH ROW EXECUTE FUNCTION encounters_refuse_rewrite();"
        f"CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON encounters_{table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION encounters_refuse_rewrite();",
        f"DROP TRIGGER guard ON encounters_{table}; DROP TRIGGER guard_truncate ON encounters_{table};",
    )


class Migration(migrations.Migration):
    """Guards on every append-only table."""

    dependencies = [("encounters", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION encounters_refuse_rewrite();"),
        *(guards(table) for table in APPEND_ONLY),
    ]
