import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from infusion_coder import embedded
from infusion_coder.celery import HEARTBEAT_KEY, app


@pytest.fixture
def broker(servers: None) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield client
    client.close()


class TestConfiguration:
    def test_gives_a_task_back_when_its_worker_dies(self) -> None:
        assert (app.conf.task_acks_late, app.conf.task_reject_on_worker_lost) == (True, True)
        assert app.conf.worker_prefetch_multiplier == 1

    def test_hands_no_running_task_to_a_second_worker(self) -> None:
        assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit

    def test_sweeps_more_often_than_a_person_would_ask(self) -> None:
        entry = app.conf.beat_schedule["sweep pending encounters"]
        assert (entry["task"], entry["schedule"]) == ("encounters.tasks.sweep_pending", 30.0)

    def test_names_only_tasks_that_exist(self) -> None:
        app.loader.import_default_modules()
        assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


class TestHeartbeat:
    def test_is_written_by_a_running_worker_and_taken_back_by_one_that_ends(self, broker: redis.Redis) -> None:
        broker.delete(HEARTBEAT_KEY)
        command = [sys.executable, "-m", "celery", "--app", "infusion_coder", "worker", "--pool", "solo"]
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "infusion_coder.settings"}
        with subprocess.Popen(
            command, env=environment, cwd=embedded.BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as worker:
            until = time.monotonic() + 30
            while not broker.exists(HEARTBEAT_KEY) and time.monotonic() < until:
                time.sleep(0.1)
            ttl = broker.ttl(HEARTBEAT_KEY)
            worker.terminate()
            output, _ = worker.communicate(timeout=30)
        assert 0 < int(str(ttl)) <= 20, output.decode()
        assert not broker.exists(HEARTBEAT_KEY)
