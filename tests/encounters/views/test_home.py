"""Everybody lands on a page of theirs."""

import pytest

from tests import personas
from tests.encounters.views.desk import Person, signed_in

pytestmark = pytest.mark.django_db


class TestHome:
    @pytest.mark.parametrize(
        ("person", "page"),
        [
            (personas.ana, "/review/"),
            (personas.finn, "/review/"),
            (personas.cleo, "/drugs/"),
            (personas.ira, "/intake/"),
            (personas.dov, "/rules/"),
        ],
    )
    def test_leads_to_the_first_page_of_the_role(self, person: Person, page: str) -> None:
        assert signed_in(person()).get("/").headers["Location"] == page

    @pytest.mark.parametrize("person", personas.EVERYBODY)
    def test_opens_for_everybody(self, person: Person) -> None:
        assert signed_in(person()).get("/", follow=True).status_code == 200

    def test_offers_nobody_a_page_that_is_shut(self) -> None:
        page = signed_in(personas.ira()).get("/", follow=True).text
        assert 'href="/review/"' not in page
        assert 'role="search"' not in page
