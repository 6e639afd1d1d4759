"""The contracts of pyproject.toml hold: who may import whom."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_contract_is_kept() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_top_level_is_closed() -> None:
    rooms = {"infusion_coder", "encounters", "drugs", "rules", "templates", "static", "tests", "docs", "deploy", ".ci"}
    papers = {
        "manage.py",
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-bench.txt",
        "requirements-native.txt",
        "pyproject.toml",
        "Makefile",
        "LICENSE",
    }
    papers |= {"README.md", "CHANGELOG.md", ".gitignore", ".gitattributes"}
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = kept.stdout.split() if kept.returncode == 0 else []
    assert {name.split("/")[0] for name in names} - rooms - papers == set()
