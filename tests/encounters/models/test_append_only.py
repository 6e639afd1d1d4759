"""Tables that only grow: refused by Python, refused by the database, and none forgotten."""

import pytest
from django.apps import apps
from django.db import connection

from encounters.models.append_only import AppendOnly

pytestmark = pytest.mark.django_db

TABLES = sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly))


def test_every_append_only_table_has_both_triggers():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname IN ('guard', 'guard_truncate')"
        )
        found = set(cursor.fetchall())
    assert {(table, name) for table in TABLES for name in ("guard", "guard_truncate")} <= found
