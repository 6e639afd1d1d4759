"""Filling the tables of a load fast: what checks and finds single rows is put aside meanwhile, and made anew behind it.

Only for a database that nobody else uses and that is thrown away where this fails. References are checked when they
are made anew, all rows at once.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import connection

REFERENCES = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) ORDER BY 1, 2
"""
INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique ORDER BY 1
"""
GUARDS = """
    SELECT tgrelid::regclass::text, tgname FROM pg_trigger
    WHERE tgname = 'refuse_seeded' AND tgrelid = ANY(%s::regclass[]) ORDER BY 1
"""


@contextmanager
def unburdened(tables: Collection[str]) -> Iterator[None]:
    """No references, indexes that only speed up reads, and row by row refusals on the tables while it lasts."""
    with connection.cursor() as cursor:
        found = []
        for sql in (REFERENCES, INDEXES, GUARDS):
            cursor.execute(sql, [list(tables)])
            found.append(cursor.fetchall())
        references, indexes, guards = found
        for table, name, _ in references:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for table, name in guards:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, made in indexes:
            cursor.execute(made)
        for table, name, made in references:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {made}')
        for table, name in guards:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
        cursor.execute("RESET maintenance_work_mem")
