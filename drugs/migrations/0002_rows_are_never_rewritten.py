"""The database refuses to rewrite the formulary: rows may be withdrawn once, and nothing else.

TRUNCATE stays possible for the owner of the tables, so that a test database can be emptied.
"""

from django.db import migrations

VERSIONED = (
    "product",
    "drugname",
    "drugprofile",
    "drugfamily",
    "billingcode",
    "drugbillingcode",
    "price",
    "ndc",
    "ndcbillingcode",
    "marketedsize",
)
IDENTITIES = ("formularyrelease", "drug", "hcpcscode")

FUNCTIONS = """
CREATE FUNCTION drugs_only_withdraw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND OLD.withdrawn_by_id IS NULL
        AND NEW.withdrawn_by_id >= OLD.release_id
        AND to_jsonb(NEW) - 'withdrawn_by_id' = to_jsonb(OLD) - 'withdrawn_by_id'
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%: a formulary row is superseded, never edited or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION drugs_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: a formulary row is never edited or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""
DROP_FUNCTIONS = "DROP FUNCTION drugs_only_withdraw(); DROP FUNCTION drugs_refuse_rewrite();"


def trigger(table: str, function: str) -> migrations.RunSQL:
    """The guard of one table."""
    return migrations.RunSQL(
        f"CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON drugs_{table} FOR EACH ROW EXECUTE FUNCTION {function}();",
        f"DROP TRIGGER guard ON drugs_{table};",
    )


class Migration(migrations.Migration):
    """Guards on every table of the formulary."""

    dependencies = [("drugs", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        *(trigger(table, "drugs_only_withdraw") for table in VERSIONED),
        *(trigger(table, "drugs_refuse_rewrite") for table in IDENTITIES),
    ]
