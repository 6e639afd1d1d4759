"""The page of published cases: it is written whole, and the one in docs is up to date."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from encounters import worked_cases

BROKEN = "- id: c1\n  administrations: []\n  expected: {lines: [{code: '96365', units: 1}]}\n"


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of cases in place of the published ones."""
    monkeypatch.setattr(worked_cases, "folder", lambda: tmp_path)
    worked_cases._checked.cache_clear()
    return tmp_path


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """What another test has asked is not remembered."""
    worked_cases._checked.cache_clear()


def test_the_page_in_docs_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("conformance")
    page = Path(settings.BASE_DIR) / "docs" / "conformance.md"
    assert capsys.readouterr().out == page.read_text(encoding="utf-8"), (
        "manage.py conformance --out docs/conformance.md"
    )


def test_ends_with_1_when_an_answer_is_not_as_expected(
    own_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_folder / "cases.yaml").write_text(BROKEN)
    with pytest.raises(SystemExit, match="1"):
        call_command("conformance", out=tmp_path / "page.md")
    assert "0 of 1 answers as expected" in capsys.readouterr().out
    assert "not met" in (tmp_path / "page.md").read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "holds no cases"), ("id: c1\n", "a list of cases is wanted"), ("- [", "cases.yaml")],
    ids=str,
)
def test_says_what_is_wrong_with_the_cases(own_folder: Path, text: str, says: str) -> None:
    (own_folder / "cases.yaml").write_text(text)
    with pytest.raises(CommandError, match=says):
        call_command("conformance")
