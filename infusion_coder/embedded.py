"""A private PostgreSQL and a private Valkey for an instance that was given no servers."""

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

# A socket's path must fit into 104 bytes on macOS and 108 on Linux, its terminating zero included.
LONGEST_SOCKET_PATH = 103
POSTGRES_SOCKET = ".s.PGSQL.5432"
ROLE = DATABASE = "infusion_coder"


def instance_dir(given: str) -> Path:
    """The instance's own folder, absolute, whatever the working folder is."""
    return Path(given).expanduser().resolve()


def socket_dir(var_dir: Path) -> Path:
    """The folder of the sockets: inside the instance's folder, or elsewhere where that path is too long for a socket."""
    near = var_dir / "run"
    if len(os.fsencode(near / "postgres" / POSTGRES_SOCKET)) <= LONGEST_SOCKET_PATH:
        return near
    mark = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12]
    return Path("/tmp") / f"infusion-coder-{os.getuid()}-{mark}"


def database_url(var_dir: Path, *, database: str = DATABASE, role: str = ROLE) -> str:
    """The address of the private database, whether or not it runs."""
    return f"postgresql://{role}@/{database}?host={quote(str(socket_dir(var_dir) / 'postgres'))}"


def redis_url(var_dir: Path) -> str:
    """The address of the private broker, whether or not it runs."""
    return f"unix://{quote(str(socket_dir(var_dir) / 'valkey' / 'socket'))}"
