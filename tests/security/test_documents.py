"""The checklist names every requirement of the standard, and what it and the threat model name as evidence exists."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
CHECKLIST, THREATS = ROOT / "docs/security.md", ROOT / "docs/threat-model.md"
# Sections of the OWASP ASVS 5.0.0 and how many of their requirements are of level 1 or 2: always the first ones.
SECTIONS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4
5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2
8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3
11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5
14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:1 17.3:1
"""
REQUIREMENTS = [
    f"{section}.{number}"
    for section, count in (pair.split(":") for pair in SECTIONS.split())
    for number in range(1, int(count) + 1)
]
JUDGEMENTS = {"met", "partly", "not met", "n/a"}
NUMBER = r"\d+\.\d+(?:\.\d+)?"


class Row(NamedTuple):
    """A line of the checklist."""

    numbers: tuple[str, ...]
    judgement: str
    evidence: str


def rows() -> Iterator[Row]:
    for line in CHECKLIST.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        said = re.match(rf"{NUMBER}(?:[–,] ?{NUMBER})*", cells[0])
        if line.startswith("|") and said and len(cells) == 3:
            yield Row(tuple(_numbers(said.group())), cells[1], cells[2])


def _numbers(said: str) -> Iterator[str]:
    for part in said.split(", "):
        first, _, last = part.partition("–")
        begin = next(place for place, each in enumerate(REQUIREMENTS) if f"{each}.".startswith(f"{first}."))
        end = max(place for place, each in enumerate(REQUIREMENTS) if f"{each}.".startswith(f"{last or first}."))
        yield from REQUIREMENTS[begin : end + 1]


@cache
def classes() -> set[str]:
    """Names of the classes of tests."""
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return {name for text in texts for name in re.findall(r"^class (Test\w+)", text, re.MULTILINE)}


@cache
def modules() -> set[str]:
    """Names of the modules of tests."""
    return {path.stem for path in (ROOT / "tests").rglob("*.py")}


@cache
def code() -> str:
    """The settings and whatever sets them, as one text."""
    files = [
        *(ROOT / "infusion_coder").rglob("*.py"),
        *(ROOT / "encounters").rglob("*.py"),
        *(ROOT / "deploy").iterdir(),
    ]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def named(text: str) -> dict[str, bool]:
    """What a text names as evidence, and whether it is there."""
    found: dict[str, bool] = {}
    for quoted in re.findall(r"`([^`]+)`", text):
        if re.fullmatch(r"[\w./-]*/[\w./-]*|[\w-]+\.(?:md|txt|toml|py|example)|\.ci/run|Makefile", quoted):
            found[quoted] = quoted == "/healthz" or (ROOT / quoted).exists() or Path(quoted).stem in modules()
        elif re.fullmatch(r"[a-z_]+(?:\.[a-z_]+)+", quoted) and quoted.split(".")[0] in {
            "encounters",
            "drugs",
            "rules",
        }:
            path = ROOT / quoted.replace(".", "/")
            found[quoted] = path.exists() or path.with_suffix(".py").exists()
    plain = re.sub(r"`[^`]+`", " ", text)
    found |= {name: name in classes() for name in re.findall(r"\bTest[A-Z]\w+", text)}
    found |= {name: name in modules() for name in re.findall(r"\btest_\w+", plain)}
    found |= {name: name in code() for name in re.findall(r"\b[A-Z]{3,}(?:_[A-Z]+)+\b", text)}
    if "ruff" in text:
        found["ruff"] = "[tool.ruff" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return found


class TestChecklist:
    def test_answers_every_requirement_of_level_two_once(self) -> None:
        said = [number for row in rows() for number in row.numbers]
        assert sorted(set(REQUIREMENTS) - set(said)) == [], "not answered"
        assert sorted({number for number in said if said.count(number) > 1}) == [], "answered twice"

    @pytest.mark.parametrize("row", list(rows()), ids=lambda row: "+".join(row.numbers[:2]))
    def test_gives_evidence_that_exists_or_a_reason(self, row: Row) -> None:
        assert row.judgement in JUDGEMENTS
        assert len(row.evidence) >= 3
        evidence = named(row.evidence)
        assert all(evidence.values()), f"not there: {[name for name, is_there in evidence.items() if not is_there]}"
        if row.judgement == "met":
            assert evidence, f"“{row.evidence}” names neither test nor file"


def test_what_the_threat_model_names_exists() -> None:
    text = THREATS.read_text(encoding="utf-8")
    found = named(text)
    assert [name for name, is_there in found.items() if not is_there] == []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if len(cells) == 5 and cells[0].isdigit():
            assert named(cells[4]), f"nothing shows: {cells[2]}"
