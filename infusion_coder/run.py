"""`make run`: everything this application consists of, started together and ended together.

Private servers where none are given, the schema, static files and demo content, a worker, its beat and a web server.
As soon as one of them ends, or a person presses Ctrl-C, or SIGTERM or SIGHUP arrives, all end.
"""

import contextlib
import json
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from infusion_coder import embedded, env, instance, native, processes
from infusion_coder.processes import Child, UnableToStartServer

POLL_SECONDS = 0.2
START_SECONDS = 90.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Bound to every address, it is reached at the loopback one.
REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- looked up, not bound to


class UnableToRun(Exception):
    """Something it consists of did not start, or ended by itself; the message says which and where to read why."""


class Stopped(Exception):
    """It was told to stop."""


@dataclass
class Run:
    """One run: where it keeps its things, where it listens, and whether it has been told to stop."""

    place: Path
    host: str
    port: int
    is_told_to_stop: bool = False
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def logs(self) -> Path:
        """The folder of the children's words."""
        return self.place / "log"

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it."""
        host = REACHED_AT.get(self.host, self.host)
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """Notes that it is to stop; what is half started is then ended in its turn, and nothing slips through."""
        if not self.is_told_to_stop:
            self.is_told_to_stop = True
            say("\nStopping …")

    def pause(self) -> None:
        """A short sleep. Raises Stopped when it was told to stop."""
        if self.is_told_to_stop:
            raise Stopped
        time.sleep(POLL_SECONDS)

    def start(self, name: str, *arguments: str, patience: float) -> Child:
        """A Python child of ours with its own log, asked to end by SIGTERM and given so many seconds for it."""
        return processes.start(
            name,
            [sys.executable, "-m", *arguments],
            instance=self.place,
            output=self.logs / f"{name}.log",
            environment=self.environment,
            folder=embedded.BASE_DIR,
            farewells=((signal.SIGTERM, patience),),
        )


def main() -> int:
    """Runs until it is told to stop. The exit status: 0 then, and 1 when something went wrong."""
    try:
        run = Run(
            place=embedded.instance_dir(),
            host=env.text("HOST", "127.0.0.1"),
            port=env.integer("PORT", default=8000, low=1, high=65535),
        )
        for number in STOP_SIGNALS:
            signal.signal(number, run.stop)
        with contextlib.ExitStack() as stack:
            _run(run, stack)
    except Stopped:
        say("Stopped; all data is kept.")
    except (UnableToRun, UnableToStartServer, instance.UnableToHoldInstance, ImproperlyConfigured) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(run: Run, stack: contextlib.ExitStack) -> None:
    stack.enter_context(instance.held(run.place, purpose=instance.SERVING, patience=10.0))
    for line in processes.end_leftovers(run.place):
        say(f"Ended what an earlier start had left running: {line}")
    _refuse_taken_port(run)
    servers = stack.enter_context(embedded.missing_servers(run.place))
    missing = embedded.missing_addresses(run.place)
    run.environment = missing | {
        "VAR_DIR": str(run.place),
        "PYTHONUNBUFFERED": "1",
        native.SWITCH: env.text(native.SWITCH, "1"),
    }
    if "DATABASE_URL" in missing:
        run.environment["APPLICATION_ROLE"] = embedded.APPLICATION_ROLE
    _prepare(run)
    if "DATABASE_URL" in missing:
        # The owner prepared the database; what is reached from outside works in it as somebody who can rewrite nothing.
        run.environment["DATABASE_URL"] = embedded.database_url(run.place, role=embedded.APPLICATION_ROLE)
    children = [*servers, *stack.enter_context(_application(run))]
    _wait_until_well(run, children)
    _greet(run)
    while True:
        _refuse_ended(run, children)
        run.pause()


def _refuse_taken_port(run: Run) -> None:
    family = socket.AF_INET6 if ":" in run.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((run.host, run.port))
        except OSError as error:
            message = f"{run.host} port {run.port} cannot be had: {error.strerror}. Give another PORT."
            raise UnableToRun(message) from error


def _prepare(run: Run) -> None:
    """Schema, static files and demo content are there. Its words go to the terminal: the first time takes a while."""
    child = processes.start(
        "prepare",
        [sys.executable, "-m", "infusion_coder.prepare"],
        instance=run.place,
        output=None,
        environment=run.environment,
        folder=embedded.BASE_DIR,
        farewells=((signal.SIGTERM, 10.0),),
    )
    try:
        while child.is_alive:
            run.pause()
    finally:
        child.end()
    if child.process.returncode != 0:
        message = "The database or the static files could not be prepared; see above."
        raise UnableToRun(message)


@contextlib.contextmanager
def _application(run: Run) -> Iterator[list[Child]]:
    """Worker, beat and web server."""
    web = ("gunicorn", "infusion_coder.wsgi", "--bind", f"{run.host}:{run.port}", "--workers", "2", "--threads", "4")
    children: list[Child] = []
    try:
        # Its tasks are given time to finish; one that is cut off is handed out again, and coded once all the same.
        celery, level = ("celery", "--app", "infusion_coder"), ("--loglevel", env.text("LOG_LEVEL", "INFO"))
        children.append(
            run.start("worker", *celery, "worker", *level, "--without-gossip", "--without-mingle", patience=20.0)
        )
        # Without a schedule file: every entry is due often, so there is nothing to remember, and nothing to corrupt.
        beat = (*celery, "beat", *level, "--scheduler", "celery.beat:Scheduler")
        children.append(run.start("beat", *beat, patience=5.0))
        children.append(run.start("web", *web, "--graceful-timeout", "10", "--no-control-socket", patience=15.0))
        yield children
    finally:
        processes.end_all(children)


def _refuse_ended(run: Run, children: list[Child]) -> None:
    for child in children:
        if not child.is_alive:
            log = run.logs / f"{child.name}.log"
            message = f"{child.name} ended by itself. The end of {log}:\n{processes.tail(log)}"
            raise UnableToRun(message)


def _wait_until_well(run: Run, children: list[Child]) -> None:
    until = time.monotonic() + START_SECONDS
    while (answer := _health(run)).get("status") != "ok":
        _refuse_ended(run, children)
        if time.monotonic() > until:
            message = f"Not well after {START_SECONDS:.0f} s: {json.dumps(answer)}. Logs are in {run.logs}."
            raise UnableToRun(message)
        run.pause()


def _health(run: Run) -> dict[str, Any]:
    names = [name for name in env.words("ALLOWED_HOSTS") if not name.startswith(("*", "."))]
    request = urllib.request.Request(f"{run.address}healthz", headers={"Host": names[0]} if names else {})  # noqa: S310 -- http only
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 -- as above
            return dict(json.load(response))
    except urllib.error.HTTPError as error:
        with contextlib.closing(error), contextlib.suppress(ValueError):
            return dict(json.load(error))
        return {"status": f"HTTP {error.code}"}
    except OSError:
        return {"status": "no answer"}


def _greet(run: Run) -> None:
    sign_ins = run.place / "sign-ins.txt"
    say(f"\nInfusion Coder runs at {run.address}")
    if sign_ins.exists():
        say(sign_ins.read_text(encoding="utf-8").rstrip())
    say(f"Logs are in {run.logs}. Ctrl-C stops everything and keeps all data.")


def say(words: str) -> None:
    """A line for whoever started it."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
