"""`make run`'s supervisor as a person meets it: a process that is started, watched, killed and started again."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from infusion_coder import embedded, processes

START_SECONDS = 120
# One after the other: two whole applications on two cores would only wait for each other.
pytestmark = pytest.mark.xdist_group("run")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Supervisor:
    """A started supervisor, its words so far, and the processes of its instance."""

    def __init__(self, instance: Path, *, port: int) -> None:
        self.instance = instance
        self.port = port
        self.words = instance.with_name(f"{instance.name}.{port}.words")
        kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        with self.words.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "infusion_coder.run"],
                cwd=embedded.BASE_DIR,
                env=kept
                | {
                    "VAR_DIR": str(instance),
                    "PORT": str(port),
                    "LOAD_SAMPLES": "0",
                    "DJANGO_SETTINGS_MODULE": "infusion_coder.settings",
                },
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.words.read_text(encoding="utf-8")

    def wait_until_it_says(self, words: str) -> None:
        until = time.monotonic() + START_SECONDS
        while words not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < until, self.said()
            time.sleep(0.1)

    def health(self) -> dict[str, object]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
            return dict(json.load(answer))

    def running(self) -> list[str]:
        """The processes of the instance, PostgreSQL's among them."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                line = " ".join(process.cmdline())
                is_ours = process.environ().get(processes.MARK) == str(self.instance)
                if process.pid != self.process.pid and (is_ours or f"{self.instance}/" in line):
                    found.append(line)
        return found

    def roles(self) -> set[str]:
        """Who is connected to the private database."""
        asked = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        with psycopg.connect(embedded.database_url(self.instance)) as connection:
            return {name for (name,) in connection.execute(asked, [embedded.DATABASE])}

    def child(self, pattern: str) -> psutil.Process:
        for process in psutil.Process(self.process.pid).children():
            if re.search(pattern, " ".join(process.cmdline())):
                return process
        raise AssertionError(f"no child like {pattern}: {self.running()}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One instance for all tests here: the first start makes its data, and the next ones find it."""
    return tmp_path_factory.mktemp("run") / "var"


@pytest.fixture
def supervisor(folder: Path) -> Iterator[Supervisor]:
    started = Supervisor(folder, port=free_port())
    try:
        started.wait_until_it_says("Infusion Coder runs at")
        yield started
    finally:
        if started.process.poll() is None:
            started.process.terminate()
            started.process.wait(60)
        processes.end_leftovers(folder)


class TestRun:
    def test_serves_refuses_a_second_one_and_ends_on_ctrl_c_leaving_nothing(self, supervisor: Supervisor) -> None:
        assert supervisor.health()["status"] == "ok"
        assert f"http://127.0.0.1:{supervisor.port}/" in supervisor.said()
        assert supervisor.roles() == {"infusion_coder_app"}
        second = Supervisor(supervisor.instance, port=free_port())
        assert second.process.wait(60) == 1
        assert "is in use by make run" in second.said()
        assert supervisor.health()["status"] == "ok"
        supervisor.process.send_signal(signal.SIGINT)
        supervisor.process.send_signal(signal.SIGINT)
        assert supervisor.process.wait(60) == 0, supervisor.said()
        assert "all data is kept" in supervisor.said()
        assert supervisor.running() == []
        assert not (supervisor.instance / "postgres" / "postmaster.pid").exists()

    @pytest.mark.parametrize("pattern", ["celery .* worker", "postgres"])
    def test_ends_with_any_of_its_children(self, supervisor: Supervisor, pattern: str) -> None:
        supervisor.child(pattern).kill()
        assert supervisor.process.wait(60) == 1, supervisor.said()
        assert "ended by itself" in supervisor.said()
        assert supervisor.running() == []

    def test_takes_over_from_one_that_was_killed(self, supervisor: Supervisor) -> None:
        supervisor.process.kill()
        supervisor.process.wait(10)
        assert supervisor.running() != []
        second = Supervisor(supervisor.instance, port=supervisor.port)
        second.wait_until_it_says("Infusion Coder runs at")
        assert "Ended what an earlier start had left running" in second.said()
        second.process.terminate()
        assert second.process.wait(60) == 0
        assert second.running() == []


class TestRefusals:
    def test_of_a_port_that_is_taken(self, tmp_path: Path) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            refused = Supervisor(tmp_path / "var", port=other.getsockname()[1])
            assert refused.process.wait(60) == 1
        assert "cannot be had" in refused.said()
        assert "Give another PORT" in refused.said()

    def test_of_a_port_that_is_none(self, tmp_path: Path) -> None:
        refused = Supervisor(tmp_path / "var", port=99999)
        assert refused.process.wait(60) == 1
        assert refused.said() == "PORT='99999' is not a whole number from 1 to 65535.\n"
