"""The secret key of an instance that was given none."""

import os
import secrets
from pathlib import Path

KEY_BYTES = 48
OWNER_ONLY = 0o600


def kept_key(var_dir: Path) -> str:
    """The key kept in the instance's own folder, made once and readable by its owner only."""
    path = var_dir / "secret_key"
    while not (key := _read(path)):
        _make(path)
    return key


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _make(path: Path) -> None:
    """Leaves a whole key at the path, whoever wrote it: two processes starting at once end up with the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    mine.unlink(missing_ok=True)
    with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(KEY_BYTES))
    try:
        os.link(mine, path)
    except FileExistsError:
        if not _read(path):
            path.unlink(missing_ok=True)
    finally:
        mine.unlink()
