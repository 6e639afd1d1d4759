"""The clock across the timeline: its ends, its grid, its midnights."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# Minutes between two labelled hours, from the finest; the first that keeps the labels apart is taken.
STEPS = (15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 10080)
MOST_LABELS = 9
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
    """The lines of the hour grid, in local time; on a day the clock changes its labels say what the clock said."""
    step = label_step(scale.minutes)
    stride = QUARTER if step <= 240 else timedelta(hours=1)  # noqa: PLR2004 (finer ticks would touch)
    within_day = min(step, 1440)
    lines = []
    for moment, minute in _local_quarters(scale, stride):
        local = moment.astimezone(scale.zone)
        if minute % within_day == 0 and (step <= 1440 or local.toordinal() % (step // 1440) == 0):  # noqa: PLR2004 (minutes of a day)
            # At midnight the day's name stands instead of the hour.
            label = (f"{local:%H:%M}" if minute else "") if step < 1440 else f"{local:%a} {local.day} {local:%b}"  # noqa: PLR2004 (minutes of a day)
            lines.append(GridLine(scale.x(moment), 0, label))
        elif step % 2 == 0 and minute % (within_day // 2) == 0:
            lines.append(GridLine(scale.x(moment), 1))
        elif minute % max(within_day // 4, 15) == 0:
            lines.append(GridLine(scale.x(moment), 2))
    return tuple(lines)


def midnights(scale: Scale) -> tuple[Midnight, ...]:
    """Each local midnight strictly inside the scale, with the date that begins."""
    found = []
    day = scale.start.astimezone(scale.zone).date() + timedelta(days=1)
    while True:
        moment = datetime(day.year, day.month, day.day, tzinfo=scale.zone)
        if moment >= scale.end:
            return tuple(found)
        if moment > scale.start:
            found.append(Midnight(scale.x(moment), f"{day:%a} {day.day} {day:%b}"))
        day += timedelta(days=1)
