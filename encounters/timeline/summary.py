"""A chart of hundreds of entries, summed up: nobody reads a thousand bars, and no page should hold them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from encounters.timeline.items import DRUG_ROLES, Item, Piece
from encounters.timeline.words import FAMILY_CLASS
from rules.facts import Administration, EncounterFacts
from rules.result import CodedLine, CodingResult

MOST_DRAWN = 250
"""Entries that are drawn one by one."""
STRETCHES = 12
"""Into so many stretches of equal length the time of a lane is cut, when there are more."""


def summed_up(*, facts: EncounterFacts, result: CodingResult, lane_of: Mapping[str, str]) -> tuple[Item, ...]:
    """For each lane a bar per stretch of time with its count, in the hue of most of its lines, hatched without any."""
    lines_of: dict[str, list[CodedLine]] = defaultdict(list)
    for line in result.lines:
        for one in line.administrations:
            lines_of[one].append(line)
    lanes: dict[str, list[Administration]] = defaultdict(list)
    for given in facts.administrations:
        lanes[lane_of[given.id]].append(given)
    return tuple(item for lane, entries in lanes.items() for item in _of_lane(lane, entries, lines_of))


def _of_lane(lane: str, entries: Sequence[Administration], lines_of: Mapping[str, list[CodedLine]]) -> list[Item]:
    timed = [(begin, end, given) for given in entries if (begin := _begin(given)) and (end := _end(given))]
    untimed = [given for given in entries if _begin(given) is None]
    items: list[Item] = []
    if timed:
        first, last = min(begin for begin, _, _ in timed), max(begin for begin, _, _ in timed)
        length = (last - first) / STRETCHES
        stretches: dict[int, list[tuple[datetime, datetime, Administration]]] = defaultdict(list)
        for begin, end, given in timed:
            place = min(int((begin - first) / length), STRETCHES - 1) if length else 0
            stretches[place].append((begin, end, given))
        items = [_item(lane, stretches[place], lines_of) for place in sorted(stretches)]
    if untimed:
        items.append(_untimed(lane, untimed, lines_of))
    return items


def _item(
    lane: str, entries: Sequence[tuple[datetime, datetime, Administration]], lines_of: Mapping[str, list[CodedLine]]
) -> Item:
    given = [each for _, _, each in entries]
    lines = _lines(given, lines_of)
    start, stop = min(begin for begin, _, _ in entries), max(end for _, end, _ in entries)
    css = _css(lines)
    is_stretch = stop > start
    return Item(
        administrations=tuple(each.id for each in given),
        lines=tuple(line.key for line in lines),
        lane=lane,
        form="bar" if is_stretch else "moment",
        css=css or "othr",
        name=_count(given),
        start=start,
        stop=stop,
        pieces=(Piece(start, stop, css or "hatch"),) if is_stretch else (),
        code=_codes(lines),
    )


def _untimed(lane: str, given: Sequence[Administration], lines_of: Mapping[str, list[CodedLine]]) -> Item:
    lines = _lines(given, lines_of)
    return Item(
        administrations=tuple(each.id for each in given),
        lines=tuple(line.key for line in lines),
        lane=lane,
        form="untimed",
        css=_css(lines) or "othr",
        name=_count(given),
        start=None,
        stop=None,
        note="no time charted",
    )


def _count(given: Sequence[Administration]) -> str:
    return f"{len(given)} entries" if len(given) > 1 else given[0].drug.name


def _codes(lines: Sequence[CodedLine]) -> str:
    codes = list(dict.fromkeys(line.code for line in lines if line.role not in DRUG_ROLES))
    return " ".join(codes[:2]) + (f" +{len(codes) - 2}" if len(codes) > 2 else "")  # noqa: PLR2004 (two have room)


def _css(lines: Sequence[CodedLine]) -> str:
    hues = Counter(FAMILY_CLASS[line.family] for line in lines if line.role not in DRUG_ROLES)
    return hues.most_common(1)[0][0] if hues else ""


def _lines(given: Sequence[Administration], lines_of: Mapping[str, list[CodedLine]]) -> list[CodedLine]:
    return list({line.key: line for each in given for line in lines_of.get(each.id, ())}.values())


def _begin(given: Administration) -> datetime | None:
    return given.start or given.stop


def _end(given: Administration) -> datetime | None:
    return given.stop or given.start
