"""The application's role adds history and rewrites none."""

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from encounters.models import AuditEvent
from infusion_coder.postgres import SUPERUSER
from tests.factories.audits import AuditEventFactory

pytestmark = pytest.mark.django_db


NAME = "application_of_a_test"


@pytest.fixture
def role() -> str:
    """A role made by the superuser of the tests' private server; ours may take it on."""
    said = connection.settings_dict
    try:
        server = psycopg.connect(host=said["HOST"], user=SUPERUSER, dbname=said["NAME"], autocommit=True)
    except psycopg.OperationalError:
        pytest.skip("the tests' database is given, and its superuser is not")
    with server:
        server.execute(f"DROP ROLE IF EXISTS {NAME}")
        server.execute(f"CREATE ROLE {NAME} LOGIN")
        server.execute(f"GRANT {NAME} TO {said['USER']}")
    return NAME


class TestGrant:
    def test_lets_the_role_add_and_not_rewrite(self, role: str) -> None:
        AuditEventFactory.create()
        call_command("grant_application_role", role)
        assert AuditEvent.objects.get(tag="administration:role:granted").object_repr == role
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {role}")
            for statement in (
                "UPDATE encounters_auditevent SET reason = 'x'",
                "DELETE FROM encounters_auditseal",
                "TRUNCATE encounters_auditevent CASCADE",
                "ALTER TABLE encounters_auditevent DISABLE TRIGGER guard",
            ):
                with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
                    cursor.execute(statement)
        AuditEventFactory.create(encounter=None)

    def test_is_done_once_and_again_when_something_is_lacking_or_too_much(self, role: str) -> None:
        def granted() -> int:
            call_command("grant_application_role", role)
            return AuditEvent.objects.filter(tag="administration:role:granted").count()

        assert [granted(), granted()] == [1, 1]
        with connection.cursor() as cursor:
            cursor.execute(f"REVOKE SELECT ON encounters_encounter FROM {role}")  # noqa: S608 (our own name)
            assert granted() == 2
            cursor.execute(f"GRANT UPDATE ON encounters_auditevent TO {role}")
        assert granted() == 3
        assert granted() == 3

    @pytest.mark.parametrize("name", ["nobody", "infusion_coder"])
    def test_refuses_who_is_no_such_role(self, name: str) -> None:
        with pytest.raises(CommandError, match="no role, or a superuser, or the owner"):
            call_command("grant_application_role", name)
