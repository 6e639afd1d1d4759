"""Proposed rule files find their place, and what is no rule file is refused before anything reads it."""

import io
import zipfile

import pytest

from encounters import proposed_rules
from encounters.proposed_rules import UnableToPropose, files_in
from tests.encounters.proposals import THRESHOLDS


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in files.items():
            book.writestr(name, content)
    return packed.getvalue()


class TestPlace:
    def test_of_a_single_file_is_that_of_the_installed_one(self) -> None:
        assert files_in(content=b"a: 1", file_name="time_thresholds.yaml") == {THRESHOLDS: "a: 1"}

    def test_of_one_that_is_not_installed_is_among_the_facilitys_own(self) -> None:
        assert files_in(content=b"a: 1", file_name="C:\\rules\\new_payer.yaml") == {"own/new_payer.yaml": "a: 1"}

    def test_of_files_in_a_zip_is_their_folder(self) -> None:
        content = zipped({f"rules/data/{THRESHOLDS}": b"a: 1", "own/x.yaml": b"b: 2"})
        assert files_in(content=content, file_name="rules.zip") == {THRESHOLDS: "a: 1", "own/x.yaml": "b: 2"}

    def test_that_could_be_two_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(proposed_rules, "rulebook_files", lambda: {"a/x.yaml": b"", "b/x.yaml": b""})
        with pytest.raises(UnableToPropose, match="in a zip"):
            files_in(content=b"a: 1", file_name="x.yaml")


class TestRefused:
    @pytest.mark.parametrize(
        ("name", "content"),
        {
            "another kind of file": ("a.exe", b"MZ"),
            "a way out": ("a.zip", zipped({"../../settings.yaml": b"a: 1"})),
            "not utf-8": ("a.yaml", b"\xff\xfe"),
            "nul": ("a.yaml", b"a: '\0'"),
            "no yaml": ("a.yaml", b"a: ["),
            "aliases": ("a.yaml", b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]"),
            "deep": ("a.yaml", b"a: " + b"[" * 3000 + b"]" * 3000),
            "broken zip": ("a.zip", b"PK\x03\x04" + b"\0" * 200),
            "bomb": ("a.zip", zipped({"a.yaml": b"#" * (proposed_rules.MOST_BYTES + 1)})),
            "many": ("a.zip", zipped({f"{n}.yaml": b"a: 1" for n in range(proposed_rules.MOST_FILES + 1)})),
            "large": ("a.yaml", b"#" * (proposed_rules.MOST_BYTES + 1)),
        }.values(),
    )
    def test_is_what_no_rule_file_would_be(self, name: str, content: bytes) -> None:
        with pytest.raises(UnableToPropose):
            files_in(content=content, file_name=name)
