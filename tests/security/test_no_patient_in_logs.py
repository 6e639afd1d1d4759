"""A day's work on patients with names of their own making: neither logs nor broker nor addresses hold them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client
from rest_framework.authtoken.models import Token

from encounters.models import Encounter, Location
from encounters.review import preparation
from tests import personas
from tests.factories.encounters import DAY_AFTER

MARKS = ("MRNZQ7731", "Quillfeatherzq", "Zqgiven", "zq-refused-value", "1931-07-29")
MESSAGE = {
    "encounters": [
        {
            "encounter_id": "ACC-1",
            "patient": {"mrn": MARKS[0], "family_name": MARKS[1], "given_name": MARKS[2], "birth_date": MARKS[4]},
            "location": "north",
            "diagnoses": ["E86.0"],
            "administrations": [
                {
                    "administration_id": "a1",
                    "drug": "cefazolin",
                    "route": "IV",
                    "technique": "infusion",
                    "start": "2026-01-15T10:00",
                    "stop": "2026-01-15T11:00",
                    "dose": "1 g",
                },
                {"administration_id": "a2", "drug": "x", "start": MARKS[3]},
            ],
        }
    ]
}


def found_in(text: str) -> list[str]:
    return [mark for mark in MARKS if mark.lower() in text.lower()]


@pytest.mark.django_db
def test_a_day_leaves_no_patient_in_logs_broker_or_addresses(
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    caplog.set_level("DEBUG")
    Location.objects.create(code="north", name="North", setting="facility", place_of_service="22")
    token = Token.objects.create(user=personas.hal()).key
    client = Client(raise_request_exception=False)
    addresses: list[str] = []

    def ask(method: str, path: str, *args: Any, **more: Any) -> Any:
        answer = getattr(client, method)(path, *args, **more)
        addresses.extend(answer.headers.get(name, "") for name in ("Location", "HX-Redirect", "HX-Push-Url"))
        return answer

    with django_capture_on_commit_callbacks(execute=True):
        sent = ask(
            "post",
            "/api/v1/encounters",
            json.dumps(MESSAGE),
            content_type="application/json",
            headers={"Authorization": f"Token {token}"},
        )
    assert sent.status_code == 207, sent.content
    encounter = Encounter.objects.get()
    review = preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
    assert review is not None
    client.force_login(personas.ana())
    page = ask("get", f"/review/{encounter.pk}/").text
    assert MARKS[0][-4:] in page, "the patient is shown to who may see it, or this test shows nothing"
    assert ask("post", "/review/search/", {"q": MARKS[0]}).status_code == 302
    ask("get", addresses[-3])
    ask("post", "/palette/", {"q": MARKS[0]})
    ask("post", f"/review/{encounter.pk}/accept/", {"version": review.version, "reason": MARKS[1]})
    ask("post", f"/review/{encounter.pk}/notes/", {"text": MARKS[1], "anchor_kind": "encounter"})
    ask("get", f"/history/{encounter.pk}/")
    ask("post", f"/review/{encounter.pk}/lines/none/edit/", {"code": MARKS[0]})
    ask("get", "/drugs/imports/")
    ask("get", "/no-such-page/")

    def broken(*args: object, **values: object) -> object:
        message = "a row is wrong"
        raise RuntimeError(message)

    monkeypatch.setattr("encounters.views.reading.open_review", broken)
    assert ask("post", f"/review/{encounter.pk}/see/", {"run": "1", "administration": MARKS[3]}).status_code == 500
    written = capfd.readouterr()
    logged = (
        written.out + written.err + "\n".join(str(record.__dict__) for record in caplog.records if _is_logged(record))
    )
    assert "a row is wrong" in logged, "the log holds the error, or this test shows nothing"
    assert found_in(logged) == []
    assert found_in(" ".join(addresses)) == []
    assert found_in(_broker()) == []


def _is_logged(record: Any) -> bool:
    """What a deployment writes: from INFO up. The request object of a record is not printed."""
    record.__dict__.pop("request", None)
    record.__dict__.pop("exc_info", None)
    return bool(record.levelname != "DEBUG")


def _broker() -> str:
    client = redis.Redis.from_url(settings.REDIS_URL)
    held = []
    for key in client.scan_iter():
        read: Any = {b"list": lambda name: client.lrange(name, 0, -1), b"hash": client.hgetall, b"string": client.get}
        of_kind = read.get(client.type(key))
        held.append(f"{key!r} {of_kind(key) if of_kind else ''!r}")
    client.close()
    return " ".join(held)
