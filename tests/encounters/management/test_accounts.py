"""Accounts made and passwords set at the machine's terminal stand in the trail."""

import pytest
from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from encounters.audit import Tag
from encounters.models import AuditEvent
from tests import personas

pytestmark = pytest.mark.django_db


def test_an_account_that_may_everything_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long word for tests")
    call_command("createsuperuser", "--noinput", "--username", "root1", "--email", "root1@example.org", verbosity=0)
    event = AuditEvent.objects.get()
    assert (event.tag, event.actor) == (Tag.RECORD_ADDED, None)
    assert event.actor_name.endswith("at the terminal")
    assert event.after == {"username": "root1", "is_superuser": True, "is_staff": True}


def test_a_password_is_recorded_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    personas.ana()
    monkeypatch.setattr(changepassword.Command, "_get_pass", lambda *_args, **_options: "a long word for tests")
    call_command("changepassword", "ana")
    assert User.objects.get(username="ana").check_password("a long word for tests")
    event = AuditEvent.objects.get()
    assert (event.tag, event.after) == (Tag.RECORD_CHANGED, {"username": "ana", "password": "(withheld)"})


def test_of_nobody_nothing_is_recorded() -> None:
    with pytest.raises(CommandError):
        call_command("changepassword", "nobody")
    assert not AuditEvent.objects.exists()
