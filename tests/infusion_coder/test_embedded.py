import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from infusion_coder import embedded, postgres, processes, valkey
from infusion_coder.processes import Child, UnableToStartServer


@contextlib.contextmanager
def database(instance: Path, *, is_durable: bool = False) -> Iterator[Child]:
    with embedded.servers(instance, database=True, broker=False, is_durable=is_durable) as (child,):
        yield child


def query(instance: Path, statement: str) -> list[tuple[object, ...]]:
    with contextlib.closing(psycopg.connect(embedded.database_url(instance), autocommit=True)) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


class TestAddresses:
    def test_follow_from_the_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VAR_DIR", "some/folder")
        monkeypatch.chdir(tmp_path)
        assert embedded.instance_dir() == tmp_path / "some" / "folder"

    def test_lie_elsewhere_where_the_path_is_too_long_for_a_socket(self, tmp_path: Path) -> None:
        long, longer = tmp_path / ("x" * 120), tmp_path / ("x" * 121)
        assert len(str(embedded.socket_dir(long))) < 60
        assert embedded.socket_dir(long) != embedded.socket_dir(longer)

    def test_keep_a_blank_in_the_path(self) -> None:
        assert embedded.redis_url(Path("/my files")) == "unix:///my%20files/run/valkey/socket"


class TestServers:
    def test_keep_rows_from_one_start_to_the_next(self, tmp_path: Path) -> None:
        with database(tmp_path):
            query(tmp_path, "CREATE TABLE kept AS SELECT 'Zoë Müller 李' AS name")
        with database(tmp_path):
            assert query(tmp_path, "SELECT name FROM kept") == [("Zoë Müller 李",)]

    def test_open_neither_port_nor_superuser(self, tmp_path: Path) -> None:
        with database(tmp_path):
            assert query(tmp_path, "SHOW listen_addresses") == [("",)]
            assert query(tmp_path, "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user") == [
                (False, True)
            ]
            query(tmp_path, "CREATE EXTENSION btree_gist")
        assert stat.S_IMODE((tmp_path / "run" / "postgres").stat().st_mode) == 0o700

    def test_end_with_the_block(self, tmp_path: Path) -> None:
        with embedded.servers(tmp_path, database=True, broker=True, is_durable=False) as children:
            assert [child.name for child in children] == ["valkey", "postgres"]
            with contextlib.closing(redis.Redis.from_url(embedded.redis_url(tmp_path))) as client:
                assert client.ping()
        assert not any(child.is_alive for child in children)
        assert not postgres.answers(tmp_path / "run" / "postgres")
        assert not valkey.answers(tmp_path / "run" / "valkey" / "socket")

    def test_start_again_after_the_server_was_killed(self, tmp_path: Path) -> None:
        with database(tmp_path, is_durable=True) as child:
            query(tmp_path, "CREATE TABLE kept AS SELECT 1 AS one")
            child.process.kill()
            child.process.wait()
        assert (tmp_path / "postgres" / "postmaster.pid").exists()
        with database(tmp_path):
            assert query(tmp_path, "SELECT one FROM kept") == [(1,)]

    def test_start_again_when_the_pid_left_behind_is_another_program_now(self, tmp_path: Path) -> None:
        with database(tmp_path):
            pid_file = (tmp_path / "postgres" / "postmaster.pid").read_text()
        lines = [str(os.getppid()), *pid_file.splitlines()[1:]]
        (tmp_path / "postgres" / "postmaster.pid").write_text("\n".join(lines))
        (tmp_path / "run" / "postgres" / f"{postgres.SOCKET_NAME}.lock").write_text(f"{os.getppid()}\n")
        with database(tmp_path):
            assert query(tmp_path, "SELECT 1") == [(1,)]
        assert psutil.pid_exists(os.getppid())

    def test_start_again_when_the_pid_left_behind_is_a_program_of_somebody_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with database(tmp_path):
            pid_file = (tmp_path / "postgres" / "postmaster.pid").read_text()
        lines = [str(os.getppid()), *pid_file.splitlines()[1:]]
        (tmp_path / "postgres" / "postmaster.pid").write_text("\n".join(lines))

        def refused(process: psutil.Process) -> str:
            raise psutil.AccessDenied(process.pid)

        monkeypatch.setattr(psutil.Process, "cwd", refused)
        with database(tmp_path):
            assert query(tmp_path, "SELECT 1") == [(1,)]

    def test_take_over_from_a_server_that_a_killed_start_left_running(self, tmp_path: Path) -> None:
        with database(tmp_path) as left, database(tmp_path) as taken:
            assert left.process.wait(10) is not None
            assert query(tmp_path, "SELECT 1") == [(1,)]
            assert taken.is_alive

    def test_make_a_whole_data_folder_or_none(self, tmp_path: Path) -> None:
        half_made = tmp_path / "postgres.making"
        half_made.mkdir()
        (half_made / "PG_VERSION").write_text("18")
        with database(tmp_path):
            assert query(tmp_path, "SELECT 1") == [(1,)]
        assert not half_made.exists()

    def test_refuse_the_data_of_another_release(self, tmp_path: Path) -> None:
        (tmp_path / "postgres").mkdir(parents=True)
        (tmp_path / "postgres" / "PG_VERSION").write_text("12\n")
        with pytest.raises(UnableToStartServer, match="written by PostgreSQL 12"), database(tmp_path):
            pass

    def test_tell_why_they_cannot(self, tmp_path: Path) -> None:
        with database(tmp_path):
            pass
        (tmp_path / "postgres" / "postgresql.conf").write_text("nonsense = 1\n")
        with pytest.raises(UnableToStartServer, match="nonsense"), database(tmp_path):
            pass

    def test_leave_no_sockets_elsewhere(self, tmp_path: Path) -> None:
        long = tmp_path / ("x" * 120)
        with database(long):
            assert query(long, "SELECT 1") == [(1,)]
        assert not embedded.socket_dir(long).exists()

    def test_run_side_by_side(self, tmp_path: Path) -> None:
        (tmp_path / "one").mkdir()
        with database(tmp_path / "one"), database(tmp_path / "two"):
            query(tmp_path / "one", "CREATE TABLE only_here ()")
            assert query(tmp_path / "two", "SELECT to_regclass('only_here')") == [(None,)]

    def test_keep_values_of_rows_out_of_the_log(self, tmp_path: Path) -> None:
        with database(tmp_path):
            query(tmp_path, "CREATE TABLE patient (mrn text UNIQUE)")
            query(tmp_path, "INSERT INTO patient VALUES ('MRN-SECRET')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                query(tmp_path, "INSERT INTO patient VALUES ('MRN-SECRET')")
        log = (tmp_path / "log" / "postgres.log").read_text()
        assert "duplicate key value" in log
        assert "MRN-SECRET" not in log


class TestMissingServers:
    def test_are_none_where_both_addresses_are_given(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://host/db")
        monkeypatch.setenv("REDIS_URL", "redis://host")
        assert embedded.missing_addresses(tmp_path) == {}
        with embedded.missing_servers(tmp_path) as children:
            assert children == []
        assert not (tmp_path / "postgres").exists()

    def test_are_the_broker_alone_where_a_database_is_given(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://host/db")
        monkeypatch.delenv("REDIS_URL", raising=False)
        assert embedded.missing_addresses(tmp_path) == {"REDIS_URL": embedded.redis_url(tmp_path)}
        with embedded.missing_servers(tmp_path):
            assert valkey.answers(tmp_path / "run" / "valkey" / "socket")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as someone else")
class TestAsRoot:
    def test_opens_a_way_through_folders_that_only_root_may_enter(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        with database(closed / "var") as child:
            assert psutil.Process(child.process.pid).uids().real != 0
        assert stat.S_IMODE(closed.stat().st_mode) == 0o701


def test_wait_for_end_sees_a_process_that_stays(tmp_path: Path) -> None:
    assert not processes.wait_for_end(psutil.Process(), patience=0.1)
