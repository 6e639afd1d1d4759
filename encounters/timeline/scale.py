"""The clock across the timeline: its ends, its grid, its midnights."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# Minutes between two labelled hours, from the finest; the first that keeps the labels apart is taken.
DAY = 1440
STEPS = (15, 30, 60, 120, 180, 240, 360, 720, *(days * DAY for days in (1, 2, 7, 14, 28, 91, 364, 3640, 36400)))
MOST_LABELS = 9
A_YEAR = 364
QUARTER = timedelta(minutes=15)
LEAST_SPAN = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class GridLine:
    """A vertical line at `x` percent. `level` 0 carries a label, 1 is a full line, 2 a tick on the axis."""

    x: float
    level: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Midnight:
    """The line where one local day ends, with the day that begins there."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps an instant between `start` and `end` to percent of the width."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    def x(self, moment: datetime) -> float:
        """Percent from the left, 0 to 100; a moment outside stands at the near edge."""
        share = (moment - self.start) / (self.end - self.start)
        return round(min(max(share, 0.0), 1.0) * 100, 2)

    @property
    def minutes(self) -> float:
        """Minutes from edge to edge."""
        return (self.end - self.start) / timedelta(minutes=1)


def scale_for(*, moments: Sequence[datetime], zone: ZoneInfo, room_after: float = 0.03) -> Scale | None:
    """A scale on which all `moments` stand, with a little air around them; None where there are none.

    `room_after`: share of the span to leave free behind the last moment.
    """
    if not moments:
        return None
    first, last = min(moments), max(moments)
    span = max(last - first, LEAST_SPAN)
    air = max(span * 0.03, timedelta(minutes=3))
    return Scale(
        start=(first - air).astimezone(UTC),
        end=(first + span + max(span * room_after, air)).astimezone(UTC),
        zone=zone,
    )


def label_step(minutes: float) -> int:
    """Minutes between labelled lines for a width of `minutes`."""
    return next((step for step in STEPS if minutes / step <= MOST_LABELS), STEPS[-1])


def _local_quarters(scale: Scale, stride: timedelta) -> Iterator[tuple[datetime, int]]:
    """Instants on the local clock's grid with their minute of the local day, `stride` apart."""
    seconds = int(stride.total_seconds())
    offset = int((scale.start.astimezone(scale.zone).utcoffset() or timedelta()).total_seconds())
    begin = (int(scale.start.timestamp()) + offset) // seconds * seconds - offset
    moment = datetime.fromtimestamp(begin, tz=UTC)
    while moment <= scale.end:
        if moment >= scale.start:
            local = moment.astimezone(scale.zone)
            yield moment, local.hour * 60 + local.minute
        moment += stride


def grid(scale: Scale) -> tuple[GridLine, ...]:
    """The lines of the grid, in local time; on a day the clock changes its labels say what the clock said."""
    step = label_step(scale.minutes)
    return _days(scale, step // DAY) if step >= DAY else _hours(scale, step)


def _hours(scale: Scale, step: int) -> tuple[GridLine, ...]:
    lines = []
    for moment, minute in _local_quarters(scale, QUARTER):
        if minute % step == 0:
            # At midnight the day's name stands instead of the hour.
            label = f"{moment.astimezone(scale.zone):%H:%M}" if minute else ""
            lines.append(GridLine(scale.x(moment), 0, label))
        elif step % 2 == 0 and minute % (step // 2) == 0:
            lines.append(GridLine(scale.x(moment), 1))
        elif minute % max(step // 4, 15) == 0:
            lines.append(GridLine(scale.x(moment), 2))
    return tuple(lines)


def _days(scale: Scale, step: int) -> tuple[GridLine, ...]:
    return tuple(
        GridLine(scale.x(moment), 0, f"{day:%a} {day.day} {day:%b}" if step < A_YEAR else f"{day.day} {day:%b %Y}")
        for day, moment in _local_midnights(scale)
        if day.toordinal() % step == 0
    )


def midnights(scale: Scale) -> tuple[Midnight, ...]:
    """Each local midnight strictly inside the scale, with the date that begins; none where the grid is days itself."""
    if label_step(scale.minutes) >= DAY:
        return ()
    return tuple(Midnight(scale.x(moment), f"{day:%a} {day.day} {day:%b}") for day, moment in _local_midnights(scale))


def _local_midnights(scale: Scale) -> Iterator[tuple[date, datetime]]:
    day = scale.start.astimezone(scale.zone).date() + timedelta(days=1)
    while (moment := datetime(day.year, day.month, day.day, tzinfo=scale.zone)) < scale.end:
        if moment > scale.start:
            yield day, moment
        day += timedelta(days=1)
