"""The intake pages: who may, what they show, what they do."""

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from encounters.models import AuditEvent, Encounter, IntakeBatch, IntakeRefusal, Location

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

pytestmark = pytest.mark.django_db
HEADER = b"encounter_id,mrn,location,administration_id,drug,start,stop\n"
GOOD = HEADER + b"E1,M1,north,a1,cefazolin,2026-01-15T10:00,2026-01-15T11:00\n"
MIXED = GOOD + b"E1,M1,north,a2,<b>x</b>,2026-01-15T12:00,2026-01-15T11:00\n"


@pytest.fixture
def client(client: Client) -> Client:
    """Signed in as a coder."""
    client.force_login(person("coder"))
    Location.objects.create(code="north", name="North", setting="facility", place_of_service="22")
    return client


def person(group: str) -> User:
    user = User.objects.create_user(username=f"a-{group}")
    user.groups.set(Group.objects.filter(name=group))
    return user


def send(
    client: Client, content: bytes, name: str = "given.csv", source: str = "clinic"
) -> "_MonkeyPatchedWSGIResponse":
    return client.post("/intake/", {"file": SimpleUploadedFile(name, content), "source": source}, follow=True)


class TestUpload:
    def test_takes_a_file_in_and_shows_what_became_of_it(self, client: Client) -> None:
        page = send(client, GOOD)
        assert page.redirect_chain == [(f"/intake/{IntakeBatch.objects.get().pk}/", 302)]
        assert "Nothing was refused." in page.content.decode()
        assert Encounter.objects.get().source == "clinic"
        assert IntakeBatch.objects.get().actor.username == "a-coder"

    def test_shows_each_refused_row_with_its_place(self, client: Client) -> None:
        text = send(client, MIXED).content.decode()
        assert "is before start" in text
        assert "&lt;b&gt;x&lt;/b&gt;" in text
        assert "<b>x</b>" not in text

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "The file is empty"),
            (b"\x00\x01\x02" * 99, "binary"),
            (b"<html>", "web page"),
            (b"a,b\n1,2\n", "header"),
        ],
    )
    def test_answers_an_unusable_file_with_the_reason(self, client: Client, content: bytes, words: str) -> None:
        assert words in send(client, content).content.decode()

    def test_refuses_a_file_that_is_too_large_in_place(self, client: Client) -> None:
        with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=50):
            page = send(client, GOOD)
        assert page.status_code == 422
        assert "Nothing was taken in" in page.content.decode()
        assert not IntakeBatch.objects.exists()

    def test_needs_a_file_and_a_source(self, client: Client) -> None:
        assert client.post("/intake/", {"source": ""}).status_code == 422

    @pytest.mark.parametrize(
        ("group", "status"),
        [("lead", 200), ("operator", 200), ("auditor", 403), ("formulary_admin", 403), ("nobody", 403)],
    )
    def test_is_for_those_who_may_take_in(self, client: Client, group: str, status: int) -> None:
        client.force_login(person(group))
        assert client.get("/intake/").status_code == status
        send(client, GOOD)
        assert Encounter.objects.exists() == (status == 200)

    def test_asks_strangers_to_sign_in(self, db: None) -> None:
        assert Client().get("/intake/").headers["Location"].startswith("/login/")


class TestBatch:
    def test_is_not_for_those_who_may_not_take_in(self, client: Client) -> None:
        send(client, MIXED)
        client.force_login(person("auditor"))
        assert client.get(f"/intake/{IntakeBatch.objects.get().pk}/").status_code == 403

    def test_settles_a_refusal_for_a_reason(self, client: Client) -> None:
        send(client, MIXED)
        refusal = IntakeRefusal.objects.get()
        address = f"/intake/refusals/{refusal.pk}/settle/"
        client.post(address, {"reason": " "})
        assert IntakeRefusal.objects.filter(settled_at=None).exists()
        client.post(address, {"reason": "charted twice at the source"})
        assert not IntakeRefusal.objects.filter(settled_at=None).exists()
        assert AuditEvent.objects.get(tag="intake:refusal:settled").reason == "charted twice at the source"


class TestTemplates:
    @pytest.mark.parametrize("name", ["csv", "json"])
    def test_can_be_downloaded_filled_and_sent_as_they_are(self, client: Client, name: str) -> None:
        Location.objects.create(code="north-infusion", name="N", setting="facility", place_of_service="22")
        from encounters.models import Payer

        Payer.objects.create(code="medicare", name="Medicare")
        answer = client.get(f"/intake/template.{name}")
        assert f'filename="encounters.{name}"' in answer.headers["Content-Disposition"]
        send(client, answer.content, name=f"encounters.{name}")
        assert not list(IntakeRefusal.objects.values_list("column", "reason"))
        assert Encounter.objects.get().administrations.count() == 2

    def test_of_other_formats_do_not_exist(self, client: Client) -> None:
        assert client.get("/intake/template.exe").status_code == 404
