"""Segments become runs."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from encounters.datasets.runs import joined

ZERO = datetime(2026, 1, 15, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return ZERO + timedelta(minutes=minutes)


class TestJoined:
    def test_touching_segments_are_one_run_without_a_pause(self) -> None:
        run = joined([(at(60), at(90)), (at(0), at(60))])
        assert (run.started_at, run.stopped_at, run.pauses) == (at(0), at(90), ())

    def test_a_gap_is_a_pause(self) -> None:
        run = joined([(at(0), at(30)), (at(45), at(60))])
        assert [(each.started_at, each.stopped_at) for each in run.pauses] == [(at(30), at(45))]

    def test_a_segment_within_another_adds_nothing(self) -> None:
        run = joined([(at(0), at(60)), (at(10), at(20))])
        assert (run.stopped_at, run.pauses) == (at(60), ())

    @given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 90)), min_size=1, max_size=12))
    def test_running_minutes_are_those_of_the_union(self, segments: list[tuple[int, int]]) -> None:
        run = joined((at(begun), at(begun + length)) for begun, length in segments)
        paused = sum((each.stopped_at - each.started_at for each in run.pauses), timedelta())
        minutes = {minute for begun, length in segments for minute in range(begun, begun + length)}
        assert run.stopped_at - run.started_at - paused == timedelta(minutes=len(minutes))
