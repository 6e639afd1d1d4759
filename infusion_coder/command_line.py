"""A management command finds a database and a broker, also where no server was given and none runs."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType

from infusion_coder import embedded, instance
from infusion_coder.processes import UnableToStartServer

# They touch neither database nor broker, so they need not wait for a start.
NEED_NO_SERVER = frozenset(
    {"check", "code_cases", "collectstatic", "diffsettings", "findstatic", "help", "spectacular", "version"}
)
# Another command may have the instance for as long as an import takes.
PATIENCE_SECONDS = 120.0


@contextlib.contextmanager
def servers_for(arguments: Sequence[str]) -> Iterator[None]:
    """The given servers, those of a running `make run`, or private ones for as long as this command runs.

    Leaves the process with a message when none of these can be had.
    """
    with contextlib.ExitStack() as stack:
        if _needs_servers(arguments):
            try:
                stack.enter_context(_private_servers(purpose=f"manage.py {arguments[1]}"))
            except instance.UnableToHoldInstance as error:
                if not error.is_served:
                    sys.exit(str(error))
            except UnableToStartServer as error:
                sys.exit(str(error))
        yield


def _needs_servers(arguments: Sequence[str]) -> bool:
    if all(os.environ.get(name, "").strip() for name in ("DATABASE_URL", "REDIS_URL")):
        return False
    return len(arguments) > 1 and not arguments[1].startswith("-") and arguments[1] not in NEED_NO_SERVER


@contextlib.contextmanager
def _private_servers(*, purpose: str) -> Iterator[None]:
    place = embedded.instance_dir()
    with instance.held(place, purpose=purpose, patience=PATIENCE_SECONDS), embedded.missing_servers(place):
        # A command that starts itself again, as `runserver` does, finds them given.
        os.environ.update(embedded.missing_addresses(place))
        signal.signal(signal.SIGTERM, _leave)
        yield


def _leave(number: int, _frame: FrameType | None) -> None:
    """Ends as the shell would report it, but by way of every `finally`."""
    sys.exit(128 + number)
