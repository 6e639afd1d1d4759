from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from infusion_coder.celery import HEARTBEAT_KEY

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    client.delete(HEARTBEAT_KEY)
    yield client
    client.delete(HEARTBEAT_KEY)
    client.close()


def health(client: Client, *, status: int) -> dict[str, Any]:
    response = client.get("/healthz")
    assert response.status_code == status
    assert "no-store" in response["Cache-Control"]
    return dict(response.json())


class TestHealthz:
    def test_is_well_with_all_parts(self, client: Client, broker: redis.Redis) -> None:
        broker.set(HEARTBEAT_KEY, 1, ex=60)
        answer = health(client, status=200)
        assert answer.pop("status") == "ok"
        assert {name: part["status"] for name, part in answer.items()} == dict.fromkeys(
            ("database", "broker", "worker", "schema", "rulebook"), "ok"
        )
        assert answer["rulebook"]["version"]

    def test_misses_a_worker_without_a_heartbeat(self, client: Client, broker: redis.Redis) -> None:
        answer = health(client, status=503)
        assert answer["status"] == "down"
        assert answer["worker"] == {"status": "down", "detail": "no worker has written its heartbeat lately"}
        assert answer["broker"]["status"] == "ok"

    def test_misses_a_broker_that_does_not_answer(self, client: Client, settings: Settings) -> None:
        settings.REDIS_URL = "unix:///no/such/socket"
        answer = health(client, status=503)
        assert (answer["broker"]["status"], answer["database"]["status"]) == ("down", "ok")

    def test_misses_a_migration_that_is_not_applied(self, client: Client) -> None:
        MigrationRecorder.Migration.objects.filter(app="sessions").delete()
        assert health(client, status=503)["schema"] == {"status": "down", "detail": "1 migrations are not applied"}

    def test_names_no_secret_when_the_database_is_away(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse() -> None:
            raise OSError("connection to postgresql://user:password@host failed")

        monkeypatch.setattr("infusion_coder.health.connection.cursor", refuse)
        answer = health(client, status=503)
        assert answer["database"] == {"status": "down", "detail": "OSError"}
        assert "password" not in str(answer)
