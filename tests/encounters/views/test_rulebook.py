"""The rules as a page."""

import pytest

from rules.rulebook.loader import load_rulebook
from tests import personas
from tests.encounters.views.desk import Person, signed_in

pytestmark = pytest.mark.django_db


class TestIndex:
    def test_lists_every_rule_with_its_statement(self) -> None:
        page = signed_in().get("/rules/").text
        for rule in load_rulebook().rules.values():
            assert f'id="rule-{rule.id}"' in page

    @pytest.mark.parametrize("person", personas.EVERYBODY)
    def test_is_open_to_everybody_who_is_signed_in(self, person: Person) -> None:
        assert signed_in(person()).get("/rules/").status_code == 200
