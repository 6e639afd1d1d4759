"""The page of automation bias: set by leads and auditors, seen by nobody else."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from encounters.models import SeedingPolicy
from tests import personas

pytestmark = pytest.mark.django_db

ASKED = {"percent": "2.0", "from_date": "2026-01-01", "until_date": "2026-02-01", "reason": "yearly measure"}


@pytest.mark.parametrize("who", [personas.ben, personas.finn])
def test_is_set_by_who_leads_or_audits(client: Client, who: Callable[[], User]) -> None:
    client.force_login(who())
    assert "Seeding is off." in client.get("/audit/seeding/").content.decode()
    assert client.post("/audit/seeding/", ASKED | {"percent": "50"}).status_code == 422
    assert client.post("/audit/seeding/", ASKED | {"until_date": "2025-01-01"}).status_code == 422
    assert client.post("/audit/seeding/", ASKED).status_code == 302
    assert str(SeedingPolicy.objects.get().rate) == "0.020"


@pytest.mark.parametrize("who", [each for each in personas.EVERYBODY if each not in {personas.ben, personas.finn}])
def test_is_refused_to_everybody_else(client: Client, who: Callable[[], User]) -> None:
    client.force_login(who())
    assert client.get("/audit/seeding/").status_code == 403
    assert client.post("/audit/seeding/", ASKED).status_code == 403
    assert not SeedingPolicy.objects.exists()
