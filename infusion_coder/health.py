"""Whether this instance can do its work, for a load balancer, a monitor and `make run`."""

import functools
from collections.abc import Callable

import redis
import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from encounters.installed import load_rulebook
from infusion_coder import native
from infusion_coder.celery import HEARTBEAT_KEY

logger = structlog.get_logger(__name__)

SERVICE_UNAVAILABLE = 503
BROKER_SECONDS = 2.0


class PartIsDown(Exception):
    """One part does not work; the message says what is missing and names nothing secret."""


@require_safe
@never_cache
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """Every part with its state, and 503 as soon as one is down."""
    parts = {name: _state(name, check) for name, check in PARTS.items()}
    is_well = all(part["status"] == "ok" for part in parts.values())
    return JsonResponse(
        {"status": "ok" if is_well else "down", **parts}, status=200 if is_well else SERVICE_UNAVAILABLE
    )


def _state(name: str, check: Callable[[], dict[str, str]]) -> dict[str, str]:
    try:
        return {"status": "ok", **check()}
    except PartIsDown as error:
        return {"status": "down", "detail": str(error)}
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with a part, the others are still to be told of
        logger.warning("health check failed", part=name, error=type(error).__name__)
        return {"status": "down", "detail": type(error).__name__}


def database() -> dict[str, str]:
    """The database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {}


def broker() -> dict[str, str]:
    """The broker answers."""
    with _broker() as client:
        client.ping()
    return {}


def worker() -> dict[str, str]:
    """At least one worker has written its heartbeat lately."""
    with _broker() as client:
        if not client.exists(HEARTBEAT_KEY):
            message = "no worker has written its heartbeat lately"
            raise PartIsDown(message)
    return {}


def schema() -> dict[str, str]:
    """Every migration of this release is applied."""
    missing = _migrations() - set(MigrationRecorder(connection).applied_migrations())
    if missing:
        message = f"{len(missing)} migrations are not applied"
        raise PartIsDown(message)
    return {}


def rulebook() -> dict[str, str]:
    """The rulebook loads; its version is the hash of its content. `engine`: what the rules run as."""
    return {"version": _rulebook_version(), "engine": native.engine()}


PARTS: dict[str, Callable[[], dict[str, str]]] = {
    "database": database,
    "broker": broker,
    "worker": worker,
    "schema": schema,
    "rulebook": rulebook,
}


def _broker() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=BROKER_SECONDS, socket_timeout=BROKER_SECONDS
    )


# Neither changes while a process runs: both are files of the release.
@functools.cache
def _migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


@functools.cache
def _rulebook_version() -> str:
    return load_rulebook().version
