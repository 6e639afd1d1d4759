"""The people of the tests, one for each thing a person may be. Each call finds or makes them in the test's database."""

import time
from collections.abc import Callable

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client

from tests.factories.users import UserFactory


def _person(name: str, *groups: str) -> User:
    known = User.objects.filter(username=name).first()
    return known or UserFactory.create(username=name, first_name=name.title(), last_name="", groups=list(groups))


def ana() -> User:
    """Codes."""
    return _person("ana", "coder")


def eve() -> User:
    """Codes too."""
    return _person("eve", "coder")


def ben() -> User:
    """Leads."""
    return _person("ben", "lead")


def finn() -> User:
    """Audits."""
    return _person("finn", "auditor")


def kim() -> User:
    """Audits too."""
    return _person("kim", "auditor")


def cleo() -> User:
    """Keeps the formulary."""
    return _person("cleo", "formulary_admin")


def gus() -> User:
    """Owns the policies."""
    return _person("gus", "policy_owner")


def hal() -> User:
    """Is an interface: another system."""
    return _person("hal", "interface")


def ira() -> User:
    """Operates the installation."""
    return _person("ira", "operator")


def dov() -> User:
    """May see nothing."""
    return _person("dov")


EVERYBODY: tuple[Callable[[], User], ...] = (ana, eve, ben, finn, cleo, gus, hal, ira, dov)
WHO_CODE: tuple[Callable[[], User], ...] = (ana, eve, ben)
WHO_DO_NOT_CODE: tuple[Callable[[], User], ...] = (finn, cleo, gus, hal, ira, dov)


def confirm_at_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Client.force_login` also confirms who is there, as the page that asks for the password does."""
    plain = Client.force_login

    def force_login(client: Client, user: User, backend: str | None = None) -> None:
        plain(client, user, backend)
        request = HttpRequest()
        request.session = client.session
        record_authentication(request, user, "password", reauthenticated=True)
        # Seen this moment, so that the request under test need not write it down.
        request.session["seen_at"] = request.session["began_at"] = time.time()
        request.session.save()

    monkeypatch.setattr(Client, "force_login", force_login)
