import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infusion_coder import command_line, embedded, instance

MANAGE = [sys.executable, str(embedded.BASE_DIR / "manage.py")]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return kept | {"VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "infusion_coder.settings"}


class TestServersFor:
    def test_are_there_for_one_command_in_any_folder(self, environment: dict[str, str], tmp_path: Path) -> None:
        done = subprocess.run(
            [
                *MANAGE,
                "shell",
                "-v",
                "0",
                "-c",
                "from django.db import connection as c; c.ensure_connection(); print('yes')",
            ],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.stderr) == ("yes\n", "")
        assert not (tmp_path / "postgres" / "postmaster.pid").exists()

    def test_end_with_a_command_that_is_told_to_stop(self, environment: dict[str, str], tmp_path: Path) -> None:
        code = "import time; print('runs', flush=True); time.sleep(60)"
        with subprocess.Popen(
            [*MANAGE, "shell", "-v", "0", "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as command:
            assert command.stdout is not None
            assert command.stdout.readline() == b"runs\n"
            command.send_signal(signal.SIGTERM)
            assert command.wait(30) == 128 + signal.SIGTERM
        assert not (tmp_path / "postgres" / "postmaster.pid").exists()

    def test_are_those_of_make_run_where_it_runs(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("VAR_DIR", str(tmp_path))
        monkeypatch.delenv("DATABASE_URL", raising=False)
        with (
            instance.held(tmp_path, purpose=instance.SERVING, patience=0),
            command_line.servers_for(["manage.py", "migrate"]),
        ):
            assert not (tmp_path / "postgres").exists()

    def test_are_waited_for_while_another_command_has_them(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("VAR_DIR", str(tmp_path))
        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.setattr(command_line, "PATIENCE_SECONDS", 0.3)
        with (
            instance.held(tmp_path, purpose="manage.py import", patience=0),
            pytest.raises(SystemExit, match=r"in use by manage\.py import"),
            command_line.servers_for(["manage.py", "migrate"]),
        ):
            pass

    @pytest.mark.parametrize("arguments", [["code_cases", "x.yaml"], ["check"], ["--help"], []])
    def test_are_not_started_for_nothing(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str]
    ) -> None:
        monkeypatch.setenv("VAR_DIR", str(tmp_path))
        monkeypatch.delenv("DATABASE_URL", raising=False)
        with command_line.servers_for(["manage.py", *arguments]):
            assert list(tmp_path.iterdir()) == []

    def test_are_not_started_where_both_addresses_are_given(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("VAR_DIR", str(tmp_path))
        monkeypatch.setenv("DATABASE_URL", "postgresql://host/db")
        monkeypatch.setenv("REDIS_URL", "redis://host")
        with command_line.servers_for(["manage.py", "migrate"]):
            assert list(tmp_path.iterdir()) == []
