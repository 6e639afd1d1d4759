"""Makes the virtual environment, before anything is installed: run by a bare Python, so standard library only.

`python3 -I infusion_coder/bootstrap.py FOLDER REQUIREMENTS` leaves FOLDER with exactly what the file asks for, and does
nothing, quickly, when that is so already.
"""

import fcntl
import hashlib
import subprocess
import sys
import venv
from pathlib import Path

OLDEST_PYTHON = (3, 11)
BASE_DIR = Path(__file__).resolve().parent.parent


def main(folder: Path, requirements: Path) -> int:
    """The exit status."""
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        words = f"Python {oldest} or newer is needed; make PYTHON=/path/to/python3 names another.\n"
        sys.stderr.write(words)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "bootstrap.lock").open("w", encoding="utf-8") as lock:
        # Two instances of one checkout may be started at the same moment.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _install(folder, requirements)


def _install(folder: Path, requirements: Path) -> int:
    wanted = _content(requirements)
    stamp = folder / f"{requirements.stem}.installed"
    mark = hashlib.sha256(wanted.encode()).hexdigest()
    python = folder / "bin" / "python"
    if python.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == mark:
        return 0
    sys.stdout.write(f"Installing {requirements.name} into {folder} …\n")
    sys.stdout.flush()
    stamp.unlink(missing_ok=True)
    if not python.exists() or not _has_pip(python):
        try:
            venv.create(folder, with_pip=True, symlinks=True)
        except subprocess.CalledProcessError:
            sys.stderr.write("This Python cannot make a virtual environment; on Debian: apt-get install python3-venv\n")
            return 1
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "-r",
        str(requirements),
    ]
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        stamp.write_text(mark, encoding="ascii")
    return status


def _content(requirements: Path) -> str:
    """The file with the files it refers to, so that a change in any of them is seen."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return "\n".join(
        _content(requirements.parent / line.removeprefix("-r ").strip()) if line.startswith("-r ") else line
        for line in lines
    )


def _has_pip(python: Path) -> bool:
    return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute()))
