import subprocess
import sys
from pathlib import Path

import pytest

from infusion_coder import instance


class TestHeld:
    def test_refuses_a_second_holder_and_names_the_first(self, tmp_path: Path) -> None:
        with (
            instance.held(tmp_path, purpose="manage.py import", patience=0),
            pytest.raises(instance.UnableToHoldInstance, match=r"in use by manage.py import \(process \d+\)") as raised,
            instance.held(tmp_path, purpose="another", patience=0.3),
        ):
            pass
        assert not raised.value.is_served

    def test_refuses_at_once_beside_make_run(self, tmp_path: Path) -> None:
        with (
            instance.held(tmp_path, purpose=instance.SERVING, patience=0),
            pytest.raises(instance.UnableToHoldInstance) as raised,
            instance.held(tmp_path, purpose="another", patience=600),
        ):
            pass
        assert raised.value.is_served

    def test_can_be_held_again_afterwards(self, tmp_path: Path) -> None:
        for _ in range(2):
            with instance.held(tmp_path, purpose="one", patience=0):
                pass

    def test_waits_for_a_holder_that_was_killed(self, tmp_path: Path) -> None:
        code = (
            "import sys, time; from pathlib import Path; from infusion_coder import instance\n"
            "with instance.held(Path(sys.argv[1]), purpose='one', patience=0):\n"
            "    print('held', flush=True); time.sleep(60)"
        )
        with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"held\n"
            other.kill()
        with instance.held(tmp_path, purpose="two", patience=5):
            assert (tmp_path / "instance.lock").read_text().startswith("two")
