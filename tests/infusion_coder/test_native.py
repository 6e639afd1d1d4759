import os
import subprocess
import sys
from pathlib import Path

import pytest

from infusion_coder import native

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A source tree whose rules say which of them was imported, and a finished build of it."""
    source = tmp_path / "rules"
    source.mkdir()
    (source / "__init__.py").write_text("KIND = 'source'\n", encoding="utf-8")
    (tmp_path / native.TOOLS).write_text("mypy\n", encoding="utf-8")
    build = tmp_path / ".native" / native.digest(tmp_path) / "rules"
    build.mkdir(parents=True)
    (build / "__init__.py").write_text("KIND = 'build'\n", encoding="utf-8")
    return tmp_path


def imported(checkout: Path, *, switch: str = "1", before: str = "") -> str:
    """Which rules a process of that checkout imports."""
    script = f"{before}\nfrom infusion_coder_native import activate\nactivate(BASE)\nimport rules\nprint(rules.KIND)"
    start = (
        "import importlib.util, sys; from pathlib import Path\n"
        f"BASE = Path({str(checkout)!r}); sys.path.insert(0, str(BASE))\n"
        f"spec = importlib.util.spec_from_file_location('infusion_coder_native', {native.__file__!r})\n"
        "module = importlib.util.module_from_spec(spec); sys.modules[spec.name] = module\n"
        "spec.loader.exec_module(module)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", start + script],
        env={**os.environ, native.SWITCH: switch},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return ran.stdout.strip()


class TestActivate:
    def test_lets_the_build_of_this_source_be_imported(self, checkout: Path) -> None:
        assert imported(checkout) == "build"

    def test_leaves_the_source_where_it_is_not_asked_for(self, checkout: Path) -> None:
        assert imported(checkout, switch="") == "source"

    def test_leaves_the_source_where_it_changed_since(self, checkout: Path) -> None:
        (checkout / "rules" / "new.py").write_text("", encoding="utf-8")
        assert imported(checkout) == "source"

    def test_leaves_the_source_where_the_compiler_changed_since(self, checkout: Path) -> None:
        (checkout / native.TOOLS).write_text("mypy==3\n", encoding="utf-8")
        assert imported(checkout) == "source"

    def test_never_mixes_with_what_is_imported_already(self, checkout: Path) -> None:
        assert imported(checkout, before="import rules") == "source"


class TestBuildOf:
    def test_is_found_for_the_very_source_only(self, checkout: Path) -> None:
        assert native.build_of(checkout) is not None
        (checkout / "rules" / "__init__.py").write_text("KIND = 'changed'\n", encoding="utf-8")
        assert native.build_of(checkout) is None


class TestBuild:
    def test_says_why_it_could_not_be_made_and_leaves_nothing(self, checkout: Path) -> None:
        (checkout / "rules" / "engine.py").write_text("this is no Python\n", encoding="utf-8")
        with pytest.raises(native.UnableToBuild):
            native.build(Path(sys.executable), checkout)
        assert native.build_of(checkout) is None
        assert not list((checkout / ".native").glob("making-*"))

    def test_makes_machine_code_of_the_source_and_forgets_earlier_builds(self, checkout: Path) -> None:
        earlier = native.build_of(checkout)
        (checkout / "rules" / "data").mkdir()
        (checkout / "rules" / "engine.py").write_text("def one() -> int:\n    return 1\n", encoding="utf-8")
        made = native.build(Path(sys.executable), checkout)
        assert made == native.build_of(checkout)
        assert list((made / "rules").glob("engine.*.so"))
        assert (made / "rules" / "data").resolve() == checkout / "rules" / "data"
        assert earlier is not None
        assert not earlier.exists()
        assert native.build(Path("/no/such/python"), checkout) == made


class TestEngine:
    def test_is_plain_python_in_tests(self) -> None:
        assert native.engine() == "python"


class TestMain:
    def test_prints_no_path_where_nothing_is_built(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(native, "build_of", lambda: None)
        assert native.main(["path"]) == 0
        assert capsys.readouterr().out == "\n"

    def test_says_that_plain_python_goes_on_without_a_compiler(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(native, "build_of", lambda: None)
        monkeypatch.setattr(native, "has_compiler", lambda: False)
        assert native.main([]) == 0
        assert capsys.readouterr().out == "No C compiler is found: the rules run as plain Python.\n"
