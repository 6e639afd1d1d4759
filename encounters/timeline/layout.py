"""Where each item stands: rows in a lane, and the side on which its words find room.

Widths of text are estimated against a plot of WIDTH pixels, narrower than the narrowest screen the page is made
for, so that words that find room here find room there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from encounters.timeline.items import Item, Piece
from encounters.timeline.scale import Scale

WIDTH = 1100.0
LETTER = 5.6
BOLD_LETTER = 6.3
GAP = 8.0
BAR = 15.0
ROW = 31
ROW_WITH_TICKS = 43
ROW_COMPACT = 20
OPEN_SHARE = 6.5
PUMP_SHARE = 9.0
MOST_ROWS_AT_EASE = 6


@dataclass(frozen=True, slots=True)
class Text:
    """Words at `x` percent plus `dx` pixels, `y` pixels down; `anchor` start, middle or end."""

    x: float
    dx: float
    y: float
    text: str
    css: str = ""
    anchor: str = "start"
    more: tuple[tuple[str, str], ...] = ()
    """Further words in the same run, each with its own class."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A drawn form: bar, hatch, pause, fade, fade_back, push, pump, moment, tick or stop_sign.

    `x` and `width` in percent, `y` and `height` in pixels.
    """

    form: str
    x: float
    y: float
    width: float = 0.0
    height: float = BAR
    css: str = ""
    is_untimed: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """A running minute that earned a unit, at `x` percent; `text` in full, `short` where room is scarce."""

    x: float
    text: str
    short: str


ROWS_LOOKED_AT = 60
"""An item goes into one of so many latest rows: a chart of thousands of overlapping entries must not hold up a page."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One way to set an item: its marks and texts relative to the top of its row, and what they cover, in pixels.

    `covers` holds the intervals of the three levels: above the bar, the bar, below it.
    """

    marks: tuple[Mark, ...]
    texts: tuple[Text, ...]
    covers: tuple[tuple[tuple[float, float], ...], ...]
    ring: tuple[float, float]
    """Left edge and width in percent of what is ringed when the item has the focus."""


@dataclass(slots=True)
class Row:
    """A row of a lane that is being filled."""

    taken: tuple[list[tuple[float, float]], ...] = field(default_factory=lambda: ([], [], []))
    placed: list[tuple[Item, Arrangement]] = field(default_factory=list)

    @property
    def has_ticks(self) -> bool:
        """Something stands below a bar of this row."""
        return bool(self.taken[2])

    def has_room(self, arrangement: Arrangement) -> bool:
        """Nothing of `arrangement` would touch what stands here."""
        for covered, taken in zip(arrangement.covers, self.taken, strict=True):
            for left, right in covered:
                for left_taken, right_taken in taken:
                    if right + GAP > left_taken and right_taken + GAP > left:
                        return False
        return True

    def put(self, item: Item, arrangement: Arrangement) -> None:
        """Places the item."""
        for covered, taken in zip(arrangement.covers, self.taken, strict=True):
            taken.extend(covered)
        self.placed.append((item, arrangement))


def width_of(text: str, *, is_bold: bool = False) -> float:
    """Estimated pixels of `text` at 11 px."""
    return len(text) * (BOLD_LETTER if is_bold else LETTER)


def rows_of(
    items: Sequence[Item],
    *,
    scale: Scale,
    ticks: dict[tuple[str, ...], tuple[Tick, ...]],
    is_compact: bool,
    most: int | None = None,
) -> list[Row]:
    """The items of one lane in as few rows as keep them apart; the longest first, so that it stands on top.

    Where more than `most` rows would be needed, the first of them only: the caller sets the lane in another way.
    """
    rows: list[Row] = []
    far_end = scale.end
    order = sorted(
        items,
        key=lambda item: (
            item.form == "untimed",
            -item.duration if item.form == "bar" else item.duration * 0,
            item.start or far_end,
        ),
    )
    for item in order:
        ways = arrangements(item, scale=scale, ticks=ticks.get(item.administrations, ()), is_compact=is_compact)
        looked_at = rows[-ROWS_LOOKED_AT:]
        found = next(((row, way) for row in looked_at for way in ways if row.has_room(way)), None)
        if found is None:
            if most is not None and len(rows) > most:
                break
            rows.append(Row())
            found = rows[-1], ways[0]
        found[0].put(item, found[1])
    return rows


def arrangements(item: Item, *, scale: Scale, ticks: tuple[Tick, ...], is_compact: bool) -> list[Arrangement]:
    """The ways an item may be set, the best first."""
    if item.form == "untimed" or item.start is None:
        return [_untimed(item)]
    marks, left, right = _marks(item, scale, bar_y=2 if is_compact else 14)
    if is_compact:
        ways = [_compact(item, marks, left, right, is_left=is_left) for is_left in (False, True)]
    else:
        ways = [
            _at_ease(item, marks, left, right, ticks=ticks, is_name_at_end=is_name_at_end, is_note_left=is_note_left)
            for is_note_left in (False, True)
            for is_name_at_end in (False, True)
        ]
    return [way for way in ways if _is_inside(way)] or ways[:1]


def _is_inside(way: Arrangement) -> bool:
    return all(left >= 0 and right <= WIDTH + GAP for level in way.covers for left, right in level)


def _px(percent: float) -> float:
    return percent * WIDTH / 100


def _marks(item: Item, scale: Scale, *, bar_y: int) -> tuple[list[Mark], float, float]:
    """The forms of an item and its left and right edge in percent."""
    start = scale.x(item.start) if item.start else 0.0
    if item.form == "push":
        return [Mark("push", start, bar_y, css=item.css)], start, start
    if item.form == "moment":
        return [Mark("moment", start, bar_y, css=item.css)], start, start
    if item.form == "open_end":
        width = min(OPEN_SHARE, 100 - start)
        return [Mark("fade", start, bar_y, width, css=item.css)], start, start + width
    if item.form == "open_start":
        width = min(OPEN_SHARE, start)
        return [Mark("fade_back", start - width, bar_y, width, css=item.css)], start - width, start
    if item.form == "pump":
        width = max(min(PUMP_SHARE, 99 - start), 0)
        return [Mark("pump", start, bar_y, width, css=item.css)], start, start + width
    marks = [_bar_mark(piece, scale, bar_y) for piece in item.pieces]
    return marks, marks[0].x, round(marks[-1].x + marks[-1].width, 2)


def _bar_mark(piece: Piece, scale: Scale, bar_y: int) -> Mark:
    x = scale.x(piece.start)
    form = piece.css if piece.css in {"pause", "hatch"} else "bar"
    width = round(max(scale.x(piece.stop) - x, 0.12), 2)
    return Mark(form, x, bar_y, width, css=piece.css, is_untimed=piece.is_untimed)


def _inside_texts(item: Item, marks: Sequence[Mark], baseline: float) -> tuple[list[Text], bool]:
    """Codes inside their bars where they fit, shortened to the code where only that fits; whether the first did."""
    texts: list[Text] = []
    is_lead_in = False
    if item.form == "bar":
        for piece, mark in zip(item.pieces, marks, strict=True):
            fitting = _fitting(piece.text, _px(mark.width))
            if fitting:
                texts.append(Text(mark.x, 6, baseline, fitting, css=f"cd t-{mark.css}"))
                is_lead_in = True
    elif item.form in {"open_end", "pump"} and _fitting(item.code, _px(marks[0].width)):
        texts.append(Text(marks[0].x, 6, baseline, item.code, css=f"cd t-{item.css}"))
        is_lead_in = True
    return texts, is_lead_in


def _fitting(text: str, width: float) -> str:
    for candidate in (text, text.split(" ", maxsplit=1)[0] if text else ""):
        if candidate and width_of(candidate, is_bold=True) + 10 <= width:
            return candidate
    return ""


def _at_ease(
    item: Item,
    marks: list[Mark],
    left: float,
    right: float,
    *,
    ticks: tuple[Tick, ...],
    is_name_at_end: bool,
    is_note_left: bool,
) -> Arrangement:
    """Name above the bar, code inside, minutes above its end or beside it, ticks below."""
    bar: list[tuple[float, float]] = []
    above: list[tuple[float, float]] = []
    below: list[tuple[float, float]] = []
    texts, is_code_in = _inside_texts(item, marks, 25.5)
    half = 8 if item.form in {"push", "moment"} else 0
    left_px, right_px = _px(left) - half, _px(right) + half + (8 if item.form == "pump" else 0)
    bar.append((left_px, right_px))

    name_width = width_of(item.name)
    if is_name_at_end:
        texts.append(Text(right, 0, 10, item.name, css="nm", anchor="end"))
        above.append((_px(right) - name_width, _px(right)))
    else:
        texts.append(Text(left, 0, 10, item.name, css="nm"))
        above.append((_px(left), _px(left) + name_width))

    beside = [] if is_code_in or not item.code else [(item.code, "cd nm")]
    minutes, note = item.minutes, item.note
    is_remark = bool(minutes and note and not item.is_note_a_problem)
    if is_remark and _px(right) - _px(left) >= name_width + width_of(f"{minutes} {note}") + GAP:
        # A bar long enough carries its reason above its end.
        minutes, note = f"{minutes} {note}", ""
    minutes_width = width_of(minutes)
    if minutes and _px(right) - _px(left) >= name_width + minutes_width + GAP:
        x, anchor = (left, "start") if is_name_at_end else (right, "end")
        texts.append(Text(x, 0, 10, minutes, anchor=anchor))
        above.append((_px(left), _px(right)))
    elif minutes:
        beside.append((minutes, ""))
    if note:
        beside.append((note, "t-block" if item.is_note_a_problem else ""))
    side_texts, covered, signs = _beside(beside, left, right, left_px, right_px, baseline=25.5, is_left=is_note_left)
    texts += side_texts
    bar += covered
    _pause_words(item, marks, texts, above)
    tick_marks = _ticks(ticks, texts, below)
    return Arrangement(
        (*marks, *signs, *tick_marks),
        tuple(texts),
        (tuple(above), tuple(bar), tuple(below)),
        (left, max(right - left, 0)),
    )


def _beside(
    words: Sequence[tuple[str, str]],
    left: float,
    right: float,
    left_px: float,
    right_px: float,
    *,
    baseline: float,
    is_left: bool,
) -> tuple[list[Text], list[tuple[float, float]], list[Mark]]:
    """Words in a run next to the form; a problem carries its octagon before it."""
    if not words:
        return [], [], []
    has_sign = words[-1][1] == "t-block"
    sign = 14.0 if has_sign else 0.0
    wide = sum(width_of(text, is_bold="cd" in css or "block" in css) + 6 for text, css in words) - 6
    lead, more = words[0], tuple(words[1:])
    if is_left:
        offset = 6.0 + _px(left) - left_px
        text = Text(left, -offset, baseline, lead[0], css=lead[1], anchor="end", more=more)
        signs = [Mark("stop_sign", left, baseline - 9.5, width=-offset - wide - sign, height=11)] if has_sign else []
        return [text], [(_px(left) - offset - wide - sign, left_px)], signs
    offset = 6.0 + right_px - _px(right)
    signs = [Mark("stop_sign", right, baseline - 9.5, width=offset, height=11)] if has_sign else []
    text = Text(right, offset + sign, baseline, lead[0], css=lead[1], more=more)
    return [text], [(right_px, _px(right) + offset + sign + wide)], signs


def _pause_words(item: Item, marks: Sequence[Mark], texts: list[Text], above: list[tuple[float, float]]) -> None:
    """The length of a pause above its gap, where nothing stands there."""
    for piece, mark in zip(item.pieces, marks, strict=False):
        if mark.form != "pause":
            continue
        text = f"pause {int((piece.stop - piece.start).total_seconds() // 60)}"
        middle = mark.x + mark.width / 2
        half = width_of(text) / 2
        span = (_px(middle) - half - 4, _px(middle) + half + 4)
        busy = [_extent(each) for each in texts if each.y == 10]  # noqa: PLR2004 (the line above the bar)
        if all(span[1] <= left or right <= span[0] for left, right in busy):
            texts.append(Text(round(middle, 2), 0, 10, text, anchor="middle"))
            above.append(span)


def _extent(text: Text) -> tuple[float, float]:
    wide = width_of(text.text) + sum(width_of(more) + 6 for more, _ in text.more)
    at = _px(text.x) + text.dx
    return {"start": (at, at + wide), "end": (at - wide, at), "middle": (at - wide / 2, at + wide / 2)}[text.anchor]


def _ticks(ticks: tuple[Tick, ...], texts: list[Text], below: list[tuple[float, float]]) -> list[Mark]:
    """Ticks under the bar; their words stand right of them, left of the last, or not at all where they would touch."""
    marks = []
    for number, tick in enumerate(ticks):
        marks.append(Mark("tick", tick.x, 29, height=10))
        at = _px(tick.x)
        next_at = WIDTH + GAP if number == len(ticks) - 1 else _px(ticks[number + 1].x) - 4
        after = max((right for _, right in below), default=0.0)
        below.append((at, at + 1))
        for words in (tick.text, tick.short):
            wide = width_of(words) + 6
            if at + wide <= next_at:
                texts.append(Text(tick.x, 4, 39, words, css="ax"))
                below.append((at, at + wide))
                break
            if at - wide >= after:
                texts.append(Text(tick.x, -4, 39, words, css="ax", anchor="end"))
                below.append((at - wide, at))
                break
    return marks


def _compact(item: Item, marks: list[Mark], left: float, right: float, *, is_left: bool) -> Arrangement:
    """All words on the level of the bar: the code inside where it fits, the rest beside it."""
    texts, is_code_in = _inside_texts(item, marks, 13.5)
    words = [] if is_code_in or not item.code else [(item.code, "cd nm")]
    words.append((item.name, "nm"))
    words += [(item.minutes, "")] if item.minutes else []
    words += [(item.note, "t-block" if item.is_note_a_problem else "")] if item.note else []
    half = 8 if item.form in {"push", "moment"} else 0
    left_px, right_px = _px(left) - half, _px(right) + half + (8 if item.form == "pump" else 0)
    side_texts, covered, signs = _beside(words, left, right, left_px, right_px, baseline=13.5, is_left=is_left)
    return Arrangement(
        (*marks, *signs),
        (*texts, *side_texts),
        ((), ((left_px, right_px), *covered), ()),
        (left, right - left),
    )


def _untimed(item: Item) -> Arrangement:
    """No place on the clock: its words alone, at the left edge of the lane, with what is missing."""
    words = [(item.code, "cd nm")] if item.code else []
    words += [(item.name, "nm"), (item.note, "t-block")]
    texts, covered, signs = _beside(words, 0.0, 0.0, 0.0, 0.0, baseline=13.5, is_left=False)
    return Arrangement(tuple(signs), tuple(texts), (tuple(covered), tuple(covered), ()), (0.0, 0.0))
