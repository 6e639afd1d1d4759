from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from encounters.installed import load_rulebook
from infusion_coder import checks, env
from rules.errors import RulebookError


class TestRulebookLoads:
    def test_passes_the_rulebook_of_this_release(self) -> None:
        assert checks.rulebook_loads(None) == []

    def test_refuses_one_that_the_loader_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse() -> None:
            raise RulebookError("time_thresholds.yaml: no source")

        monkeypatch.setattr(checks, "load_rulebook", refuse)
        (error,) = checks.rulebook_loads(None)
        assert error.id == "infusion_coder.E001"
        assert "time_thresholds.yaml: no source" in error.msg


class TestOwnPolicies:
    LAYER = "layer: facility\nname: own\ntitle: Own\nchecked: 2026-11-21\nvalues:\n  jz:\n    - value: {}\n"
    PERIOD = "      from: 2026-01-01\n      source: house\n"

    def test_that_are_sound_pass(self, tmp_path: Path, settings: Settings) -> None:
        (tmp_path / "own.yaml").write_text(self.LAYER.format('"false"') + self.PERIOD)
        settings.POLICY_DIR = tmp_path
        assert checks.rulebook_loads(None) == []
        assert "own" in {layer.name for layer in load_rulebook().policies}

    def test_that_are_not_are_refused_with_file_line_and_key(self, tmp_path: Path, settings: Settings) -> None:
        (tmp_path / "own.yaml").write_text(self.LAYER.format("maybe") + self.PERIOD)
        settings.POLICY_DIR = tmp_path
        (error,) = checks.rulebook_loads(None)
        assert f"{tmp_path / 'own.yaml'}:7: values.jz.1.value: 'maybe' is not one of true, false" in error.msg

    def test_stop_the_start_where_the_folder_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NAME", "/no/such/folder")
        with pytest.raises(ImproperlyConfigured, match="NAME='/no/such/folder' is no folder"):
            env.optional_folder("NAME")

    def test_lie_in_a_folder_that_may_be_left_out(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NAME", " ")
        assert env.optional_folder("NAME") is None
        monkeypatch.setenv("NAME", str(tmp_path))
        assert env.optional_folder("NAME") == tmp_path.resolve()


class TestServersAreGiven:
    def test_warns_of_each_that_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://host/db")
        monkeypatch.delenv("REDIS_URL", raising=False)
        (warning,) = checks.servers_are_given(None)
        assert warning.msg.startswith("REDIS_URL is not set")

    def test_is_silent_where_both_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://host/db")
        monkeypatch.setenv("REDIS_URL", "redis://host")
        assert checks.servers_are_given(None) == []


class TestTrailHasAKeyOfItsOwn:
    def test_refuses_a_deployment_without(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUDIT_KEY", " ")
        (error,) = checks.trail_has_a_key_of_its_own(None)
        assert (error.id, error.is_serious()) == ("infusion_coder.E002", True)

    def test_passes_one_with(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUDIT_KEY", "x" * 50)
        assert checks.trail_has_a_key_of_its_own(None) == []
