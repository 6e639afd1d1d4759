"""The import commands: what they print, and how they exit."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from encounters.models import Encounter, Location

pytestmark = pytest.mark.django_db
HEADER = "encounter_id,mrn,location,administration_id,drug,start,stop\n"
GOOD = HEADER + "E1,M1,north,a1,cefazolin,2026-01-15T10:00,2026-01-15T11:00\n"


@pytest.fixture
def clinic() -> Location:
    """The clinic that files name."""
    return Location.objects.create(code="north", name="North", setting="facility", place_of_service="22")


def written(folder: Path, text: str) -> str:
    path = folder / "given.csv"
    path.write_text(text)
    return str(path)


class TestImportEncounters:
    def test_prints_a_summary(self, clinic: Location, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("import_encounters", written(tmp_path, GOOD), source="clinic")
        assert "1 rows read: 1 encounters new" in capsys.readouterr().out
        assert Encounter.objects.get().source == "clinic"

    def test_exits_with_1_when_a_row_is_refused_and_keeps_the_rest(
        self, clinic: Location, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bad = GOOD + "E1,M1,north,a2,cefazolin,2026-01-15T12:00,2026-01-15T11:00\n"
        with pytest.raises(SystemExit) as exit_:
            call_command("import_encounters", written(tmp_path, bad), quiet=True)
        assert exit_.value.code == 1
        assert "line 3, stop: Stop 2026-01-15T11:00 is before start" in capsys.readouterr().err
        assert Encounter.objects.get().administrations.count() == 1

    def test_exits_with_2_when_nothing_can_be_read(self, clinic: Location, tmp_path: Path) -> None:
        with pytest.raises(SystemExit) as exit_:
            call_command("import_encounters", written(tmp_path, ""), quiet=True)
        assert exit_.value.code == 2

    def test_names_a_file_that_is_not_there(self, clinic: Location, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="cannot be opened"):
            call_command("import_encounters", str(tmp_path / "none.csv"))

    def test_refuses_another_format_than_the_one_named(self, clinic: Location, tmp_path: Path) -> None:
        with pytest.raises(SystemExit):
            call_command("import_encounters", written(tmp_path, GOOD), format="json", quiet=True)
