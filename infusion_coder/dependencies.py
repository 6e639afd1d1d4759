"""Every pin looked up among known vulnerabilities: one that is known fails; an unreachable database is told of."""

import json
import subprocess
import sys
from pathlib import Path

SECONDS = 120
ANSWERED = frozenset({0, 1})
"""Exit codes of pip-audit that come with an answer: nothing known, or something."""


def main(requirements: str) -> int:
    """0 where nothing is known or nothing could be asked, 1 where something is."""
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", requirements, "--format", "json"),
        *(
            "--no-deps",
            "--disable-pip",
            "--vulnerability-service",
            "osv",
            "--progress-spinner",
            "off",
            "--timeout",
            "15",
        ),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        answer = json.loads(done.stdout) if done.returncode in ANSWERED and done.stdout else None
    except (subprocess.TimeoutExpired, ValueError):
        answer = None
    if answer is None:
        say(f"NOT AUDITED: the database of vulnerabilities could not be reached, so the pins of {requirements} were")
        say("not looked up. Run `make audit-dependencies` where https://api.osv.dev can be reached.")
        return 0
    found = [(each["name"], each["version"], hole) for each in answer["dependencies"] for hole in each.get("vulns", ())]
    for name, version, hole in found:
        say(f"{name} {version}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no release yet'}")
    say(f"{len(answer['dependencies'])} pins of {Path(requirements).name} looked up, {len(found)} with known holes.")
    return 1 if found else 0


def say(words: str) -> None:
    """A line for whoever started it."""
    sys.stdout.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
