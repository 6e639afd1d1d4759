"""Minutes: spans of them, their union, what is left of them, and the hours they earn.

A span is a pair of whole minutes since 1970-01-01T00:00Z, start inclusive, stop exclusive; spans are kept
sorted, disjoint and not touching. Elapsed minutes are therefore true minutes across a change of clock.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import islice
from typing import Final, TypeAlias

Spans: TypeAlias = tuple[tuple[int, int], ...]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
DAY: Final = 1440
_KEPT: Final = 4096
"""Dates and zones of which the texts and numbers are kept: more than a clinic meets, a bound against odd input."""
_OFFSETS_KEPT: Final = 32
_AHEAD: Final[dict[timezone, int]] = {}
"""At most 2,879: zones are equal by their offset, which is less than a day either way."""
_DATES: Final[dict[int, date]] = {}
_DATE_TEXTS: Final[dict[int, str]] = {}
_CLOCK_TEXTS: Final[dict[int, tuple[str, ...]]] = {}


def _ahead(zone: timezone) -> int | None:
    """Minutes that a fixed zone is ahead of UTC, None where they are not whole."""
    ahead = _AHEAD.get(zone)
    if ahead is None:
        minutes, rest = divmod(zone.utcoffset(None), timedelta(minutes=1))
        if rest:
            return None
        _AHEAD[zone] = ahead = minutes
    return ahead


def minute_of(clock: datetime) -> int:
    """The whole minute of a clock time; seconds do not count, a naive time is taken as UTC.

    >>> minute_of(datetime(1970, 1, 1, 1, 0, 59, tzinfo=UTC))
    60
    """
    zone = clock.tzinfo
    if type(zone) is timezone:
        ahead = _ahead(zone)
        if ahead is not None:
            return (clock.toordinal() - EPOCH_DAY) * DAY + clock.hour * 60 + clock.minute - ahead
    elif zone is None:
        clock = clock.replace(tzinfo=UTC)
    elapsed = clock - EPOCH
    return elapsed.days * DAY + elapsed.seconds // 60


def offset_of(clock: datetime) -> int:
    """Minutes that the clock on the wall is ahead of UTC.

    >>> offset_of(datetime(2026, 1, 15, tzinfo=timezone(timedelta(hours=-5))))
    -300
    """
    zone = clock.tzinfo
    if type(zone) is timezone:
        ahead = _ahead(zone)
        if ahead is not None:
            return ahead
    offset = clock.utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60


def minutes_and_offset(start: datetime | None, stop: datetime | None) -> tuple[int | None, int | None, int]:
    """The minutes of a start and a stop, and the offset of the first of them that is known, else 0.

    >>> minutes_and_offset(None, datetime(1970, 1, 1, 1, 0, tzinfo=UTC))
    (None, 60, 0)
    """
    if start is None:
        return (None, None, 0) if stop is None else (None, minute_of(stop), offset_of(stop))
    if stop is None:
        return minute_of(start), None, offset_of(start)
    zone = start.tzinfo
    if type(zone) is timezone and (zone is stop.tzinfo or zone == stop.tzinfo):
        ahead = _ahead(zone)
        if ahead is not None:
            epoch = EPOCH_DAY * DAY + ahead
            first = start.toordinal() * DAY + start.hour * 60 + start.minute - epoch
            return first, stop.toordinal() * DAY + stop.hour * 60 + stop.minute - epoch, ahead
    return minute_of(start), minute_of(stop), offset_of(start)


def local_date(minute: int, offset: int) -> date:
    """The date on the wall at a minute; dates outside year 1 to 9999 are held at that bound.

    >>> local_date(1440 * 20468 + 60, -300)
    datetime.date(2026, 1, 14)
    """
    return _date_of((minute + offset) // DAY)


def _date_of(day: int) -> date:
    """The date of a day counted from 1970-01-01."""
    found = _DATES.get(day)
    if found is None:
        if len(_DATES) >= _KEPT:
            _DATES.clear()
        _DATES[day] = found = date.fromordinal(min(max(day + EPOCH_DAY, 1), date.max.toordinal()))
    return found


def _date_text(day: int) -> str:
    """The date of a day counted from 1970-01-01 as ISO 8601 text."""
    found = _DATE_TEXTS.get(day)
    if found is None:
        if len(_DATE_TEXTS) >= _KEPT:
            _DATE_TEXTS.clear()
        _DATE_TEXTS[day] = found = _date_of(day).isoformat()
    return found


def _clocks(offset: int) -> tuple[str, ...]:
    """The text of each minute of a day that stands after its date, with the offset."""
    found = _CLOCK_TEXTS.get(offset)
    if found is None:
        if len(_CLOCK_TEXTS) >= _OFFSETS_KEPT:
            _CLOCK_TEXTS.clear()
        hours, minutes = divmod(abs(offset), 60)
        ahead = f"{'-' if offset < 0 else '+'}{hours:02d}:{minutes:02d}"
        found = tuple([f"T{minute // 60:02d}:{minute % 60:02d}{ahead}" for minute in range(DAY)])
        _CLOCK_TEXTS[offset] = found
    return found


def clock_text(minute: int, offset: int) -> str:
    """A minute as ISO 8601 text with its offset.

    >>> clock_text(60, 0)
    '1970-01-01T01:00+00:00'
    """
    day, of_day = divmod(minute + offset, DAY)
    return _date_text(day) + _clocks(offset)[of_day]


def clock_texts(spans: Spans, offset: int) -> tuple[tuple[str, str], ...]:
    """Start and stop of each span as ISO 8601 text.

    >>> clock_texts(((0, 1),), 0)
    (('1970-01-01T00:00+00:00', '1970-01-01T00:01+00:00'),)
    """
    if len(spans) == 1:
        start, stop = spans[0]
        local = start + offset
        day = local // DAY
        of_day = local - day * DAY
        until = of_day + stop - start
        if until < DAY:
            on, clocks = _date_text(day), _clocks(offset)
            return ((on + clocks[of_day], on + clocks[until]),)
    return tuple([(clock_text(start, offset), clock_text(stop, offset)) for start, stop in spans])


def union(spans: Iterable[tuple[int, int]]) -> Spans:
    """The minutes in any of the spans; touching spans become one, empty ones vanish.

    >>> union([(10, 20), (15, 30), (30, 31), (40, 40)])
    ((10, 31),)
    """
    merged: list[tuple[int, int]] = []
    last = None
    for start, stop in sorted(spans):
        if stop <= start:
            continue
        if last is not None and start <= last:
            if stop > last:
                merged[-1] = (merged[-1][0], stop)
                last = stop
        else:
            merged.append((start, stop))
            last = stop
    return tuple(merged)


def minus(spans: Spans, cut: Spans) -> Spans:
    """The minutes of `spans` that are not in `cut`; both sorted and disjoint.

    >>> minus(((0, 100),), ((10, 20), (90, 120)))
    ((0, 10), (20, 90))
    """
    if not cut or not spans or cut[0][0] >= spans[-1][1] or cut[-1][1] <= spans[0][0]:
        return spans
    left: list[tuple[int, int]] = []
    place, last = 0, len(cut)
    for start, stop in spans:
        at = start
        while place < last and cut[place][1] <= at:
            place += 1
        for cut_start, cut_stop in islice(cut, place, None):
            if cut_start >= stop:
                break
            if cut_start > at:
                left.append((at, cut_start))
            at = cut_stop
        if at < stop:
            left.append((at, stop))
    return tuple(left)


def common(spans: Spans, others: Spans) -> Spans:
    """The minutes in both; both sorted and disjoint.

    >>> common(((0, 100),), ((10, 20), (90, 120)))
    ((10, 20), (90, 100))
    """
    if spans == others:
        return spans
    shared: list[tuple[int, int]] = []
    place, last = 0, len(others)
    for start, stop in spans:
        while place < last and others[place][1] <= start:
            place += 1
        for other_start, other_stop in islice(others, place, None):
            if other_start >= stop:
                break
            shared.append((max(start, other_start), min(stop, other_stop)))
    return tuple(shared)


def total(spans: Spans) -> int:
    """How many minutes the spans hold.

    >>> total(((0, 10), (20, 25)))
    15
    """
    if len(spans) == 1:
        start, stop = spans[0]
        return stop - start
    return sum([stop - start for start, stop in spans])


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


def minutes_at(spans: Spans, first: int, every: int, count: int) -> tuple[int, ...]:
    """The clock minutes of `count` running minutes: the one with index `first`, and each `every` further on.

    ValueError where the spans end before the last of them.

    >>> minutes_at(((0, 10), (20, 40)), 8, 4, 3)
    (8, 22, 26)
    """
    if count == 1:
        return (minute_at(spans, first),)
    found: list[int] = []
    before, index = 0, first
    for start, stop in spans:
        while len(found) < count and index - before < stop - start:
            found.append(start + index - before)
            index += every
        before += stop - start
    if len(found) < count:
        message = "the spans end before that minute"
        raise ValueError(message)
    return tuple(found)


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
