"""manage.py code_cases: what it prints, what it writes, and how it ends."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import CommandError

INFUSION = {"id": "a1", "drug": "drug a", "kind": "therapeutic", "route": "IV", "technique": "infusion", "minutes": 60}


def case(key: str = "c1", code: str = "96365", **fields: Any) -> dict[str, Any]:
    return {
        "id": key,
        "question": "one infusion",
        "administrations": [INFUSION],
        "expected": {"lines": [{"code": code, "units": 1}]},
        **fields,
    }


def written(folder: Path, *cases: dict[str, Any], name: str = "cases.yaml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(list(cases)), encoding="utf-8")
    return path


def run(*arguments: object) -> tuple[str, int]:
    out, status = StringIO(), 0
    try:
        call_command("code_cases", *map(str, arguments), stdout=out)
    except SystemExit as ended:
        status = int(str(ended.code))
    return out.getvalue(), status


def test_ends_with_the_counts(tmp_path: Path) -> None:
    text, status = run(written(tmp_path, case(), case("c2")))
    assert text.splitlines()[-1] == "2 passed, 0 failed"
    assert status == 0


def test_prints_each_difference_and_ends_with_one(tmp_path: Path) -> None:
    text, status = run(written(tmp_path, case(), case("c2", "96413")))
    assert "FAILED c2: one infusion" in text
    assert "96365" in text
    assert text.splitlines()[-1] == "1 passed, 1 failed"
    assert status == 1


def test_takes_several_files(tmp_path: Path) -> None:
    text, _ = run(written(tmp_path, case()), written(tmp_path, case("c2"), name="more.yaml"))
    assert text.splitlines()[-1] == "2 passed, 0 failed"


def test_an_empty_file_holds_no_case(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("", encoding="utf-8")
    assert run(path) == ("0 passed, 0 failed\n", 0)


def test_skips_and_counts_what_is_excluded(tmp_path: Path) -> None:
    text, status = run(written(tmp_path, case(), case("c2", "96413", exclude="another family")))
    assert text.splitlines()[-2:] == ["1 skipped", "1 passed, 0 failed"]
    assert status == 0


@pytest.mark.parametrize(
    ("chosen", "counts"),
    [
        ((), "2 passed, 0 failed"),
        (("--soundness", "agrees"), "1 passed, 0 failed"),
        (("--soundness", "policy"), "1 passed, 0 failed"),
        (("--soundness", "disagrees"), "1 passed, 0 failed"),
        (("--soundness", "all"), "3 passed, 0 failed"),
    ],
    ids=str,
)
def test_runs_the_cases_of_the_soundness_asked_for(tmp_path: Path, chosen: tuple[str, ...], counts: str) -> None:
    disputed = case("c3", "96413", soundness="disagrees", current_lines=[{"code": "96365", "units": 1}])
    path = written(
        tmp_path,
        case(soundness="agrees"),
        case("c2", soundness="policy", policy={"concurrent_limit": "date"}),
        disputed,
    )
    text, status = run(path, *chosen)
    assert text.splitlines()[-1] == counts
    assert status == 0
    assert ("disputed c3: published 96413" in text) is (chosen[-1:] in {("disagrees",), ("all",)})


def test_writes_each_answer_as_json(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    untold = {**INFUSION, "id": "a2", "technique": "push", "route": "PO"}
    run(written(tmp_path, case(administrations=[INFUSION, untold])), "--json", out)
    (row,) = json.loads(out.read_text(encoding="utf-8"))
    assert row["id"] == "c1"
    assert row["passed"] is True
    assert row["error"] is None
    assert row["soundness"] == "agrees"
    (line,) = row["lines"]
    assert {key: line[key] for key in ("code", "units", "modifiers", "for", "dos")} == {
        "code": "96365",
        "units": 1,
        "modifiers": [],
        "for": ["a1"],
        "dos": "D1",
    }
    assert row["not_billable"] == ["a2"]
    assert [reason["reason"] for reason in row["reasons"]] == ["route_not_coded"]
    assert row["findings"] == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"administrations": [{**INFUSION, "kind": "potion"}]}, "potion"),
        ({"policy": {"jz": "maybe"}}, "maybe"),
        ({"policy": {"nothing": 1}}, "nothing"),
        ({"administrations": [{**INFUSION, "start": "10 o'clock"}]}, "10 o'clock"),
    ],
    ids=["kind", "policy value", "policy key", "time"],
)
def test_a_case_that_cannot_be_read_fails_with_its_reason(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    out = tmp_path / "out.json"
    text, status = run(written(tmp_path, case(**fields), case("c2")), "--json", out)
    assert said in text
    assert text.splitlines()[-1] == "1 passed, 1 failed"
    assert status == 1
    assert said in json.loads(out.read_text(encoding="utf-8"))[0]["error"]


@pytest.mark.parametrize("content", ["[", "a: b", "- 1", "- [a]"])
def test_refuses_what_is_no_list_of_cases(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=r"wrong\.yaml"):
        run(path)


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"absent\.yaml"):
        run(tmp_path / "absent.yaml")
