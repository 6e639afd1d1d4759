"""The dossier: whole, one file, asking nothing of any other address, for auditors, recorded."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from encounters.audit import Tag
from encounters.models import AuditEvent
from tests import personas
from tests.encounters.audit import tampering
from tests.encounters.sampling.accepted import accepted, drawn

pytestmark = pytest.mark.django_db


def test_holds_chart_reasons_decisions_and_the_proven_trail(client: Client) -> None:
    (review,) = accepted(is_coded=True)
    tampering.chained()
    client.force_login(personas.finn())
    answer = client.get(f"/audit/dossier/{review.encounter_id}/")
    text = answer.content.decode()
    assert "attachment" in answer["Content-Disposition"]
    for words in ("Cefazolin", "96365", "<svg", "byte for byte", "Chain verified", "Why each line"):
        assert words in text, words
    seal = AuditEvent.objects.filter(encounter=review.encounter_id).earliest("pk").seal
    assert bytes(seal.link).hex() in text
    assert AuditEvent.objects.filter(tag=Tag.DOSSIER_EXPORTED, encounter=review.encounter_id).exists()


def test_asks_nothing_of_any_other_address(client: Client) -> None:
    (review,) = accepted(is_coded=True)
    client.force_login(personas.finn())
    text = client.get(f"/audit/dossier/{review.encounter_id}/").content.decode()
    assert not re.search(r"<(script|link|img|iframe|object)|\ssrc=|@import|url\((?!#)", text)


def test_is_refused_to_who_reviews_it_blind(client: Client) -> None:
    (review,) = accepted(is_coded=True)
    drawn(1)
    client.force_login(personas.finn())
    assert client.get(f"/audit/dossier/{review.encounter_id}/").status_code == 403


@pytest.mark.parametrize("who", [each for each in personas.EVERYBODY if each is not personas.finn])
def test_is_for_auditors(client: Client, who: Callable[[], User]) -> None:
    (review,) = accepted()
    client.force_login(who())
    assert client.get(f"/audit/dossier/{review.encounter_id}/").status_code == 403


def test_of_nothing_is_not_found(client: Client) -> None:
    client.force_login(personas.finn())
    assert client.get("/audit/dossier/999999/").status_code == 404
