"""The unmapped inbox over the interface."""

import pytest
from django.test import Client

from encounters.models import Recoding
from tests import personas
from tests.encounters.test_unmapped import GROUND, cefazolin, charted, coded

pytestmark = pytest.mark.django_db

WAITING, MAP = "/api/v1/drugs/unmapped", "/api/v1/drugs/unmapped/map"


@pytest.fixture
def keeper() -> Client:
    client = Client()
    client.force_login(personas.cleo())
    return client


def test_lists_what_waits(keeper: Client) -> None:
    coded(charted("Zofrn").encounter)
    (row,) = keeper.get(WAITING).json()["results"]
    assert (row["name"], row["why"], row["encounters"], row["oldest"]) == ("zofrn", "unknown", 1, "2026-01-15")


def test_maps_a_name_and_says_how_far_it_is(keeper: Client) -> None:
    drug = cefazolin()
    coded(charted("ancf").encounter)
    answer = keeper.post(MAP, {"name": "ancf", "drug": drug.pk, "source": GROUND}, content_type="application/json")
    assert answer.status_code == 202
    assert answer.json() | {"id": 0} == {
        "id": 0,
        "reason": "“ancf” is cefazolin",
        "encounters": 1,
        "coded": 0,
        "is_finished": False,
    }


def test_says_why_a_name_cannot_be_mapped(keeper: Client) -> None:
    said = {"name": "gone", "drug": cefazolin().pk, "source": GROUND}
    answer = keeper.post(MAP, said, content_type="application/json")
    assert answer.status_code == 400
    assert "Nothing waits" in answer.content.decode()


def test_is_refused_to_who_does_not_maintain_the_formulary() -> None:
    client = Client()
    client.force_login(personas.ana())
    said = {"name": "ancf", "drug": cefazolin().pk, "source": GROUND}
    assert client.get(WAITING).status_code == 403
    assert client.post(MAP, said, content_type="application/json").status_code == 403
    assert not Recoding.objects.exists()
