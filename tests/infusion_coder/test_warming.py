"""A web process reads rules and formulary before its first request."""

import pytest
from django.db import OperationalError, connection

from drugs import index
from infusion_coder.warming import warm


@pytest.mark.django_db(transaction=True)
def test_has_the_formulary_in_memory() -> None:
    index._cached.clear()
    warm()
    assert index._cached


def test_comes_up_before_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(index, "current_index", away)
    monkeypatch.setattr(connection, "close", lambda: None)
    warm()
