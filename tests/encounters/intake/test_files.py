"""One file a mistake: each is answered with line, column and words, and what was right in it is kept."""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from encounters.models import DrugAdministration, Encounter, IntakeBatch, IntakeRefusal
from tests.encounters.intake.conftest import FILES, Take

# File: administrations kept, and the refusals as (line, column, words).
MISTAKES = {
    "stop_before_start.csv": (1, [(3, "stop", "before start")]),
    "duplicate_id_with_other_values.csv": (1, [(3, "administration_id", "came before in line 2")]),
    "duplicate_row.csv": (1, []),
    "unknown_location.csv": (1, [(3, "location", "Known: north")]),
    "time_zone_missing.csv": (0, [(2, "time_zone", "No time zone")]),
    "unknown_time_zone.csv": (0, [(2, "time_zone", "America/New_York")]),
    "clock_set_forward.csv": (1, [(3, "start", "never was on the clock of America/New_York")]),
    "clock_set_back.csv": (1, [(3, "start", "2025-11-02T01:30-04:00 for the first or 2025-11-02T01:30-05:00")]),
    "not_a_time.csv": (1, [(3, "start", "Write it as 2026-01-15T10:00")]),
    "date_without_clock_time.csv": (1, [(3, "start", "without a clock time")]),
    "impossible_date.csv": (1, [(3, "start", "is not a time")]),
    "unknown_route.csv": (1, [(3, "route", "Known: IV, IM, SC")]),
    "misspelt_technique.csv": (1, [(3, "technique", "Is infusion meant?")]),
    "dose_without_unit.csv": (1, [(3, "dose", "with its unit")]),
    "dose_with_thousands_comma.csv": (1, [(3, "dose", "with its unit")]),
    "drug_missing.csv": (1, [(3, "drug", "missing")]),
    "record_number_missing.csv": (1, [(3, "mrn", "missing")]),
    "encounter_id_missing.csv": (1, [(3, "encounter_id", "missing")]),
    "administration_id_missing.csv": (1, [(3, "administration_id", "missing")]),
    "row_too_short.csv": (1, [(3, "", "5 cells, the header has 11")]),
    "row_too_long.csv": (1, [(3, "", "12 cells, the header has 11")]),
    "encounter_contradicts_itself.csv": (1, [(3, "mrn", "an earlier row of this encounter says “M1”")]),
    "nul_character.csv": (1, [(3, "drug", "NUL character at position 4")]),
    "name_too_long.csv": (1, [(3, "drug", "201 characters, at most 200")]),
    "quotation_mark_never_closed.csv": (1, [(3, "", "opened in line 3 is never closed")]),
    "no_date_of_service.csv": (0, [(2, "date_of_service", "No date of service")]),
    "pause_stops_before_it_starts.csv": (0, [(2, "pauses", "stops before it starts")]),
    "container_without_size.csv": (0, [(2, "containers", "")]),
    "diagnosis_that_is_none.csv": (0, [(2, "diagnoses", "not an ICD-10-CM code")]),
    "order_contradicts_itself.csv": (1, [(3, "order", "dose differs")]),
}
# File: words of the one refusal that stands for the whole file, and its line.
UNUSABLE = {
    "empty.csv": ("The file is empty", None),
    "only_blank_lines.csv": ("The file is empty", None),
    "wrong_header.csv": ("administration_id is missing", 1),
    "misspelt_column.csv": ("(is discarded meant?)", 1),
    "column_twice.csv": ("drug stands twice", 1),
    "web_page.csv": ("web page", None),
    "binary.csv": ("binary file", None),
    "pdf.csv": ("PDF", None),
    "mixed_encodings.csv": ("Line 4 is not valid UTF-8", 4),
}
FINE = sorted(path.name for path in FILES.glob("fine_*.csv"))


