"""The secret keys of an instance that was given none."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 48


def kept_key(var_dir: Path, name: str = "secret_key") -> str:
    """The key of that name kept in the instance's own folder, made once and readable by its owner only.

    Raises ImproperlyConfigured for a key file without a key.
    """
    path = var_dir / name
    if not path.exists():
        _make(path)
    key = path.read_text(encoding="ascii").strip()
    if not key:
        raise ImproperlyConfigured(
            f"{path} is empty. Put the key back from a backup, or remove the file for a new one."
        )
    return key


def _make(path: Path) -> None:
    """Leaves a whole key at the path, whoever wrote it: processes that start at once end up with the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Files made so are readable by their owner only.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}.", encoding="ascii") as mine:
        mine.write(secrets.token_urlsafe(KEY_BYTES))
        mine.flush()
        with contextlib.suppress(FileExistsError):
            os.link(mine.name, path)
