"""The worker's application. A task is a nudge: what is to be done stands in the database."""

import os
from typing import Any

import redis
import structlog
from celery import Celery, bootsteps
from celery.worker import WorkController
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infusion_coder.settings")

logger = structlog.get_logger(__name__)

HEARTBEAT_KEY = "infusion-coder:worker:heartbeat"
HEARTBEAT_EVERY_SECONDS = 5.0
# Three beats may be missed, as on a machine that is short of breath, before the worker counts as gone.
HEARTBEAT_LASTS_SECONDS = 20


class Heartbeat(bootsteps.StartStopStep):
    """Writes a key that expires, from the loop that fetches tasks, so that health is one cheap read."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: WorkController, **options: Any) -> None:
        """Holds no connection yet."""
        super().__init__(parent, **options)
        self.timer_entry: Any = None
        self.client: redis.Redis | None = None

    def start(self, parent: WorkController) -> None:
        """Beats at once, and then every few seconds."""
        self.client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)
        # The stubs speak of the thread-based timer of another pool.
        self.timer_entry = parent.timer.call_repeatedly(HEARTBEAT_EVERY_SECONDS, self.beat)  # type: ignore[union-attr]
        self.beat()

    def stop(self, parent: WorkController) -> None:
        """Beats no more, and says so, rather than leaving health to find out."""
        if self.timer_entry is not None:
            self.timer_entry.cancel()
            self.timer_entry = None
        if self.client is not None:
            self._send("delete", HEARTBEAT_KEY)
            self.client.close()

    def beat(self) -> None:
        """Writes the key anew."""
        self._send("set", HEARTBEAT_KEY, os.getpid(), ex=HEARTBEAT_LASTS_SECONDS)

    def _send(self, command: str, *args: Any, **options: Any) -> None:
        try:
            getattr(self.client, command)(*args, **options)
        except redis.RedisError as error:
            logger.warning("heartbeat not written", error=type(error).__name__)


app = Celery("infusion_coder")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(Heartbeat)
