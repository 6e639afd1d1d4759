import os
import subprocess
import sys
from pathlib import Path

import pytest

from infusion_coder import embedded

ASK = "from django.conf import settings; print(({}))"


def ask(expression: str, *, place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the settings of a process with this environment, and no other, say."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", ASK.format(expression)],
        cwd=embedded.BASE_DIR,
        env=kept | {"DJANGO_SETTINGS_MODULE": "infusion_coder.settings", "VAR_DIR": str(place)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestWithNothingSet:
    def test_are_safe_and_private(self, tmp_path: Path) -> None:
        answer = ask("settings.DEBUG, settings.ALLOWED_HOSTS, settings.REDIS_URL", place=tmp_path)
        assert answer.stdout == f"(False, ['localhost', '127.0.0.1', '[::1]'], 'unix://{tmp_path}/run/valkey/socket')\n"

    def test_keep_one_secret_key(self, tmp_path: Path) -> None:
        first, second = (ask("settings.SECRET_KEY", place=tmp_path).stdout for _ in range(2))
        assert first == second
        assert len(first) > 50


class TestWithServersGiven:
    def test_use_them(self, tmp_path: Path) -> None:
        answer = ask(
            "settings.DATABASES['default']['HOST'], settings.CELERY_BROKER_URL",
            place=tmp_path,
            DATABASE_URL="postgresql://user@db.example/coding",
            REDIS_URL="rediss://broker.example/2",
        )
        assert answer.stdout == "('db.example', 'rediss://broker.example/2')\n"


class TestBehindTls:
    def test_cookies_and_redirects_are_strict(self, tmp_path: Path) -> None:
        expression = "settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT"
        assert ask(expression, place=tmp_path, BEHIND_TLS="1").stdout == "(True, True, True)\n"
        assert ask(expression, place=tmp_path).stdout == "(False, False, False)\n"


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "value"),
        [("DEBUG", "fasle"), ("DATABASE_URL", "sqlite:///x"), ("REDIS_URL", "memory://"), ("LOG_STYLE", "xml")],
    )
    def test_name_the_setting_that_cannot_be_meant(self, tmp_path: Path, name: str, value: str) -> None:
        answer = ask("settings.DEBUG", place=tmp_path, **{name: value})
        assert answer.returncode == 1
        assert "ImproperlyConfigured" in answer.stderr
        assert name in answer.stderr.splitlines()[-1]
