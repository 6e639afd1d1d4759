"""The trail as auditors read it: filtered, proven, signed off and taken out; nobody else sees it."""

import csv
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client

from encounters import audit
from encounters.audit import Tag, looking, reading
from encounters.audit.reading import Wanted
from encounters.models import AuditEvent, AuditSeal, Encounter
from tests import personas
from tests.encounters.audit import tampering
from tests.factories.encounters import MORNING, EncounterFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def encounter() -> Encounter:
    """Four events by Ana on one day, one of another encounter the day after."""
    found: Encounter = EncounterFactory.create()
    for _ in range(4):
        audit.record(tag=Tag.LINE_ACCEPTED, at=MORNING, actor=personas.ana(), encounter=found, after={"code": "96365"})
    audit.record(tag=Tag.RUN_COMPLETED, at=MORNING + timedelta(days=1), encounter=EncounterFactory.create())
    tampering.chained()
    return found


def found(**wanted: object) -> list[str]:
    return [event.tag for event in reading.events(wanted=Wanted(**wanted), user=personas.finn())]


class TestEvents:
    def test_are_those_of_an_encounter_person_day_or_subject(self, encounter: Encounter) -> None:
        assert len(found()) == 5
        assert found(encounter_id=encounter.pk) == [Tag.LINE_ACCEPTED] * 4
        assert found(actor="ana") == found(actor="ANA") == [Tag.LINE_ACCEPTED] * 4
        assert found(first_day=(MORNING + timedelta(days=1)).date()) == [Tag.RUN_COMPLETED]
        assert found(last_day=MORNING.date()) == [Tag.LINE_ACCEPTED] * 4
        assert found(subject="coding") == [Tag.RUN_COMPLETED]

    def test_of_an_encounter_are_the_lists_too_in_which_it_was_seen(self, encounter: Encounter) -> None:
        looking.listed(encounters=[encounter.pk], user=personas.ana(), at=MORNING, what="queue open")
        assert found(encounter_id=encounter.pk)[0] == Tag.ENCOUNTERS_LISTED
        assert found(encounter_id=encounter.pk + 1000) == []

    @pytest.mark.parametrize("who", [each for each in personas.EVERYBODY if each is not personas.finn])
    def test_are_for_auditors_alone(self, encounter: Encounter, who: Callable[[], User], client: Client) -> None:
        with pytest.raises(PermissionDenied):
            reading.events(wanted=Wanted(), user=who())
        client.force_login(who())
        run = "/audit/replay/1/"
        assert {client.get(path).status_code for path in ("/audit/trail/", "/audit/trail/export.csv", run)} == {403}
        assert client.post("/audit/trail/sign-off/", {"last_event": 1}).status_code == 403


class TestSignOff:
    def test_says_what_was_read(self, encounter: Encounter) -> None:
        last = AuditEvent.objects.filter(encounter=encounter).latest("pk").pk
        event = reading.sign_off(
            wanted=Wanted(encounter_id=encounter.pk), last_event=last, note="in order", user=personas.finn(), at=MORNING
        )
        assert (event.encounter, event.reason) == (encounter, "in order")
        assert event.after == {"encounter": encounter.pk, "events": 4, "last_event": last}

    def test_is_refused_where_the_chain_is_broken(self, encounter: Encounter) -> None:
        seal = AuditSeal.objects.get(stream=encounter.pk, sequence=2)
        tampering.run("UPDATE encounters_auditevent SET reason = 'x' WHERE id = %s", seal.event_id)
        with pytest.raises(reading.UnableToSignOff, match="broken"):
            reading.sign_off(
                wanted=Wanted(encounter_id=encounter.pk), last_event=10**9, note="", user=personas.finn(), at=MORNING
            )

    def test_of_nothing_is_refused(self) -> None:
        with pytest.raises(reading.UnableToSignOff, match="no events"):
            reading.sign_off(wanted=Wanted(), last_event=1, note="", user=personas.finn(), at=MORNING)


class TestPages:
    def test_show_events_with_their_proof(self, encounter: Encounter, client: Client) -> None:
        client.force_login(personas.finn())
        page = client.get("/audit/trail/", {"encounter": encounter.pk}).text
        assert "Chain verified." in page
        assert "96365" in page
        assert f"{encounter.pk}/4" in page

    def test_name_what_is_wrong(self, encounter: Encounter, client: Client) -> None:
        seal = AuditSeal.objects.get(stream=encounter.pk, sequence=2)
        tampering.run("UPDATE encounters_auditevent SET reason = 'x' WHERE id = %s", seal.event_id)
        client.force_login(personas.finn())
        page = client.get("/audit/trail/", {"encounter": encounter.pk}).text
        assert "Chain broken." in page
        assert f"edited: encounter {encounter.pk}, place 2" in page

    def test_take_any_filter(self, client: Client) -> None:
        client.force_login(personas.finn())
        odd = {"encounter": "x", "first_day": "yesterday", "subject": "nothing", "page": "z", "actor": "a\x00b"}
        assert client.get("/audit/trail/", odd).status_code == 200

    def test_sign_off(self, encounter: Encounter, client: Client) -> None:
        client.force_login(personas.finn())
        said = {"encounter": encounter.pk, "last_event": 10**9, "note": "in order"}
        response = client.post("/audit/trail/sign-off/", said, follow=True)
        assert "Signed off: 4 events." in response.text
        assert client.post("/audit/trail/sign-off/", {"last_event": "x"}, follow=True).status_code == 200

    def test_take_out_a_file(self, encounter: Encounter, client: Client) -> None:
        audit.record(tag=Tag.LINE_ADDED, at=MORNING, encounter=encounter, reason="=1+1")
        client.force_login(personas.finn())
        response = client.get("/audit/trail/export.csv", {"encounter": encounter.pk})
        rows = list(csv.DictReader(response.getvalue().decode().splitlines()))
        assert [row["tag"] for row in rows] == [Tag.LINE_ADDED, *[Tag.LINE_ACCEPTED] * 4]
        assert rows[0]["reason"] == "'=1+1"
        assert (rows[1]["sequence"], len(rows[1]["link"])) == ("4", 64)
        event = AuditEvent.objects.get(tag=Tag.TRAIL_EXPORTED)
        assert event.after == {"encounter": encounter.pk, "events": 5}
