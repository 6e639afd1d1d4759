"""What the application's own role may do in the database: everything but rewrite what is only ever added to."""

from datetime import datetime

from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

from encounters.audit.recording import record
from encounters.audit.tags import Tag
from encounters.models.append_only import AppendOnly


class UnableToGrant(Exception):
    """There is no such role, or the one who grants does not own the tables."""


def is_granted(*, role: str) -> bool:
    """Whether the role may use every table, and can change no row of those that only grow. False for no role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return False
        cursor.execute(
            """
            SELECT bool_and(
                has_table_privilege(%(role)s, oid, 'SELECT')
                AND NOT (relname = ANY(%(growing)s) AND has_table_privilege(%(role)s, oid, 'UPDATE, DELETE, TRUNCATE'))
            ) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
            """,
            {"role": role, "growing": _growing()},
        )
        return bool(cursor.fetchone()[0])


def _growing() -> list[str]:
    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly))  # noqa: SLF001


@transaction.atomic
def grant(*, role: str, by: str, at: datetime) -> int:
    """The role may read and add rows of every table, and change and delete those of none that only grows.

    Run by the owner after each migration; the number of tables that only grow. Raises UnableToGrant.
    """
    named = sql.Identifier(role)
    tables = _growing()
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [role])
        found = cursor.fetchone()
        cursor.execute("SELECT current_user")
        if found is None or found[0] or cursor.fetchone()[0] == role:
            message = f"{role} is no role, or a superuser, or the owner itself: make one with CREATE ROLE … LOGIN."
            raise UnableToGrant(message)
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=named))
        for table in tables:
            cursor.execute(
                sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), named)
            )
    record(tag=Tag.ROLE_GRANTED, at=at, actor_name=by, object_repr=role, after={"only_added_to": tables})
    return len(tables)
