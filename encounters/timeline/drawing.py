"""The whole drawing: lanes, rows, and every form with its final place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from encounters.timeline.items import Item, items_of
from encounters.timeline.layout import (
    MOST_ROWS_AT_EASE,
    ROW,
    ROW_COMPACT,
    ROW_WITH_TICKS,
    Arrangement,
    Mark,
    Row,
    Text,
    Tick,
    rows_of,
)
from encounters.timeline.ledger import MinuteSums, minute_sums, stretches_of
from encounters.timeline.scale import LEAST_SPAN, GridLine, Midnight, Scale, grid, midnights, scale_for
from encounters.timeline.summary import MOST_DRAWN, summed_up
from rules.facts import Administration, EncounterFacts
from rules.result import CodedLine, CodingResult
from rules.vocabulary import LineFamily, Role, Route

AXIS = 17
OTHER_LANE = ""
LAST_SPARE_MINUTES = 5
LITTLE_ROOM, ROOM_FOR_WORDS = 0.03, 0.17
TIMED_ROLES = frozenset({Role.INITIAL, Role.SEQUENTIAL, Role.HYDRATION})


class Earns(NamedTuple):
    """The running minute at which a service earns its first unit, and the one at which it earns the second."""

    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Lane:
    """A vascular access, or the lane of what needs none; `y` and `height` in pixels."""

    title: str
    note: str
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs to one bag, push or injection: lights with its lines. `label` is for a screen reader."""

    lines: str
    administrations: str
    label: str
    marks: tuple[Mark, ...]
    texts: tuple[Text, ...]
    ring: Mark


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything the SVG needs; `height` in pixels, `families` the hues that occur."""

    height: int
    grid: tuple[GridLine, ...]
    midnights: tuple[Midnight, ...]
    lanes: tuple[Lane, ...]
    groups: tuple[Group, ...]
    sums: MinuteSums
    families: frozenset[str]
    has_hatch: bool
    has_open_end: bool

    @property
    def axis(self) -> int:
        """Pixels from the top to the line under the hours."""
        return AXIS - 4


def timeline(
    *, facts: EncounterFacts, result: CodingResult, zone: ZoneInfo, earns: Mapping[LineFamily, Earns]
) -> Timeline:
    """The drawing of one encounter, in the local time of `zone`.

    `earns` holds per family the running minutes at which units are earned, from the rulebook of the run. More entries
    than MOST_DRAWN are summed up in stretches of time.
    """
    lane_of = {each.id: _lane_key(each) for each in facts.administrations}
    is_crowded = len(facts.administrations) > MOST_DRAWN
    items = (summed_up if is_crowded else items_of)(facts=facts, result=result, lane_of=lane_of)
    scale = scale_for(moments=_moments(items), zone=zone, room_after=_room_after(items))
    keys = _lane_order(facts, lane_of)
    drawn_on = scale or _whole_day(facts, zone)
    ticks = _ticks(result, items, scale, earns) if scale and not is_crowded else {}
    lanes: list[Lane] = []
    groups: list[Group] = []
    rows_by_lane = _filled(items, keys, drawn_on, ticks)
    y = AXIS
    for key in keys:
        rows, is_compact = rows_by_lane[key]
        top = y
        for row in rows:
            groups += [_group(item, way, y, zone) for item, way in row.placed]
            y += ROW_COMPACT if is_compact else ROW_WITH_TICKS if row.has_ticks else ROW
        y = max(y, top + ROW) + 4
        lanes.append(Lane(*_lane_words(facts, key), top - 4, y - top))
    return Timeline(
        height=y - 3,
        grid=grid(scale) if scale else (),
        midnights=midnights(scale) if scale else (),
        lanes=tuple(lanes),
        groups=tuple(groups),
        sums=minute_sums(result),
        families=frozenset(item.css for item in items if item.lines),
        has_hatch=any(piece.css == "hatch" for item in items for piece in item.pieces),
        has_open_end=any(item.form in {"open_end", "open_start"} for item in items),
    )


def _whole_day(facts: EncounterFacts, zone: ZoneInfo) -> Scale:
    """The date of service from midnight to midnight, for an encounter without a single time."""
    day = facts.date_of_service
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    return Scale(start=start, end=start + timedelta(days=1), zone=zone)


def _lane_key(administration: Administration) -> str:
    return administration.access if administration.route in {None, Route.IV} else OTHER_LANE


def _lane_order(facts: EncounterFacts, lane_of: Mapping[str, str]) -> list[str]:
    """Accesses in charted order, then those only administrations name, then what needs none."""
    used = set(lane_of.values())
    charted = [access.label for access in facts.accesses if access.label in used]
    rest = sorted(used - set(charted) - {OTHER_LANE})
    return charted + rest + ([OTHER_LANE] if OTHER_LANE in used else [])


def _lane_words(facts: EncounterFacts, key: str) -> tuple[str, str]:
    if key == OTHER_LANE:
        routes = {
            str(each.route)
            for each in facts.administrations
            if _lane_key(each) == OTHER_LANE and each.route is not None
        }
        return "No access", ", ".join(sorted(routes))
    access = next((each for each in facts.accesses if each.label == key), None)
    return f"Access {key}", (access.kind or "") if access else ""


def _moments(items: Sequence[Item]) -> list[datetime]:
    """All times that the axis must show; a pump's end is not among them, it lies days away."""
    starts = [item.start for item in items if item.start]
    stops = [item.stop for item in items if item.stop and item.form != "pump"]
    return starts + stops


