"""manage.py explain: worked cases without a database, and encounters of an intake file."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from encounters.models import Encounter, Location
from tests.encounters.test_rehearsal import record

CASES = """\
- id: c1
  administrations: [{id: a1, drug: drug a, kind: therapeutic, route: IV, technique: infusion, minutes: 60}]
- id: c2
  administrations: none
"""


def test_explains_every_case_or_the_one_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text(CASES)
    call_command("explain", path)
    told = capsys.readouterr().out
    assert told.startswith("c1\n\nLINES\n\n  96365 ×1")
    assert "c2\n\nadministrations: 'none' is not a list" in told
    call_command("explain", path, id="c2")
    assert not capsys.readouterr().out.startswith("c1")
    with pytest.raises(CommandError, match="holds nothing to explain called c3"):
        call_command("explain", path, id="c3")


def test_says_what_is_wrong_with_a_file_of_cases(tmp_path: Path) -> None:
    path = tmp_path / "cases.yml"
    path.write_text("id: c1\n")
    with pytest.raises(CommandError, match="a list of cases is wanted"):
        call_command("explain", path)


@pytest.mark.django_db
class TestIntakeFile:
    def test_explains_an_encounter_and_stores_nothing(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        Location.objects.create(code="north", name="North", setting="facility", place_of_service="22")
        path = tmp_path / "given.json"
        path.write_text(json.dumps(record()))
        call_command("explain", path)
        assert capsys.readouterr().out.startswith("E1\n\nLINES\n\n  96365 ×1")
        assert not Encounter.objects.exists()

    def test_says_why_a_file_cannot_be_explained(self, tmp_path: Path) -> None:
        path = tmp_path / "given.json"
        with pytest.raises(CommandError, match="cannot be opened"):
            call_command("explain", path)
        path.write_text(json.dumps(record()))
        with pytest.raises(CommandError, match="location"):
            call_command("explain", path)
