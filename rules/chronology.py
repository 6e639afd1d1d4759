"""Minutes: spans of them, their union, what is left of them, and the hours they earn.

A span is a pair of whole minutes since 1970-01-01T00:00Z, start inclusive, stop exclusive; spans are kept
sorted, disjoint and not touching. Elapsed minutes are therefore true minutes across a change of clock.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import TypeAlias

Spans: TypeAlias = tuple[tuple[int, int], ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1).toordinal()
DAY = 1440


def minute_of(clock: datetime) -> int:
    """The whole minute of a clock time; seconds do not count, a naive time is taken as UTC.

    >>> minute_of(datetime(1970, 1, 1, 1, 0, 59, tzinfo=UTC))
    60
    """
    if clock.tzinfo is None:
        clock = clock.replace(tzinfo=UTC)
    elapsed = clock - EPOCH
    return elapsed.days * DAY + elapsed.seconds // 60


def offset_of(clock: datetime) -> int:
    """Minutes that the clock on the wall is ahead of UTC.

    >>> from datetime import timedelta, timezone
    >>> offset_of(datetime(2026, 1, 15, tzinfo=timezone(timedelta(hours=-5))))
    -300
    """
    offset = clock.utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60


def local_date(minute: int, offset: int) -> date:
    """The date on the wall at a minute; dates outside year 1 to 9999 are held at that bound.

    >>> local_date(1440 * 20468 + 60, -300)
    datetime.date(2026, 1, 14)
    """
    ordinal = (minute + offset) // DAY + EPOCH_DAY
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))


def clock_text(minute: int, offset: int) -> str:
    """A minute as ISO 8601 text with its offset.

    >>> clock_text(60, 0)
    '1970-01-01T01:00+00:00'
    """
    day = local_date(minute, offset)
    of_day = (minute + offset) % DAY
    sign = "-" if offset < 0 else "+"
    ahead = abs(offset)
    return f"{day.isoformat()}T{of_day // 60:02d}:{of_day % 60:02d}{sign}{ahead // 60:02d}:{ahead % 60:02d}"


def union(spans: Iterable[tuple[int, int]]) -> Spans:
    """The minutes in any of the spans; touching spans become one, empty ones vanish.

    >>> union([(10, 20), (15, 30), (30, 31), (40, 40)])
    ((10, 31),)
    """
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if stop <= start:
            continue
        if merged and start <= merged[-1][1]:
            if stop > merged[-1][1]:
                merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return tuple(merged)


def minus(spans: Spans, cut: Spans) -> Spans:
    """The minutes of `spans` that are not in `cut`; both sorted and disjoint.

    >>> minus(((0, 100),), ((10, 20), (90, 120)))
    ((0, 10), (20, 90))
    """
    if not cut:
        return spans
    left: list[tuple[int, int]] = []
    for start, stop in spans:
        at = start
        for cut_start, cut_stop in cut:
            if cut_stop <= at:
                continue
            if cut_start >= stop:
                break
            if cut_start > at:
                left.append((at, cut_start))
            at = cut_stop
            if at >= stop:
                break
        if at < stop:
            left.append((at, stop))
    return tuple(left)


def common(spans: Spans, others: Spans) -> Spans:
    """The minutes in both; both sorted and disjoint.

    >>> common(((0, 100),), ((10, 20), (90, 120)))
    ((10, 20), (90, 100))
    """
    return minus(spans, minus(spans, others))


def total(spans: Spans) -> int:
    """How many minutes the spans hold.

    >>> total(((0, 10), (20, 25)))
    15
    """
    return sum(stop - start for start, stop in spans)


def first_minutes(spans: Spans, count: int) -> Spans:
    """The first `count` minutes of the spans.

    >>> first_minutes(((0, 10), (20, 40)), 15)
    ((0, 10), (20, 25))
    """
    kept: list[tuple[int, int]] = []
    for start, stop in spans:
        if count <= 0:
            break
        kept.append((start, min(stop, start + count)))
        count -= stop - start
    return tuple(kept)


def minute_at(spans: Spans, index: int) -> int:
    """The clock minute of the running minute with that index, the first being 0; ValueError past the end.

    >>> minute_at(((0, 10), (20, 40)), 12)
    22
    """
    for start, stop in spans:
        if index < stop - start:
            return start + index
        index -= stop - start
    message = "the spans end before that minute"
    raise ValueError(message)


def split_at_midnights(spans: Spans, offset: int) -> Iterator[tuple[date, tuple[int, int]]]:
    """Each span cut where the date on the wall changes, with that date.

    >>> [day.day for day, _ in split_at_midnights(((1430, 1450),), 0)]
    [1, 2]
    """
    for start, stop in spans:
        at = start
        while at < stop:
            until = min(stop, ((at + offset) // DAY + 1) * DAY - offset)
            yield local_date(at, offset), (at, until)
            at = until
