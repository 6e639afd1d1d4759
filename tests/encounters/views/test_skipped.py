"""What somebody skipped does not come again at once."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from encounters.models import Review
from encounters.review import states
from tests import personas
from tests.encounters.views.desk import a_clean_encounter, signed_in
from tests.factories.encounters import DAY_AFTER

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_day_after() -> Iterator[None]:
    with time_machine.travel(DAY_AFTER, tick=False):
        yield


def opened(review: Review) -> Client:
    client = signed_in()
    client.get(address(review))
    return client


def address(review: Review, act: str = "") -> str:
    return f"/review/{review.encounter_id}/" + (f"{act}/" if act else "")


def test_it_comes_behind_all_others_and_then_again() -> None:
    first, second, third = (a_clean_encounter() for _ in range(3))
    client = opened(first)
    assert client.post(address(first, "skip")).headers["Location"] == address(second)
    assert client.post(address(second, "accept"), {"version": second.version}).headers["Location"] == address(third)
    assert client.post(address(third, "accept"), {"version": third.version}).headers["Location"] == address(first)


def test_it_is_handed_to_others_as_before() -> None:
    first, _ = a_clean_encounter(), a_clean_encounter()
    opened(first).post(address(first, "skip"))
    assert signed_in(personas.eve()).post("/review/next/").headers["Location"] == address(first)


def test_it_comes_as_before_once_it_has_changed() -> None:
    first, second, _ = (a_clean_encounter() for _ in range(3))
    client = opened(first)
    client.post(address(first, "skip"))
    held = states.pend(review=first, reason="clinic", user=personas.ana(), at=DAY_AFTER, version=first.version)
    states.wake(review=held, user=personas.ana(), at=DAY_AFTER, version=held.version)
    answer = client.post(address(second, "accept"), {"version": second.version})
    assert answer.headers["Location"] == address(first)


def test_the_queue_itself_hands_out_another() -> None:
    first, second = a_clean_encounter(), a_clean_encounter()
    client = opened(first)
    client.post(address(first, "skip"))
    client.post(address(second, "release"))
    assert client.post("/review/next/").headers["Location"] == address(second)


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encounters.views.skipped.MOST", 1)
    first, second, third = (a_clean_encounter() for _ in range(3))
    client = opened(first)
    for review in (first, second):
        client.post(address(review, "skip"))
    assert client.post(address(third, "accept"), {"version": third.version}).headers["Location"] == address(first)
