"""A private PostgreSQL and a private Valkey for an instance that was given no servers.

Their addresses follow from the instance's folder alone, so a management command finds the servers that `make run`
started. Their data lies under that folder; the sockets they listen on are open to the account that started them.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from infusion_coder import env, postgres, processes, valkey
from infusion_coder.processes import Child

BASE_DIR = Path(__file__).resolve().parent.parent
# A socket's path must fit into 104 bytes on macOS and 108 on Linux, its terminating zero included.
LONGEST_SOCKET_PATH = 103
ROLE = DATABASE = "infusion_coder"
APPLICATION_ROLE = "infusion_coder_app"
"""Whom web server and worker are to the private database: it owns nothing, and can rewrite no history."""


def instance_dir() -> Path:
    """The instance's own folder, from VAR_DIR or else `var` in the checkout; absolute in any working folder."""
    return Path(env.text("VAR_DIR", str(BASE_DIR / "var"))).expanduser().resolve()


def socket_dir(instance: Path) -> Path:
    """The folder of the sockets: inside the instance's folder, or elsewhere where that is too long a path."""
    near = instance / "run"
    if len(os.fsencode(near / "postgres" / postgres.SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return near
    mark = hashlib.sha256(os.fsencode(instance)).hexdigest()[:12]
    return Path("/tmp") / f"infusion-coder-{os.getuid()}-{mark}"  # noqa: S108 -- made for its owner only, and checked


def database_url(instance: Path, *, role: str = ROLE) -> str:
    """The address of the private database for one of its roles, its owner unless told; whether or not it runs."""
    return f"postgresql://{role}@/{DATABASE}?host={quote(str(socket_dir(instance) / 'postgres'))}"


def redis_url(instance: Path) -> str:
    """The address of the private broker, whether or not it runs."""
    return f"unix://{quote(str(socket_dir(instance) / 'valkey' / valkey.SOCKET_NAME))}"


def missing_addresses(instance: Path) -> dict[str, str]:
    """The addresses of the private servers by the names of those of DATABASE_URL and REDIS_URL that are not set."""
    addresses = {"DATABASE_URL": database_url(instance), "REDIS_URL": redis_url(instance)}
    return {name: address for name, address in addresses.items() if not os.environ.get(name, "").strip()}


@contextlib.contextmanager
def missing_servers(instance: Path, *, is_durable: bool = True) -> Iterator[list[Child]]:
    """Private servers for whichever of DATABASE_URL and REDIS_URL is not set. Raises UnableToStartServer."""
    missing = missing_addresses(instance)
    with servers(
        instance, database="DATABASE_URL" in missing, broker="REDIS_URL" in missing, is_durable=is_durable
    ) as started:
        yield started


@contextlib.contextmanager
def servers(instance: Path, *, database: bool, broker: bool, is_durable: bool = True) -> Iterator[list[Child]]:
    """The servers asked for, started, ready, and ended afterwards.

    What a killed start left running of them is ended first. `is_durable=False` lets PostgreSQL lose data on a power
    cut, which is what tests want. The caller holds the instance: two of these on one folder would end each other.
    Raises UnableToStartServer.
    """
    instance.mkdir(parents=True, exist_ok=True)
    sockets = _own_folder(socket_dir(instance))
    (instance / "log").mkdir(exist_ok=True)
    started: list[Child] = []
    try:
        if broker:
            started.append(valkey.start(instance=instance, sockets=sockets / "valkey"))
        if database:
            started.append(postgres.start(instance=instance, sockets=sockets / "postgres", is_durable=is_durable))
            postgres.ensure_database(sockets / "postgres", role=ROLE, application=APPLICATION_ROLE, database=DATABASE)
        yield started
    finally:
        processes.end_all(reversed(started))
        if not sockets.is_relative_to(instance):
            shutil.rmtree(sockets, ignore_errors=True)


def _own_folder(folder: Path) -> Path:
    """The folder, ours alone to write to. Raises UnableToStartServer where someone else made it before us."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o711)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        message = f"{folder} belongs to someone else; give another VAR_DIR."
        raise processes.UnableToStartServer(message)
    return folder
