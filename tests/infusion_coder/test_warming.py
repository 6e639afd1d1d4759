"""A web process reads rules and formulary before its first request."""

import gc
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection

from drugs import index
from infusion_coder.warming import warm


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.django_db(transaction=True)
def test_has_the_formulary_in_memory() -> None:
    index._cached.clear()
    warm()
    assert index._cached


@pytest.mark.django_db(transaction=True)
def test_leaves_what_stays_out_of_the_search_for_cycles() -> None:
    warm()
    assert gc.get_freeze_count() > 0
    assert not any(each is index._cached for each in gc.get_objects(generation=2))


def test_comes_up_before_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(index, "current_index", away)
    monkeypatch.setattr(connection, "close", lambda: None)
    warm()
