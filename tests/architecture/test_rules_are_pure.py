"""The rules depend on nothing that could change an answer: no framework, no clock, no file but the rulebook."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

RULES = Path(__file__).parents[2] / "rules"
MODULES = sorted(RULES.rglob("*.py"))
# The one module that reads files, by its place in `rules`.
READER = "rulebook/loader.py"
PLACES = frozenset(sys.stdlib_module_names) | {"yaml", "rules"}
# What of the standard library would let the world in.
WORLDLY = frozenset(
    {"asyncio", "ctypes", "http", "importlib", "io", "locale", "logging", "multiprocessing", "os", "platform", "random"}
    | {"secrets", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time"}
    | {"urllib", "uuid", "zoneinfo"}
)
CLOCK = frozenset({"now", "today", "utcnow", "monotonic", "perf_counter", "fromtimestamp", "localtime"})
# `with open(...)`, and what a path offers for the same.
FILES = frozenset(
    {"open", "read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "glob", "rglob", "exists"}
)
TERMINAL = frozenset({"print", "input", "exec", "eval", "__import__"})


def place(path: Path) -> str:
    return path.relative_to(RULES).as_posix()


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "").split(".")[0]


def called(tree: ast.AST) -> Iterator[str]:
    """Names called plainly, and names called on the datetime module's classes or on anything that could be a path."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr


def violations(path: Path, source: str) -> list[str]:
    tree = ast.parse(source)
    is_reader = place(path) == READER
    names = set(imported(tree))
    calls = set(called(tree))
    found = [f"imports {name}" for name in names - PLACES]
    found += [f"imports {name}" for name in names & WORLDLY]
    found += [f"imports {name}" for name in names & {"pathlib"} if not is_reader]
    found += [f"reads the clock: {name}()" for name in calls & CLOCK]
    found += [f"touches files: {name}()" for name in calls & FILES if not is_reader]
    found += [f"speaks to a terminal or runs text: {name}()" for name in calls & TERMINAL]
    return sorted(found)


def test_there_are_modules_to_look_at() -> None:
    assert READER in map(place, MODULES)
    assert len(MODULES) > 10


def test_no_module_lets_the_world_in() -> None:
    found = {place(path): violations(path, path.read_text(encoding="utf-8")) for path in MODULES}
    assert {name: wrongs for name, wrongs in found.items() if wrongs} == {}


def test_no_package_reexports() -> None:
    """With a re-export in `rules/__init__.py`, `import rules` would reach the engine past every contract."""
    found = {}
    for path in RULES.rglob("__init__.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        if not all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body):
            found[place(path)] = [type(node).__name__ for node in body]
    assert found == {}


def test_data_holds_no_code() -> None:
    assert list((RULES / "data").rglob("*.py")) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import django.db", ["imports django"]),
        ("from . import facts", ["imports ."]),
        ("import os", ["imports os"]),
        ("from pathlib import Path", ["imports pathlib"]),
        ("from datetime import date\ndate.today()", ["reads the clock: today()"]),
        ("with open('x') as file: pass", ["touches files: open()"]),
        ("print(1)", ["speaks to a terminal or runs text: print()"]),
        ("import yaml\nfrom rules import facts\nimport datetime", []),
    ],
    ids=["framework", "relative", "system", "path", "clock", "file", "terminal", "pure"],
)
def test_the_test_itself_sees_a_violation(source: str, expected: list[str]) -> None:
    assert violations(RULES / "example.py", source) == expected
