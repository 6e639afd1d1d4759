import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from infusion_coder import secret


class TestKeptKey:
    def test_is_the_same_the_second_time(self, tmp_path: Path) -> None:
        first = secret.kept_key(tmp_path / "new")
        assert len(first) >= 50
        assert secret.kept_key(tmp_path / "new") == first

    def test_is_readable_by_its_owner_only(self, tmp_path: Path) -> None:
        secret.kept_key(tmp_path)
        assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600

    def test_refuses_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "secret_key").touch()
        with pytest.raises(ImproperlyConfigured, match="is empty"):
            secret.kept_key(tmp_path)

    def test_is_one_for_all_who_ask_at_once(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(secret.kept_key, [tmp_path] * 32))) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
