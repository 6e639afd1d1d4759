"""Only the adapters build what the engine is told; everybody else reads what was told."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADAPTERS = {
    "drugs/facts.py",
    "encounters/facts/amounts.py",
    "encounters/facts/formulary.py",
    "encounters/facts/translation.py",
}
SOURCES = sorted(path for folder in ("drugs", "encounters", "infusion_coder") for path in (ROOT / folder).rglob("*.py"))


def built(source: str) -> Iterator[str]:
    """The names from rules.facts that are called, by whatever name they were imported."""
    tree = ast.parse(source)
    names: set[str] = set()
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "rules.facts":
            names |= {name.asname or name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "rules":
            modules |= {name.asname or name.name for name in node.names if name.name == "facts"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node.func.id
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in modules
        ):
            yield node.func.attr


def test_nobody_else_builds_any() -> None:
    found = {path.relative_to(ROOT).as_posix(): set(built(path.read_text(encoding="utf-8"))) for path in SOURCES}
    assert {name: calls for name, calls in found.items() if calls and name not in ADAPTERS} == {}


def test_the_adapters_do() -> None:
    assert all(set(built((ROOT / name).read_text(encoding="utf-8"))) for name in ADAPTERS)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from rules.facts import Segment\nSegment(start=1)", ["Segment"]),
        ("from rules.facts import Segment as S\nS()", ["S"]),
        ("from rules import facts\nfacts.Segment()", ["Segment"]),
        ("from rules.facts import Segment\nx: Segment\nx.minutes()", []),
    ],
    ids=["called", "renamed", "by module", "read"],
)
def test_the_test_itself_sees_a_builder(source: str, expected: list[str]) -> None:
    assert list(built(source)) == expected
