"""Every part of `make bench` but the engine, one after the other, each in a process and a time of its own.

`python -m tests.bench.parts FILE` has each write its section of the page. A part that fails or takes too long is
named there and on the terminal, the others are measured all the same, and the exit status is 1.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

SECONDS = {"pages": 600, "keystrokes": 120, "trail": 150, "imports": 120, "impact": 300, "cms": 90}
"""How long each part may take. The first time, that of pages fills a clinic, which it keeps."""
TO_CLEAN_UP = 30


def main(arguments: list[str]) -> int:
    """The exit status: 1 where any part was not measured."""
    [page] = map(Path, arguments)
    reasons = {name: _reason(name, page, limit) for name, limit in SECONDS.items()}
    failed = {name: reason for name, reason in reasons.items() if reason is not None}
    for name, reason in failed.items():
        sys.stdout.write(f"{name}: not measured, {reason}\n")
        before = page.read_text(encoding="utf-8").rstrip()
        page.write_text(f"{before}\n\n## {name.capitalize()}: not measured\n\nIt {reason}.\n", encoding="utf-8")
    return 1 if failed else 0


def _reason(name: str, page: Path, limit: int) -> str | None:
    """Runs a part; why it was not measured, or None where it was."""
    begun = time.monotonic()
    with subprocess.Popen([sys.executable, "-m", f"tests.bench.{name}", "--write", str(page)]) as part:
        try:
            status = part.wait(limit)
        except subprocess.TimeoutExpired:
            _stop(part)
            return f"took longer than {limit} seconds"
    sys.stdout.write(f"{name}: {time.monotonic() - begun:.0f} seconds\n")
    return None if status == 0 else f"ended with status {status}"


def _stop(part: subprocess.Popen[bytes]) -> None:
    """Interrupts a part, so that it stops its own servers, and ends it where it does not."""
    part.send_signal(signal.SIGINT)
    try:
        part.wait(TO_CLEAN_UP)
    except subprocess.TimeoutExpired:
        part.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