def _room_after(items: Sequence[Item]) -> float:
    """Forms that reach past their last time need room behind it, and so do words beside short ones."""
    times = _moments(items)
    if not times:
        return LITTLE_ROOM
    near_end = max(times) - max(max(times) - min(times), LEAST_SPAN) * 0.12
    reaching = {"pump", "open_end", "push", "moment"}
    is_reaching = any(item.form in reaching and item.start and item.start >= near_end for item in items)
    return ROOM_FOR_WORDS if is_reaching else LITTLE_ROOM


def _filled(
    items: Sequence[Item], keys: Sequence[str], scale: Scale, ticks: dict[tuple[str, ...], tuple[Tick, ...]]
) -> dict[str, tuple[list[Row], bool]]:
    """The rows of each lane; all lanes go compact together when they would not fit at ease."""
    by_lane = {key: [item for item in items if item.lane == key] for key in keys}
    at_ease = {
        key: rows_of(each, scale=scale, ticks=ticks, is_compact=False, most=MOST_ROWS_AT_EASE)
        for key, each in by_lane.items()
    }
    if sum(len(rows) for rows in at_ease.values()) <= MOST_ROWS_AT_EASE:
        return {key: (rows, False) for key, rows in at_ease.items()}
    return {key: (rows_of(each, scale=scale, ticks={}, is_compact=True), True) for key, each in by_lane.items()}


def _group(item: Item, way: Arrangement, y: int, zone: ZoneInfo) -> Group:
    marks = tuple(replace(mark, y=mark.y + y) for mark in way.marks)
    texts = tuple(replace(text, y=text.y + y) for text in way.texts)
    body = next((mark for mark in marks if mark.form not in {"stop_sign", "tick"}), None)
    left, width = way.ring
    ring = Mark("ring", left, (body.y if body else y + 2) - 2, width, 19)
    return Group(" ".join(item.lines), " ".join(item.administrations), _label(item, zone), marks, texts, ring)


def _label(item: Item, zone: ZoneInfo) -> str:
    """The item in words: drug, times, minutes, codes, what is missing."""
    times = ""
    if item.start:
        times = f"{item.start.astimezone(zone):%H:%M}"
        if item.stop and item.stop != item.start:
            times += f"\u2013{item.stop.astimezone(zone):%H:%M}"
    parts = [item.name, times, item.minutes, item.code, item.note]
    return ", ".join(part for part in parts if part)


def _ticks(
    result: CodingResult, items: Sequence[Item], scale: Scale, earns: Mapping[LineFamily, Earns]
) -> dict[tuple[str, ...], tuple[Tick, ...]]:
    """The running minutes at which timed services earned their units, on the item where the clock stood then."""
    found: dict[tuple[str, ...], list[Tick]] = {}
    for line in result.lines:
        if line.role not in TIMED_ROLES or line.minutes is None or line.family not in earns:
            continue
        for number, minute, spare in _earned(result, line, earns[line.family]):
            at = _clock_at(result, line, minute)
            item = next(
                (
                    each
                    for each in items
                    if at
                    and each.form == "bar"
                    and each.start
                    and each.stop
                    and set(each.administrations) & set(line.administrations)
                    and each.start <= at <= each.stop
                ),
                None,
            )
            if at is None or item is None:
                continue
            found.setdefault(item.administrations, []).append(
                Tick(scale.x(at), _tick_words(line, minute, number, spare), f"{minute}")
            )
    return {key: tuple(sorted(ticks, key=lambda tick: tick.x)) for key, ticks in found.items()}


def _earned(result: CodingResult, line: CodedLine, earns: Earns) -> list[tuple[int, int, int | None]]:
    """(which unit, its running minute, minutes to spare where they are few), for a service beyond its first hour."""
    running = _running(result, line)
    minutes = [earns.first]
    while earns.second + 60 * (len(minutes) - 1) <= running:
        minutes.append(earns.second + 60 * (len(minutes) - 1))
    if len(minutes) == 1:
        return []
    spare = running - minutes[-1]
    last = len(minutes) - 1
    return [
        (n, minute, spare if n == last and spare <= LAST_SPARE_MINUTES else None) for n, minute in enumerate(minutes)
    ]


def _tick_words(line: CodedLine, minute: int, number: int, spare: int | None) -> str:
    if number == 0 and line.role is not Role.HYDRATION:
        return f"{minute}: first hour earned"
    return f"{minute}: +1" if spare is None else f"{minute}: +1, {spare or 'no'} min to spare"


def _service_keys(result: CodingResult, line: CodedLine) -> frozenset[str]:
    """The line and the further hours of the same administrations."""
    together = set(line.administrations)
    further = {
        each.key for each in result.lines if each.role is Role.ADDITIONAL_HOUR and together & set(each.administrations)
    }
    return frozenset({line.key, *further})


def _stretches(result: CodingResult, line: CodedLine) -> list[tuple[datetime, datetime]]:
    keys = _service_keys(result, line)
    found = stretches_of(result, frozenset(line.administrations))
    return [(each.start, each.stop) for each in found if each.is_line and each.bucket in keys]


def _running(result: CodingResult, line: CodedLine) -> int:
    return sum((stop - start) // timedelta(minutes=1) for start, stop in _stretches(result, line))


def _clock_at(result: CodingResult, line: CodedLine, minute: int) -> datetime | None:
    """When the running minute `minute` was reached."""
    left = timedelta(minutes=minute)
    for start, stop in _stretches(result, line):
        if stop - start >= left:
            return start + left
        left -= stop - start
    return None