class TestMistakes:
    @pytest.mark.parametrize("name", MISTAKES)
    def test_are_answered_with_their_place(self, take: Take, name: str) -> None:
        kept, expected = MISTAKES[name]
        batch = take(name)
        found = list(IntakeRefusal.objects.order_by("pk"))
        assert [(each.line, each.column) for each in found][: len(expected)] == [
            (line, column) for line, column, _ in expected
        ], [each.reason for each in found]
        assert len({(each.line, each.column) for each in found}) == len(expected)
        assert all(words in each.reason for each, (*_, words) in zip(found, expected, strict=False))
        assert DrugAdministration.objects.count() == batch.administrations_kept == kept
        assert batch.refused == len(expected)

    @pytest.mark.parametrize("name", [name for name, (kept, refused) in MISTAKES.items() if kept and refused])
    def test_hold_back_the_encounter_that_they_belong_to(self, take: Take, name: str) -> None:
        take(name)
        refusal = IntakeRefusal.objects.get()
        its_own = refusal.record and f'"encounter_id": "{Encounter.objects.get().external_id}"' in refusal.record
        assert (refusal.encounter is not None) == bool(its_own)

    def test_are_kept_with_the_row_itself(self, take: Take) -> None:
        take("stop_before_start.csv")
        assert '"administration_id": "a2"' in IntakeRefusal.objects.get().record


HEADER = "encounter_id,mrn,location,administration_id,drug,start\n"


class TestUnusableFiles:
    @pytest.mark.parametrize("name", UNUSABLE)
    def test_are_refused_whole_and_say_why(self, take: Take, name: str) -> None:
        words, line = UNUSABLE[name]
        batch = take(name)
        refusal = IntakeRefusal.objects.get()
        assert words in refusal.reason
        assert "Nothing was taken in." in refusal.reason
        assert refusal.line == line
        assert (batch.records, batch.refused, Encounter.objects.count()) == (0, 1, 0)
        assert batch.finished_at

    @pytest.mark.parametrize("end", [b"\x01", b"\x00\xd8\x41\x00"], ids=["half a unit", "half a character"])
    def test_utf16_that_breaks_off_is_refused(self, take: Take, end: bytes) -> None:
        take(b"\xff\xfe" + "encounter_id,mrn\n".encode("utf-16-le") + end)
        assert "not the UTF-16 that it says it is" in IntakeRefusal.objects.get().reason

    def test_a_nul_in_the_encounter_id_is_refused_with_its_row(self, take: Take) -> None:
        take(HEADER + "E\x001,M1,north,a1,cefazolin,2026-01-15T10:00\n")
        refusal = IntakeRefusal.objects.get()
        assert (refusal.line, refusal.column) == (2, "encounter_id")
        assert "NUL character at position 2" in refusal.reason

    def test_an_encounter_without_a_day_is_kept_as_it_was_sent(self, take: Take) -> None:
        take(HEADER + "E1,M1,north,a1,cefazolin,\n")
        assert '"drug": "cefazolin"' in IntakeRefusal.objects.get().record

    def test_broken_json_names_the_line_where_it_breaks(self, take: Take) -> None:
        take("broken.json")
        assert IntakeRefusal.objects.filter(line=4, reason__contains="breaks off in line 4").exists()

    @pytest.mark.parametrize(
        "text",
        ['[{"encounter_id": "E1"}]\n[{"encounter_id": "E2"}]', '{"encounters": []}\n{"encounters": []}', "[] x"],
    )
    def test_json_that_goes_on_behind_its_end_says_so(self, take: Take, text: str) -> None:
        take(text, name="given.json")
        assert IntakeRefusal.objects.filter(line=text.count("\n") + 1, reason__contains="text follows").exists()

    def test_blanks_behind_the_end_of_json_are_nothing(self, take: Take) -> None:
        assert take("[] \n\n", name="given.json").refused == 0

    def test_a_record_of_nothing_but_nonsense_is_refused_in_a_hundred_words(self, take: Take) -> None:
        take(json.dumps([{f"k{number}": 1 for number in range(3000)}]), name="given.json")
        reasons = list(IntakeRefusal.objects.order_by("pk").values_list("reason", flat=True))
        assert len(reasons) == 101
        assert reasons[-1] == "There are more problems than these 100; mend these first."

    def test_a_header_alone_is_an_empty_batch(self, take: Take) -> None:
        batch = take("header_only.csv")
        assert (batch.records, batch.refused) == (0, 0)


