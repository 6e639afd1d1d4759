"""Tables as streams: long files are read in the memory of what is still open."""

import io
import tracemalloc

from encounters.intake.files import inspect
from encounters.intake.records import Directory, KnownLocation
from encounters.intake.tables import read_table

DIRECTORY = Directory({"north": KnownLocation("north", "facility", "22", "America/New_York")})
HEADER = b"encounter_id,mrn,location,administration_id,drug,start\n"
ROWS = 100_000
OF_AN_ENCOUNTER = 5


class TestReadTable:
    def test_reads_a_hundred_thousand_rows_in_little_memory(self) -> None:
        file = io.BytesIO(
            HEADER
            + b"".join(
                b"E%d,M1,north,a%d,cefazolin,2026-01-15T10:00\n" % (number // OF_AN_ENCOUNTER, number)
                for number in range(ROWS)
            )
        )
        facts = inspect(file)
        count = 0
        for number, read in enumerate(read_table(file, facts, directory=DIRECTORY)):
            count += read.records
            if number == 0:
                tracemalloc.start()
            if number == 2000:
                break
        growth, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert growth < 5_000_000
        assert sum(each.records for each in read_table(file, facts, directory=DIRECTORY)) == ROWS
        assert count == 2001 * OF_AN_ENCOUNTER
