"""Ways around the floors that no import shows: tasks by name, and signals, do not occur at all."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for folder in ("rules", "drugs", "encounters", "infusion_coder") for path in (ROOT / folder).rglob("*.py")
)
SIGNAL_MODULES = ("django.dispatch", "django.db.models.signals", "django.core.signals", "celery.signals", "blinker")


def doors(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in {"send_task", "signature"}:
            yield f"line {node.lineno}: {node.attr}"
        modules = []
        if isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
        if any(module.startswith(SIGNAL_MODULES) for module in modules):
            yield f"line {getattr(node, 'lineno', '?')}: signals"


def test_there_are_none() -> None:
    found = {path.relative_to(ROOT).as_posix(): sorted(doors(path.read_text(encoding="utf-8"))) for path in SOURCES}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("source", "is_seen"),
    [
        ("app.send_task('encounters.tasks.code_encounter')", True),
        ("from django.db.models import signals", True),
        ("from django.dispatch import receiver", True),
        ("from celery.signals import worker_ready", True),
        ("from django.db import models", False),
    ],
    ids=["by name", "model signals", "receiver", "worker signals", "models"],
)
def test_the_test_itself_sees_one(source: str, is_seen: bool) -> None:
    assert bool(list(doors(source))) is is_seen
