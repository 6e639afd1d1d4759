import pytest

from infusion_coder import checks
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
