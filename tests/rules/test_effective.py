from dataclasses import dataclass
from datetime import date

import pytest

from rules.effective import EffectivePeriod, as_of, gaps, overlaps


def period(since: int, until: int | None = None) -> EffectivePeriod:
    """From one day of January 2026 until another."""
    return EffectivePeriod(date(2026, 1, since), None if until is None else date(2026, 1, until))


@dataclass(frozen=True)
class Entry:
    period: EffectivePeriod


class TestEffectivePeriod:
    @pytest.mark.parametrize(("day", "holds"), [(4, False), (5, True), (9, True), (10, False)])
    def test_holds_its_first_day_and_not_its_last(self, day: int, holds: bool) -> None:
        assert period(5, 10).holds_on(date(2026, 1, day)) is holds

    def test_without_an_end_holds_for_ever(self) -> None:
        assert period(5).holds_on(date.max)

    @pytest.mark.parametrize("until", [5, 4])
    def test_refuses_to_hold_no_day(self, until: int) -> None:
        with pytest.raises(ValueError, match="holds no day"):
            period(5, until)

    @pytest.mark.parametrize(
        ("first", "second", "share"),
        [
            (period(1, 5), period(5, 9), False),
            (period(1, 6), period(5, 9), True),
            (period(1), period(5, 9), True),
            (period(5), period(1, 5), False),
            (period(1), period(2), True),
        ],
    )
    def test_overlaps_where_a_day_is_shared(self, first: EffectivePeriod, second: EffectivePeriod, share: bool) -> None:
        assert first.overlaps(second) is share
        assert second.overlaps(first) is share

    def test_says_its_days(self) -> None:
        assert str(period(1, 5)) == "2026-01-01 to 2026-01-05"
        assert str(period(1)) == "2026-01-01 to open"


class TestAsOf:
    def test_finds_what_is_in_force(self) -> None:
        entries = [Entry(period(1, 5)), Entry(period(5))]
        assert as_of(entries, date(2026, 1, 4)) is entries[0]
        assert as_of(entries, date(2026, 1, 5)) is entries[1]

    def test_finds_nothing_before_the_first(self) -> None:
        assert as_of([Entry(period(5))], date(2026, 1, 4)) is None


class TestOverlaps:
    def test_finds_neighbours_that_share_a_day(self) -> None:
        assert overlaps([period(5, 9), period(1, 6), period(9)]) == ((period(1, 6), period(5, 9)),)

    def test_finds_none_where_one_follows_the_other(self) -> None:
        assert overlaps([period(5), period(1, 5)]) == ()


class TestGaps:
    @pytest.mark.parametrize(
        ("periods", "found"),
        [
            ([], ()),
            ([period(1, 5), period(5)], ()),
            ([period(7), period(1, 5)], (period(5, 7),)),
            ([period(1, 20), period(2, 3), period(10, 12)], ()),
            ([period(1), period(10, 12)], ()),
            ([period(1, 3), period(5, 7), period(9)], (period(3, 5), period(7, 9))),
        ],
        ids=["none", "seamless", "one", "under a longer one", "after an open one", "two"],
    )
    def test_finds_days_that_nothing_covers(
        self, periods: list[EffectivePeriod], found: tuple[EffectivePeriod, ...]
    ) -> None:
        assert gaps(periods) == found
