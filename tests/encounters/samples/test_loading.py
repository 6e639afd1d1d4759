"""The demo content: whole, clean, and the same however often it is loaded."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import User

from encounters.models import CodingRun, Encounter, IntakeRefusal, Location, Payer, Review
from encounters.samples.loading import (
    USERS,
    clock_set_back,
    load_samples,
    read_samples,
    working_day_before,
)

AT = datetime(2026, 1, 20, 12, tzinfo=UTC)
TODAY = date(2026, 1, 20)


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("count", "expected"), [(1, date(2026, 1, 19)), (2, date(2026, 1, 16)), (10, date(2026, 1, 6))]
    )
    def test_leave_out_the_weekend(self, count: int, expected: date) -> None:
        assert working_day_before(TODAY, count) == expected

    @pytest.mark.parametrize(
        ("as_of", "expected"),
        [(TODAY, date(2025, 11, 1)), (date(2026, 11, 1), date(2025, 11, 1)), (date(2026, 11, 3), date(2026, 10, 31))],
    )
    def test_the_last_night_with_25_hours_lies_before(self, as_of: date, expected: date) -> None:
        assert clock_set_back(as_of) == expected


@pytest.mark.django_db
class TestLoadSamples:
    def test_loads_once_whole_and_coded(self) -> None:
        loaded = load_samples(as_of=TODAY, password="infusion-demo", at=AT)
        assert not list(IntakeRefusal.objects.values_list("reason", flat=True))
        assert loaded.batch.encounters_new >= 80
        assert not list(Encounter.objects.exclude(coding_error="").values_list("external_id", "coding_error"))
        assert CodingRun.objects.count() == Review.objects.count() == Encounter.objects.count()
        assert {"ready", "to_decide"} <= set(Review.objects.values_list("state", flat=True))
        assert Location.objects.filter(setting="office").exists()
        assert Payer.objects.filter(kind="commercial").count() == 2
        again = load_samples(as_of=date(2026, 2, 3), password="another one", at=AT)
        assert (again.batch.encounters_new, again.batch.encounters_changed, again.coded, again.users) == (0, 0, 0, 0)
        coder = User.objects.get(username="coder")
        assert coder.check_password("infusion-demo")
        assert coder.has_perm("encounters.work_reviews")
        assert User.objects.filter(username__in=USERS).count() == len(USERS)

    def test_all_dates_lie_shortly_before_the_day_of_loading(self) -> None:
        load_directory_only()
        dates = [read.encounter.date_of_service for read in read_samples(as_of=TODAY) if read.encounter]
        recent = [each for each in dates if 0 < (TODAY - each).days <= 14]
        assert len(recent) == len(dates) - 1 >= 60

    def test_record_numbers_are_plainly_synthetic(self) -> None:
        load_directory_only()
        assert all(
            read.encounter.patient.mrn.startswith("SYN-") for read in read_samples(as_of=TODAY) if read.encounter
        )


def load_directory_only() -> None:
    from encounters.samples import loading

    loading._load_directory()
