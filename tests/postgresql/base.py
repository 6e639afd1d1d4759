"""Django's PostgreSQL backend with another way to empty the database after a test that commits."""

from collections.abc import Iterable
from typing import Any

from django.db.backends.postgresql import operations

from infusion_coder.database import base

# Written by migrations, or read by every test: emptied, they would be missing in the next one.
KEPT = frozenset(
    {"auth_group", "auth_group_permissions", "auth_permission", "django_content_type"}
    | {"encounters_rulebookfile", "encounters_rulebookversion"}
)
GUARD = "guard_truncate"


class DatabaseOperations(operations.DatabaseOperations):
    """Lifts the triggers that refuse TRUNCATE, inside the transaction of the TRUNCATE itself.

    ALTER TABLE needs no more than to own the tables, so it works for a role that is no superuser.
    """

    def sql_flush(self, style: Any, tables: Iterable[str], **options: Any) -> list[str]:
        """The statements that empty `tables`, but for what migrations wrote."""
        emptied = [table for table in tables if table not in KEPT]
        guarded = [table for table in self._guarded() if table in emptied]
        return [
            *(f"ALTER TABLE {self.quote_name(table)} DISABLE TRIGGER {GUARD};" for table in guarded),
            *super().sql_flush(style, emptied, **options),
            *(f"ALTER TABLE {self.quote_name(table)} ENABLE TRIGGER {GUARD};" for table in guarded),
        ]

    def _guarded(self) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s ORDER BY 1", [GUARD])
            return [table for (table,) in cursor.fetchall()]


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with those operations."""

    ops_class = DatabaseOperations
