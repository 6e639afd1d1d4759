"""One instance, one holder: whoever has an instance's folder in hand, and how another one asks."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

POLL_SECONDS = 0.2


class UnableToHoldInstance(Exception):
    """Another process has the instance's folder in hand."""

    def __init__(self, instance: Path, holder: str) -> None:
        """Says who holds which folder, and what to do."""
        super().__init__(
            f"{instance} is in use by {holder or 'another process'}. "
            "Stop that one first, or give this one a VAR_DIR and a PORT of its own."
        )
        self.holder = holder


@contextlib.contextmanager
def held(instance: Path, *, purpose: str, patience: float = 0.0) -> Iterator[None]:
    """The folder is ours while the block runs; the lock goes with the process, however that ends.

    Raises UnableToHoldInstance when another still has it after so many seconds.
    """
    instance.mkdir(parents=True, exist_ok=True)
    with (instance / "instance.lock").open("a+", encoding="utf-8") as file:
        until = time.monotonic() + patience
        while not _lock(file.fileno()):
            if time.monotonic() >= until:
                file.seek(0)
                raise UnableToHoldInstance(instance, file.read().strip())
            time.sleep(POLL_SECONDS)
        file.truncate(0)
        file.write(f"{purpose} (process {os.getpid()})")
        file.flush()
        yield
        file.truncate(0)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
