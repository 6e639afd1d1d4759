from datetime import date

from drugs.dates import written


def test_a_day_is_written_as_a_person_does() -> None:
    assert written(date(2026, 9, 4)) == "4 Sep 2026"
