"""What every page carries to bind the browser, tried at every door."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client, override_settings

from tests import personas
from tests.factories.users import UserFactory
from tests.security.doors import World, doors, world

pytestmark = pytest.mark.django_db

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Public, or of the library's own making: nothing of anybody's.
MAY_BE_KEPT = {"admin:jsi18n"}


@pytest.fixture
def place() -> World:
    return world()


def test_stand_on_every_answer(place: World) -> None:
    user = UserFactory.create(username="zoe", is_staff=True, is_superuser=True)
    user.groups.set(Group.objects.all())
    client = Client(raise_request_exception=False)
    client.force_login(user)
    wrong = []
    for door in doors():
        if door.name == "logout" or door.route == "admin/logout/" or door.name == "admin:logout":
            continue
        answer = client.get(place.address(door))
        said = answer.headers
        wrong += [f"{door.name}: {name}" for name, value in EVERYWHERE.items() if said.get(name) != value]
        policy = said.get("Content-Security-Policy", "")
        is_bound = all(word in policy for word in ("default-src 'none'", "frame-ancestors 'none'", "script-src 'self'"))
        if not is_bound or "unsafe" in policy:
            wrong.append(f"{door.name}: {policy}")
        if "Permissions-Policy" not in said or "X-Request-ID" not in said:
            wrong.append(f"{door.name}: permissions or request id")
        if "no-store" not in said.get("Cache-Control", "") and door.name not in MAY_BE_KEPT:
            wrong.append(f"{door.name}: may be kept by a cache: {said.get('Cache-Control')}")
        # A dossier is a file for later, opened without this site: its style is its own.
        is_page = door.name != "audit:dossier"
        if is_page and answer.status_code == 200 and "html" in said["Content-Type"] and not door.is_of_admin:
            page = answer.text
            wrong += [f"{door.name}: {bad}" for bad in ("<style", " style=", "javascript:", "onclick=") if bad in page]
            wrong += [
                f"{door.name}: a script in the page"
                for part in page.split("<script")[1:]
                if "src=" not in part[:200] and "application/json" not in part[:200]
            ]
    assert not wrong, "\n".join(wrong)


class TestCookies:
    def of_sign_in(self, client: Client) -> Any:
        user = UserFactory.create(username="ana")
        user.set_password("a long word for tests")
        user.save()
        secure = {"secure": True}
        client.get("/login/", **secure)
        client.post("/login/", {"login": "ana", "password": "a long word for tests"}, **secure)
        return client.cookies

    def test_of_a_session_are_kept_from_scripts_and_other_sites(self, client: Client) -> None:
        from django.conf import settings

        cookie = self.of_sign_in(client)[settings.SESSION_COOKIE_NAME]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"

    @override_settings(SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True)
    def test_go_over_tls_only_where_there_is_tls(self, client: Client) -> None:
        cookies = self.of_sign_in(client)
        assert all(cookie["secure"] for name, cookie in cookies.items() if name != "theme")


@override_settings(SECURE_HSTS_SECONDS=31_536_000, SECURE_HSTS_INCLUDE_SUBDOMAINS=True, SECURE_HSTS_PRELOAD=True)
def test_browsers_are_told_to_stay_with_tls(client: Client) -> None:
    said = client.get("/login/", secure=True)["Strict-Transport-Security"]
    assert said == "max-age=31536000; includeSubDomains; preload"


def test_errors_tell_a_reference_and_nothing_else(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**values: object) -> object:
        message = f"no row for {place.review.encounter.patient.family_name}"
        raise RuntimeError(message)

    monkeypatch.setattr("encounters.selectors.review_queue", broken)
    client = Client(raise_request_exception=False)
    client.force_login(personas.ana())
    answer = client.get("/review/")
    assert answer.status_code == 500
    assert answer["X-Request-ID"] in answer.text
    assert "RuntimeError" not in answer.text
    assert place.review.encounter.patient.family_name not in answer.text


class TestSignOut:
    def test_ends_the_session_and_clears_what_the_browser_kept(self, client: Client) -> None:
        client.force_login(personas.ana())
        key = client.session.session_key
        assert client.post("/logout/")["Clear-Site-Data"] == '"storage"'
        assert not Session.objects.filter(pk=key).exists()
