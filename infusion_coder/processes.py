"""Child processes that are sure to end: each in a session of its own, each marked with the instance it belongs to."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

# Stands in the environment of every process that an instance started, so that a later start finds what a killed
# one left behind.
MARK = "INFUSION_CODER_INSTANCE"
POLL_SECONDS = 0.05
LONGEST_LOG_BYTES = 10 * 1024 * 1024


class UnableToStartServer(Exception):
    """A server did not come up; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Account:
    """The system account a child runs as, where that is not our own."""

    uid: int
    gid: int


@dataclass
class Child:
    """A running child, and how it is asked to end: each signal in turn, with the seconds it is then given."""

    name: str
    process: subprocess.Popen[bytes]
    farewells: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 20.0),)
    _is_asked: bool = field(default=False, init=False)

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def ask_to_end(self) -> None:
        """Sends the first of its signals, once, and returns at once: asked twice, a worker would drop its task."""
        if not self._is_asked:
            self._is_asked = True
            self.process.send_signal(self.farewells[0][0])

    def end(self) -> None:
        """It has ended, and so has every process of its session that it had not ended itself."""
        self.ask_to_end()
        for position, (number, patience) in enumerate(self.farewells):
            if position:
                self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start(
    name: str,
    command: Sequence[str | os.PathLike[str]],
    *,
    instance: Path,
    output: Path | None,
    environment: Mapping[str, str] | None = None,
    folder: Path = Path("/"),
    account: Account | None = None,
    farewells: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 20.0),),
) -> Child:
    """A new child in its own session, so that Ctrl-C reaches only whoever is to end it.

    `output` is the file its words are appended to; without one they go where ours go. It starts in the root folder,
    which any account may be in, unless another is given.
    """
    if output:
        _rotate(output)
    with contextlib.ExitStack() as files:
        words = files.enter_context(output.open("ab")) if output else None
        process = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {}), MARK: str(instance)},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT if words else None,
            cwd=folder,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    return Child(name=name, process=process, farewells=farewells)


def _rotate(log: Path) -> None:
    """Keeps one older log beside a long one."""
    if log.exists() and log.stat().st_size > LONGEST_LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))


def wait_until_ready(child: Child, is_ready: Callable[[], bool], *, seconds: float, log: Path) -> None:
    """Returns once it is ready. Raises UnableToStartServer, with the end of its log, when it ends or takes too long."""
    until = time.monotonic() + seconds
    while not is_ready():
        if not child.is_alive or time.monotonic() > until:
            why = f"did not answer within {seconds:.0f} s" if child.is_alive else "ended"
            child.end()
            message = f"{child.name} {why} while starting. The end of {log}:\n{tail(log)}"
            raise UnableToStartServer(message)
        time.sleep(POLL_SECONDS)


def tail(log: Path, *, lines: int = 15) -> str:
    """The last lines of a log, for a message."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def end_all(children: Iterable[Child]) -> None:
    """All have ended; they were asked at once, so that the slowest alone decides how long it takes."""
    children = list(children)
    for child in children:
        child.ask_to_end()
    for child in children:
        child.end()


def end_leftovers(instance: Path, *, patience: float = 10.0) -> list[str]:
    """Ends the processes that a killed start of this instance left running; their command lines, for a message.

    PostgreSQL is not among them: told to end in the common way it waits for its sessions, so it is ended in its own way
    when the next one starts.
    """
    left = [process for process in psutil.process_iter() if _belongs(process, instance)]
    lines = []
    for process in left:
        with contextlib.suppress(psutil.Error):
            lines.append(" ".join(process.cmdline()[:4]))
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=patience)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=patience)
    return lines


def _belongs(process: psutil.Process, instance: Path) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        return process.environ().get(MARK) == str(instance) and process.name() != "postgres"
    except (psutil.Error, OSError):
        return False


def wait_for_end(process: psutil.Process, *, patience: float) -> bool:
    """Whether it ended in time. Works on processes that are nobody's child, too."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(POLL_SECONDS)
    return False
