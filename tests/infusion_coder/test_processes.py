import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from infusion_coder import processes

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)
WITH_A_CHILD = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(child.pid, flush=True); time.sleep(60)"
)


def first_line(log: Path) -> str:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if log.exists() and "\n" in (text := log.read_text()):
            return text.splitlines()[0]
        time.sleep(0.05)
    raise AssertionError(f"nothing written to {log}")


def start(code: str, *, instance: Path, patience: float = 5.0) -> processes.Child:
    return processes.start(
        "child",
        [sys.executable, "-c", code],
        instance=instance,
        output=instance / "log",
        farewells=((signal.SIGTERM, patience),),
    )


class TestChild:
    def test_ends_in_its_own_time(self, tmp_path: Path) -> None:
        child = start("import time; time.sleep(60)", instance=tmp_path)
        assert child.is_alive
        child.end()
        assert child.process.returncode == -signal.SIGTERM

    def test_is_killed_when_it_will_not_end(self, tmp_path: Path) -> None:
        child = start(STUBBORN, instance=tmp_path, patience=0.2)
        first_line(tmp_path / "log")
        child.end()
        assert child.process.returncode == -signal.SIGKILL

    def test_takes_its_own_children_along(self, tmp_path: Path) -> None:
        child = start(WITH_A_CHILD, instance=tmp_path)
        grandchild = psutil.Process(int(first_line(tmp_path / "log")))
        child.process.kill()
        child.end()
        assert processes.wait_for_end(grandchild, patience=5)

    def test_is_out_of_reach_of_our_ctrl_c(self, tmp_path: Path) -> None:
        child = start("import time; time.sleep(60)", instance=tmp_path)
        assert os.getpgid(child.process.pid) != os.getpgid(0)
        child.end()


class TestWaitUntilReady:
    def test_tells_the_end_of_the_log_of_one_that_ended(self, tmp_path: Path) -> None:
        child = start("print('no space left'); raise SystemExit(3)", instance=tmp_path)
        with pytest.raises(processes.UnableToStartServer, match=r"child ended while starting[\s\S]*no space left"):
            processes.wait_until_ready(child, lambda: False, seconds=20, log=tmp_path / "log")

    def test_does_not_wait_for_ever(self, tmp_path: Path) -> None:
        child = start("import time; time.sleep(60)", instance=tmp_path)
        with pytest.raises(processes.UnableToStartServer, match="did not answer within 0 s"):
            processes.wait_until_ready(child, lambda: False, seconds=0.2, log=tmp_path / "log")
        assert not child.is_alive


class TestEndLeftovers:
    def test_ends_those_of_this_instance_only(self, tmp_path: Path) -> None:
        (tmp_path / "ours").mkdir()
        (tmp_path / "theirs").mkdir()
        ours = start("import time; time.sleep(60)", instance=tmp_path / "ours")
        theirs = start("import time; time.sleep(60)", instance=tmp_path / "theirs")
        assert len(processes.end_leftovers(tmp_path / "ours")) == 1
        assert (ours.is_alive, theirs.is_alive) == (False, True)
        theirs.end()

    def test_kills_the_stubborn(self, tmp_path: Path) -> None:
        child = start(STUBBORN, instance=tmp_path)
        first_line(tmp_path / "log")
        processes.end_leftovers(tmp_path, patience=0.2)
        assert not child.is_alive

    def test_finds_nothing_where_nothing_is(self, tmp_path: Path) -> None:
        assert processes.end_leftovers(tmp_path) == []


class TestStart:
    def test_keeps_one_older_log_beside_a_long_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes, "LONGEST_LOG_BYTES", 3)
        (tmp_path / "log").write_text("older")
        child = start("print('newer')", instance=tmp_path)
        child.process.wait(10)
        assert ((tmp_path / "log.1").read_text(), (tmp_path / "log").read_text()) == ("older", "newer\n")

    def test_leaves_no_process_when_it_cannot(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            processes.start("absent", [tmp_path / "absent"], instance=tmp_path, output=None)


def test_a_second_asking_is_not_sent(tmp_path: Path) -> None:
    count = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True))\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.1)"
    )
    child = start(count, instance=tmp_path, patience=0.5)
    first_line(tmp_path / "log")
    child.ask_to_end()
    child.end()
    assert (tmp_path / "log").read_text().splitlines() == ["ready", "asked"]
