"""Values from the environment, refused when they cannot be meant.

A setting that is misspelt must stop the start, not change the meaning: `DEBUG=fasle` is not false.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
DATABASE_SCHEMES = frozenset({"postgres", "postgresql"})
BROKER_SCHEMES = frozenset({"redis", "rediss", "unix"})

# A database that does not answer is told of soon, rather than after minutes.
CONNECT_SECONDS = "5"


def text(name: str, default: str | None = None) -> str:
    """The variable's text without surrounding blanks; unset or empty means the default.

    Raises ImproperlyConfigured when there is neither.
    """
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        message = f"{name} is not set, and it has no default."
        raise ImproperlyConfigured(message)
    return default


def flag(name: str, *, default: bool) -> bool:
    """Yes or no. Raises ImproperlyConfigured for any word that is clearly neither."""
    value = text(name, str(default)).lower()
    if value in TRUE_WORDS:
        return True
    if value in FALSE_WORDS:
        return False
    message = (
        f"{name}={value!r} is neither yes ({', '.join(sorted(TRUE_WORDS))}) nor no ({', '.join(sorted(FALSE_WORDS))})."
    )
    raise ImproperlyConfigured(message)


def integer(name: str, *, default: int, low: int, high: int) -> int:
    """A whole number from low to high, both included. Raises ImproperlyConfigured for anything else."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
        message = f"{name}={value!r} is not a whole number from {low} to {high}."
        raise ImproperlyConfigured(message)
    return int(value)


def words(name: str, *, default: tuple[str, ...] = ()) -> list[str]:
    """The parts between commas, blanks removed; unset or empty means the default."""
    parts = [part.strip() for part in os.environ.get(name, "").split(",")]
    return [part for part in parts if part] or list(default)


def optional_folder(name: str) -> Path | None:
    """The folder as an absolute path, None where the variable is unset or empty.

    Raises ImproperlyConfigured where there is no such folder.
    """
    value = text(name, "")
    if not value:
        return None
    path = Path(value).resolve()
    if not path.is_dir():
        message = f"{name}={value!r} is no folder."
        raise ImproperlyConfigured(message)
    return path


def choice(name: str, *, default: str, among: frozenset[str]) -> str:
    """One of the given words, in any case. Raises ImproperlyConfigured for any other."""
    value = text(name, default).upper()
    if value not in among:
        message = f"{name}={value!r} is none of {', '.join(sorted(among))}."
        raise ImproperlyConfigured(message)
    return value


def folder(name: str, default: Path) -> Path:
    """An absolute path; unset or empty means the default."""
    return Path(text(name, str(default))).expanduser().resolve()


def database(address: str) -> dict[str, object]:
    """Django's description of the PostgreSQL database at an address.

    `postgresql://user:password@host:port/name?sslmode=require`; `?host=/folder` names a socket folder; every other
    query key goes to libpq as it stands. Raises ImproperlyConfigured for another kind of address.
    """
    parts = urlsplit(address)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in DATABASE_SCHEMES or not name:
        message = "DATABASE_URL must look like postgresql://user:password@host:port/name."
        raise ImproperlyConfigured(message)
    options = dict(_query(parts.query, variable="DATABASE_URL"))
    host = options.pop("host", parts.hostname or "")
    options.setdefault("connect_timeout", CONNECT_SECONDS)
    return {
        "ENGINE": "infusion_coder.database",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(_port(address, variable="DATABASE_URL") or ""),
        "OPTIONS": options,
    }


def broker(address: str) -> str:
    """The address itself, once it is sure to be a Redis-protocol one. Raises ImproperlyConfigured otherwise.

    `redis://` and `rediss://` name a host, `unix://` a socket file.
    """
    parts = urlsplit(address)
    located = parts.path if parts.scheme == "unix" else parts.hostname
    if parts.scheme not in BROKER_SCHEMES or not located:
        message = "REDIS_URL must look like redis://host:port/0, rediss://host:port/0 or unix:///path/to/socket."
        raise ImproperlyConfigured(message)
    _port(address, variable="REDIS_URL")
    return address


def celery_broker(address: str) -> str:
    """The same address in Celery's spelling, which calls a socket file `redis+socket`."""
    return address.replace("unix://", "redis+socket://", 1)


def _port(address: str, *, variable: str) -> int | None:
    try:
        return urlsplit(address).port
    except ValueError as error:
        message = f"{variable} names a port that is no port."
        raise ImproperlyConfigured(message) from error


def _query(query: str, *, variable: str) -> list[tuple[str, str]]:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    if any(not key or not value for key, _, value in pairs):
        message = f"{variable} has a query part that is not key=value."
        raise ImproperlyConfigured(message)
    return [(unquote(key), unquote(value)) for key, _, value in pairs]
