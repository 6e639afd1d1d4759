"""The command that makes data of published edits: what it writes, and that a bad file writes nothing."""

import gzip
import shutil
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from rules.rulebook.loader import DATA_DIR, read_content

HEADER = "hcpcs_code,mue_units,mue_mai,mue_rationale,mue_service\n"
MUE = HEADER + "96361,24,3,Data,Outpatient Hospital\n0001U,1,2,Data,Outpatient Hospital\n"
ADDON = "primary_code,add_on_code,aoc_edit_type\n96360,96361,1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the rulebook's edits to write to."""
    shutil.copytree(DATA_DIR, tmp_path / "data")
    return tmp_path / "data" / "edits" / "cms"


def given(folder: Path, name: str, text: str) -> str:
    path = folder.parents[2] / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode("cp1252"))
    return str(path)


def load(folder: Path, *files: str, **options: object) -> None:
    told = {"setting": "hospital", "quarter": "2027Q1", "into": folder, "checked": date(2026, 12, 20), **options}
    call_command("load_ncci_edits", *files, **told)


def test_writes_dated_tables_that_the_rulebook_reads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = (given(folder, "mue.csv.gz", MUE), given(folder, 'add "on".csv', ADDON))
    load(folder, *files, covers="96360-96549,J0000-J9999")
    assert capsys.readouterr().out == "mue_hospital_2027q1: 1 rows\naddon_2027q1: 1 rows\n"
    assert (folder / "mue_hospital_2027q1.csv").read_text() == "code,units,mai\n96361,24,3\n"
    tables = {each.name: each for each in read_content(data_dir=folder.parents[1]).edit_tables}
    loaded = tables["mue_hospital_2027q1"]
    assert (loaded.period.since, loaded.period.until, loaded.checked) == (date(2027, 1, 1), None, date(2026, 12, 20))
    assert loaded.citation.locator == 'mue.csv.gz, add "on".csv'
    assert "96360" not in loaded.mues
    assert "J1885" not in loaded.mues
    assert loaded.mues["36000"] == tables["mue_hospital_2026q4"].mues["36000"]
    assert tables["mue_hospital_2026q4"].period.until == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        (HEADER + "96361,many,3,Data,Outpatient Hospital\n", {}, "second.csv:2: 'many' units"),
        (MUE, {"quarter": "2027"}, "is not a quarter such as 2024Q3"),
        (MUE, {"source": "nobody"}, "no source is called 'nobody'"),
        (MUE, {"covers": "96549-96360"}, "no range of codes"),
        (HEADER + "0001U,1,2,Data,Outpatient Hospital\n", {}, "of a code that the product deals with"),
        (MUE.replace("24", "25"), {}, "second.csv:2: 96361 stands in these files twice"),
    ],
    ids=str,
)
def test_a_file_that_is_wrong_leaves_the_data_as_it_was(
    folder: Path, text: str, options: dict[str, object], says: str
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    files = [given(folder, "second.csv", text)]
    if "twice" in says:
        files.insert(0, given(folder, "first.csv", MUE))
    with pytest.raises(CommandError, match=says.replace("'", ".")):
        load(folder, *files, **options)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    broken = folder.parents[2] / "broken.gz"
    broken.write_bytes(b"no gzip")
    for path in (broken, folder / "absent.csv"):
        with pytest.raises(CommandError, match="not readable"):
            load(folder, str(path))
