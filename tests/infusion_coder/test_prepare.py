from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from infusion_coder import prepare

pytestmark = pytest.mark.django_db


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> list[str]:
    """The commands that were called, in an instance of this test's own."""
    settings.VAR_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "staticfiles"
    names: list[str] = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **_: names.append(name))
    return names


class TestLoadSamplesOnce:
    def test_fills_an_empty_database(self, called: list[str], tmp_path: Path) -> None:
        prepare.load_samples_once()
        assert called == ["load_samples"]
        assert not (tmp_path / "samples.unfinished").exists()

    def test_leaves_a_database_with_anybody_in_it_alone(self, called: list[str]) -> None:
        User.objects.create_user("ana")
        prepare.load_samples_once()
        assert called == []

    def test_takes_up_a_load_that_was_cut_short(
        self, called: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cut_short(*_: Any, **__: Any) -> None:
            User.objects.create_user("coder")
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(prepare, "call_command", cut_short)
            with pytest.raises(KeyboardInterrupt):
                prepare.load_samples_once()
        prepare.load_samples_once()
        assert called == ["load_samples"]


class TestCollectStatic:
    def test_is_done_again_only_when_a_file_changed(
        self, called: list[str], settings: Settings, tmp_path: Path
    ) -> None:
        (tmp_path / "static").mkdir()
        (tmp_path / "staticfiles").mkdir()
        settings.STATICFILES_DIRS = [tmp_path / "static"]
        settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
        prepare.collect_static()
        prepare.collect_static()
        assert called == ["collectstatic"]
        (tmp_path / "static" / "new.css").touch()
        prepare.collect_static()
        assert called == ["collectstatic"] * 2


class TestWriteSignIns:
    def test_names_the_demo_users_for_their_owner_to_read(
        self, called: list[str], settings: Settings, tmp_path: Path
    ) -> None:
        User.objects.create_user("coder", password=settings.DEMO_PASSWORD)
        User.objects.create_user("ana", password=settings.DEMO_PASSWORD)
        prepare.write_sign_ins()
        path = tmp_path / "sign-ins.txt"
        assert path.read_text() == f"Sign in as coder; the password is {settings.DEMO_PASSWORD}\n"
        assert path.stat().st_mode & 0o077 == 0

    def test_names_nobody_once_the_password_is_another(self, called: list[str], tmp_path: Path) -> None:
        (tmp_path / "sign-ins.txt").write_text("Sign in as coder")
        User.objects.create_user("coder", password="another one")
        prepare.write_sign_ins()
        assert not (tmp_path / "sign-ins.txt").exists()