class TestFineFiles:
    @pytest.mark.parametrize("name", FINE)
    def test_are_read_in_whatever_shape_they_come(self, take: Take, name: str) -> None:
        batch = take(name)
        assert not batch.refused, list(IntakeRefusal.objects.values_list("reason", flat=True))
        assert DrugAdministration.objects.get().drug_name == "Crème Ünïcode"

    def test_text_like_a_formula_stays_text(self, take: Take) -> None:
        take(
            "encounter_id,mrn,location,administration_id,drug,start,regimen\n"
            'E1,M1,north,a1,"=HYPERLINK(""x"")",2026-01-15T10:00,@SUM(1)\n'
        )
        assert DrugAdministration.objects.get().drug_name == '=HYPERLINK("x")'
        assert Encounter.objects.get().regimen == "@SUM(1)"

    def test_names_may_be_of_any_script(self, take: Take) -> None:
        name = "Ωμέγα 李 \u202eإسم\u202c é 👩🏽‍⚕️"
        take(
            "encounter_id,mrn,location,family_name,administration_id,drug,start\n"
            f"E-李,M1,north,{name},a1,cefazolin,2026-01-15T10:00\n"
        )
        encounter = Encounter.objects.get()
        assert (encounter.external_id, encounter.patient.family_name) == ("E-李", name)

    def test_a_workbook_is_read_as_a_table(self, take: Take, tmp_path: Path) -> None:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        sheet.append(["encounter_id", "mrn", "location", "administration_id", "drug", "start", "stop", "minutes"])
        sheet.append(
            [
                1001,
                77,
                "north",
                "a1",
                "cefazolin",
                datetime(2026, 1, 15, 10),  # noqa: DTZ001  # as workbooks have it
                "2026-01-15T11:00",
                60.0,
            ]
        )
        path = tmp_path / "given.xlsx"
        workbook.save(path)
        batch = take(path.read_bytes(), name="given.xlsx")
        assert not batch.refused, list(IntakeRefusal.objects.values_list("reason", flat=True))
        row = DrugAdministration.objects.get()
        assert (row.encounter.external_id, row.minutes, row.started_at.isoformat()) == (
            "1001",
            60,
            "2026-01-15T15:00:00+00:00",
        )

    @pytest.mark.parametrize(
        ("part", "content"),
        [
            ("xl/workbook.xml", b"<a><b>"),
            ("[Content_Types].xml", b"no xml"),
            ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>"),
            ("xl/workbook.xml", b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'),
        ],
    )
    def test_a_workbook_with_a_broken_part_is_refused(self, take: Take, part: str, content: bytes) -> None:
        whole, broken = io.BytesIO(), io.BytesIO()
        openpyxl.Workbook().save(whole)
        with zipfile.ZipFile(whole) as parts, zipfile.ZipFile(broken, "w") as damaged:
            for name in parts.namelist():
                damaged.writestr(name, content if name == part else parts.read(name))
        take(broken.getvalue(), name="given.xlsx")
        assert "workbook cannot be opened" in IntakeRefusal.objects.get().reason

    def test_a_workbook_whose_bytes_are_damaged_is_refused(self, take: Take) -> None:
        whole = io.BytesIO()
        openpyxl.Workbook().save(whole)
        data = bytearray(whole.getvalue())
        with zipfile.ZipFile(whole) as parts:
            begin = parts.getinfo("xl/workbook.xml").header_offset
        data[begin + 60 : begin + 90] = b"\xff" * 30
        take(bytes(data), name="given.xlsx")
        assert "workbook cannot be opened" in IntakeRefusal.objects.get().reason

    def test_a_broken_workbook_is_refused(self, take: Take) -> None:
        take(b"PK\x03\x04 no zip at all", name="given.xlsx")
        assert "workbook is cut or damaged" in IntakeRefusal.objects.get().reason
        assert IntakeBatch.objects.get().finished_at
