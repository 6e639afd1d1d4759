"""Every page, fragment, act and endpoint tried as every role and as nobody, against one declared table."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from tests import personas
from tests.factories.users import UserFactory
from tests.security.attempts import STATES, form_of
from tests.security.doors import Door, World, doors, world
from tests.security.roles import API, LOOKED_UP_FIRST, NO_SUCH, OPEN_TO_STRANGERS, PAGES, heard

ROLES: dict[str, Callable[[], User]] = {
    "C": personas.ana,
    "L": personas.ben,
    "A": personas.finn,
    "F": personas.cleo,
    "P": personas.gus,
    "I": personas.hal,
    "O": personas.ira,
    "-": personas.dov,
}
# A visit is written down as such, whoever comes; what was sent is not.
MAY_BE_WRITTEN = ("django_session", "encounters_auditevent", "encounters_auditseal")
Send = Callable[[Door, str], HttpResponse]


@contextmanager
def written() -> Iterator[list[str]]:
    """The statements that write, but for sessions and the trail."""
    found: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        first, *words = sql.replace('"', "").split()
        if first in {"INSERT", "UPDATE", "DELETE"} and not any(word in MAY_BE_WRITTEN for word in words[:3]):
            found.append(sql[:120])
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield found


class Visitor:
    """Somebody with a browser, or nobody; what they do is undone after each attempt."""

    def __init__(self, place: World, who: User | None) -> None:
        self.place = place
        self.client = Client(raise_request_exception=False)
        if who is not None:
            self.client.force_login(who)
        self.cookies = self.client.cookies.output(header="", sep=";")

    def tries(self, door: Door, method: str) -> tuple[HttpResponse, list[str]]:
        """What the door answers, and what was written."""
        self.client.cookies = SimpleCookie(self.cookies)
        sent: dict[str, Any] = {}
        with transaction.atomic():
            if door.name in STATES:
                self.place.stand(STATES[door.name])
            if method == "post" and not door.is_of_admin:
                sent["data"] = form_of(door.name, self.place)
            if door.is_of_api and method == "post":
                sent["content_type"] = "application/json"
            with written() as statements:
                answer = getattr(self.client, method)(self.place.address(door), **sent)
            transaction.set_rollback(True)
        return answer, statements


def named_doors() -> list[Door]:
    """The doors that the table names; that it names all is a test of its own."""
    return [door for door in doors() if not door.is_of_admin and (door.name in PAGES or door.name in API)]


def of_every_role() -> User:
    """Somebody with every role at once: what is refused to them is refused to each, since a role takes nothing away."""
    user = UserFactory.create(username="zoe")
    user.groups.set(Group.objects.all())
    return user


def is_sign_in(answer: HttpResponse) -> bool:
    """Whether the answer leads to a sign-in."""
    return answer.status_code == 302 and answer["Location"].startswith(("/login/?", "/admin/login/?"))


def outcome(answer: HttpResponse) -> str:
    """An answer in a word."""
    if answer.status_code in {401, 403} or is_sign_in(answer):
        return "refused"
    if answer.status_code == 405:
        return "no such method"
    return "heard" if answer.status_code < 500 or answer.status_code == 503 else f"broken {answer.status_code}"


def expected(door: Door, method: str, role: str) -> str:
    roles = heard(door.name, method)
    if roles == NO_SUCH:
        return "no such method"
    return "heard" if role in roles else "refused"


@pytest.fixture
def place(db: None) -> World:
    return world()


class TestTable:
    def test_names_every_door_and_no_other(self) -> None:
        ours = {door.name for door in doors() if not door.is_of_admin}
        named = {*PAGES, *API}
        assert ours == named, f"not in tests/security/roles.py: {sorted(ours - named)}; gone: {sorted(named - ours)}"

    def test_names_every_method_of_the_interface(self) -> None:
        for door in doors():
            if door.actions and door.name in API:
                assert set(door.actions) == set(API[door.name]), door.name


@pytest.mark.django_db
class TestEveryDoor:
    @pytest.mark.parametrize("role", ROLES)
    def test_hears_and_refuses_as_the_table_says(self, place: World, role: str) -> None:
        wrong, visitor = [], Visitor(place, ROLES[role]())
        for door in named_doors():
            for method in door.methods:
                answer, statements = visitor.tries(door, method)
                wanted, came = expected(door, method, role), outcome(answer)
                if answer.status_code == 404 and wanted == "refused" and door.name in LOOKED_UP_FIRST:
                    came = "refused"
                if came != wanted:
                    wrong.append(f"{method} {door.name}: {came} ({answer.status_code}), not {wanted}")
                elif came == "refused" and statements:
                    wrong.append(f"{method} {door.name}: refused, and wrote {statements}")
        assert not wrong, "\n".join(wrong)

    def test_of_the_administration_refuses_every_role(self, place: World) -> None:
        wrong, visitor = [], Visitor(place, of_every_role())
        for door in filter(lambda each: each.is_of_admin, doors()):
            for method in door.methods:
                answer, statements = visitor.tries(door, method)
                is_open = door.name in {"admin:logout", "admin/logout/"}
                came = outcome(answer)
                if came != "no such method" and (came == "heard") != is_open:
                    wrong.append(f"{method} {door.name}: {came} ({answer.status_code})")
                if statements:
                    wrong.append(f"{method} {door.name}: wrote {statements}")
        assert not wrong, "\n".join(wrong)

    def test_refuses_a_stranger(self, place: World) -> None:
        wrong, visitor = [], Visitor(place, None)
        for door in doors():
            for method in door.methods:
                answer, statements = visitor.tries(door, method)
                is_open = door.name in OPEN_TO_STRANGERS
                if (outcome(answer) == "refused") == is_open and answer.status_code != 405:
                    wrong.append(f"{method} {door.name}: {answer.status_code}")
                if statements:
                    wrong.append(f"{method} {door.name}: wrote {statements}")
        assert not wrong, "\n".join(wrong)

    def test_does_nothing_on_a_method_that_it_does_not_know(self, place: World) -> None:
        """PUT, PATCH, DELETE and the like change nothing, whoever sends them."""
        wrong, visitor = [], Visitor(place, personas.ben())
        for door in doors():
            for method in sorted({"put", "patch", "delete", "options", "trace"} - set(door.actions)):
                if not door.is_of_admin:
                    answer, statements = visitor.tries(door, method)
                    if answer.status_code == 500 or statements:
                        wrong.append(f"{method} {door.name}: {answer.status_code} {statements}")
        assert not wrong, "\n".join(wrong)
