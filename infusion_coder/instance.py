"""One instance, one holder: whoever has an instance's folder in hand, and how another one asks."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

POLL_SECONDS = 0.2


SERVING = "make run"


class UnableToHoldInstance(Exception):
    """Another process has the instance's folder in hand."""

    def __init__(self, instance: Path, holder: str) -> None:
        """Says who holds which folder, and what to do."""
        super().__init__(
            f"{instance} is in use by {holder or 'another process'}. "
            "Stop that one first, or give this one a VAR_DIR and a PORT of its own."
        )
        self.is_served = holder.startswith(SERVING)


@contextlib.contextmanager
def held(instance: Path, *, purpose: str, patience: float) -> Iterator[None]:
    """The folder is ours while the block runs; the lock goes with the process, however that ends.

    Raises UnableToHoldInstance when another still has it after so many seconds, and at once when that one is
    `make run`, which does not end by itself.
    """
    instance.mkdir(parents=True, exist_ok=True)
    with (instance / "instance.lock").open("a+", encoding="utf-8") as file:
        until = time.monotonic() + patience
        while not _lock(file.fileno()):
            file.seek(0)
            holder = file.read().strip()
            if holder.startswith(SERVING) or time.monotonic() >= until:
                raise UnableToHoldInstance(instance, holder)
            time.sleep(POLL_SECONDS)
        file.truncate(0)
        file.write(f"{purpose} (process {os.getpid()})")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
