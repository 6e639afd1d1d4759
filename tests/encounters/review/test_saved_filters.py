"""Filters people keep for themselves."""

import pytest
from django.core.exceptions import PermissionDenied

from encounters import selectors
from encounters.models.queue import Tab
from encounters.review import saved_filters
from encounters.review.saved_filters import MOST, UnableToSaveFilter
from encounters.selectors import Narrowed
from tests import personas
from tests.encounters.review.work import a_review
from tests.factories.encounters import PayerFactory

pytestmark = pytest.mark.django_db

PUSHES = Narrowed(tab=Tab.READY, search="96375")


def kept() -> list[tuple[str, int]]:
    return [(each.name, count) for each, count in selectors.saved_filters(user=personas.ana())]


class TestSaveFilter:
    def test_is_found_again_with_what_it_holds(self) -> None:
        review = a_review()
        nowhere = Narrowed(payer=PayerFactory.create().code)
        there = Narrowed(payer=review.payer.code, site=review.location.code)
        for name, asked in (("Pushes", PUSHES), ("No such payer", nowhere), ("There", there)):
            saved_filters.save_filter(name=name, asked=asked, user=personas.ana())
        assert kept() == [("No such payer", 0), ("Pushes", 1), ("There", 1)]
        found = {each.name: selectors.narrowed(each) for each, _ in selectors.saved_filters(user=personas.ana())}
        assert found == {"Pushes": PUSHES, "No such payer": nowhere, "There": there}

    def test_is_ones_own(self) -> None:
        saved_filters.save_filter(name="Pushes", asked=PUSHES, user=personas.eve())
        assert kept() == []

    def test_of_the_same_name_means_the_newer(self) -> None:
        saved_filters.save_filter(name="Mine", asked=PUSHES, user=personas.ana())
        saved_filters.save_filter(name=" Mine  ", asked=Narrowed(search="x"), user=personas.ana())
        assert [selectors.narrowed(each) for each, _ in selectors.saved_filters(user=personas.ana())] == [
            Narrowed(search="x")
        ]

    @pytest.mark.parametrize(("name", "asked"), [("", PUSHES), ("Ready", Narrowed(tab=Tab.READY))])
    def test_needs_a_name_and_something_narrowed(self, name: str, asked: Narrowed) -> None:
        with pytest.raises(UnableToSaveFilter):
            saved_filters.save_filter(name=name, asked=asked, user=personas.ana())

    def test_is_one_of_a_few(self) -> None:
        for number in range(MOST):
            saved_filters.save_filter(name=f"filter {number}", asked=PUSHES, user=personas.ana())
        with pytest.raises(UnableToSaveFilter, match="remove one"):
            saved_filters.save_filter(name="one more", asked=PUSHES, user=personas.ana())

    def test_needs_the_right_to_read(self) -> None:
        with pytest.raises(PermissionDenied):
            saved_filters.save_filter(name="x", asked=PUSHES, user=personas.dov())


class TestRemoveFilter:
    def test_takes_ones_own_away(self) -> None:
        for person in (personas.ana(), personas.eve()):
            saved_filters.save_filter(name="Pushes", asked=PUSHES, user=person)
        saved_filters.remove_filter(name="Pushes", user=personas.ana())
        assert kept() == []
        assert len(selectors.saved_filters(user=personas.eve())) == 1
