"""The theme as a cookie, also without scripts."""

import pytest
from django.test import Client

from tests.encounters.views.desk import signed_in

pytestmark = pytest.mark.django_db

ADDRESS = "/review/appearance/"


class TestAppearance:
    def test_is_kept_and_painted_by_the_server(self) -> None:
        client = signed_in()
        answer = client.post(ADDRESS, {"theme": "dark", "next": "/rules/"})
        assert answer.headers["Location"] == "/rules/"
        assert '<html lang="en" data-theme="dark">' in client.get("/rules/").text

    def test_goes_nowhere_else(self) -> None:
        answer = signed_in().post(ADDRESS, {"theme": "dark", "next": "https://elsewhere.example/"})
        assert answer.headers["Location"] == "/"

    def test_knows_no_other_theme(self) -> None:
        assert "theme" not in signed_in().post(ADDRESS, {"theme": "loud"}).cookies


class TestSignIn:
    def test_offers_a_way_in_and_says_when_it_is_refused(self) -> None:
        page = Client().get("/login/")
        assert page.status_code == 200
        refused = Client().post("/login/", {"login": "nobody", "password": "wrong"})
        assert "do not match an account" in refused.text
