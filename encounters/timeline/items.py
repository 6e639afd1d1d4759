"""What is to be drawn, before it has a place: one item for each bag, push or injection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.text import capfirst

from encounters.timeline.ledger import Stretch, stretches_of
from encounters.timeline.words import FAMILY_CLASS, ON_THE_BAR, amount
from rules.facts import Administration, EncounterFacts
from rules.result import CodedLine, CodingResult
from rules.vocabulary import FindingKind, LineFamily, Reason, Role, Route, Technique

DRUG_ROLES = frozenset({Role.DRUG, Role.DISCARDED})
POINT_ROLES = frozenset({Role.PUSH, Role.REPEAT_PUSH, Role.INJECTION, Role.ROUTE})
POINT_TECHNIQUES = frozenset({Technique.PUSH, Technique.INJECTION, Technique.ON_BODY_INJECTOR})
PUMP_TECHNIQUES = frozenset({Technique.PUMP_INITIATION, Technique.PUMP_UNATTENDED})
MINUTE = timedelta(minutes=1)
TIME_FINDINGS = frozenset({FindingKind.MISSING_STOP_TIME, FindingKind.MISSING_START_TIME})
# The step by which the engine says that an initial service is a push.
INITIAL_PUSH = "initial_push"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a bar in one colour. `css`: hue and tone, `hatch`, `pause` or `plain`; `text` may stand in it."""

    start: datetime
    stop: datetime
    css: str
    text: str = ""
    is_untimed: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on the timeline.

    `form` is bar, push, pump, open_end (no stop), open_start (no start), moment (no minutes between start and
    stop), or untimed (no time at all). `start` is None only for untimed. `note` is a problem to print beside it.
    """

    administrations: tuple[str, ...]
    lines: tuple[str, ...]
    lane: str
    form: str
    css: str
    name: str
    start: datetime | None
    stop: datetime | None
    pieces: tuple[Piece, ...] = ()
    code: str = ""
    minutes: str = ""
    note: str = ""
    is_note_a_problem: bool = False

    @property
    def duration(self) -> timedelta:
        """From start to stop on the clock, nothing where one is missing."""
        if self.start is None or self.stop is None:
            return timedelta()
        return self.stop - self.start


def items_of(*, facts: EncounterFacts, result: CodingResult, lane_of: Mapping[str, str]) -> tuple[Item, ...]:
    """The items of an encounter in charted order; `lane_of` maps an administration's id to its lane."""
    bags: dict[tuple[object, ...], list[Administration]] = {}
    for administration in facts.administrations:
        key = (lane_of[administration.id], administration.start, administration.stop)
        bag = administration.bag or administration.id
        bags.setdefault((*key, bag), []).append(administration)
    return tuple(_item(members, result, lane_of[members[0].id]) for members in bags.values())


def _item(members: Sequence[Administration], result: CodingResult, lane: str) -> Item:
    ids = frozenset(member.id for member in members)
    all_lines = [line for line in result.lines if ids & set(line.administrations)]
    services = [line for line in all_lines if line.role not in DRUG_ROLES]
    start, stop = _ends(members[0])
    form = _form(members[0], services, start, stop)
    stretches = stretches_of(result, ids)
    lead = services[0] if services else None
    css = FAMILY_CLASS[lead.family] if lead else "othr"
    pieces = _pieces(start, stop, stretches, services) if form == "bar" else ()
    note, is_problem = _note(form, members, result, services)
    return Item(
        administrations=tuple(member.id for member in members),
        lines=tuple(line.key for line in all_lines),
        lane=lane,
        form=form,
        css=css,
        name=_name(members),
        start=start if start is not None else stop,
        stop=stop if start is not None else None,
        pieces=pieces,
        code=_code(services),
        minutes=_minutes(form, start, stop, stretches, services),
        note=note,
        is_note_a_problem=is_problem,
    )


def is_push(line: CodedLine) -> bool:
    """Whether a line stands for a moment, not a stretch: a push, also as the initial service, or an injection."""
    is_initial_push = line.role is Role.INITIAL and any(step.kind == INITIAL_PUSH for step in line.steps)
    return line.role in POINT_ROLES or is_initial_push


def _ends(administration: Administration) -> tuple[datetime | None, datetime | None]:
    """The outermost times, also where the run was charted in segments."""
    if administration.segments:
        starts = [span.start for span in administration.segments if span.start]
        stops = [span.stop for span in administration.segments if span.stop]
        return (min(starts) if starts else None, max(stops) if stops else None)
    return administration.start, administration.stop


def _form(
    administration: Administration, services: Sequence[CodedLine], start: datetime | None, stop: datetime | None
) -> str:
    if start is None:
        return "untimed" if stop is None else "open_start"
    if administration.technique in PUMP_TECHNIQUES or any(line.role is Role.PUMP for line in services):
        return "pump"
    is_point = administration.technique in POINT_TECHNIQUES
    if stop is None:
        is_run = administration.technique == Technique.INFUSION or administration.route in {None, Route.IV}
        is_point = is_point or not is_run
        is_point = is_point or (administration.technique is None and any(is_push(line) for line in services))
        return "push" if is_point else "open_end"
    if stop <= start:
        return "push" if is_point else "moment"
    is_billed_as_point = any(is_push(line) for line in services)
    if is_point and (is_billed_as_point or not services):
        return "push"
    return "bar"


def _name(members: Sequence[Administration]) -> str:
    """Drug and dose; a bag of several names its drugs only."""
    names = list(dict.fromkeys(member.drug.name for member in members))
    if len(members) > 1:
        text = f"{' + '.join(names)}, one bag"
    else:
        dose = members[0].dose
        text = f"{names[0]} {amount(dose.amount)} {dose.unit}" if dose else names[0]
    return capfirst(text)


def _code(services: Sequence[CodedLine]) -> str:
    leading = [line for line in services if line.role is not Role.ADDITIONAL_HOUR] or list(services)
    return " ".join(dict.fromkeys(line.code for line in leading))


def _minutes(
    form: str,
    start: datetime | None,
    stop: datetime | None,
    stretches: Sequence[Stretch],
    services: Sequence[CodedLine],
) -> str:
    """The minutes that ran, and how many of them a line took where it was not all."""
    if start is None or stop is None or form in {"moment", "open_end", "open_start"}:
        return ""
    whole = (stop - start) // MINUTE
    if form == "pump":
        return f"{whole // 60} h" if whole >= 120 else f"{whole} min"  # noqa: PLR2004 (two hours read better as hours)
    paused = sum((s.stop - s.start) // MINUTE for s in stretches if s.is_pause)
    ran = whole - paused
    if form == "push":
        return f"{ran} min" if ran else ""
    billed = sum((s.stop - s.start) // MINUTE for s in stretches if s.is_line)
    if services and 0 < billed < ran:
        return f"{billed} of {ran} min"
    return f"{ran} running min" if paused else f"{ran} min"


def _note(
    form: str, members: Sequence[Administration], result: CodingResult, services: Sequence[CodedLine]
) -> tuple[str, bool]:
    """What is missing or why nothing is billed, and whether it is a problem of the record."""
    ids = {member.id for member in members}
    reasons = [each.reason for each in result.not_billed if each.administration in ids and each.reason != Reason.PAUSED]
    if Reason.IMPOSSIBLE_TIME in reasons:
        return ON_THE_BAR[Reason.IMPOSSIBLE_TIME], True
    missing = {"open_end": "stop time missing", "open_start": "start time missing", "untimed": "no time charted"}
    if form in missing:
        # Without a finding the engine had no use for the time: what is missing is said, but alarms nobody.
        is_problem = any(each.kind in TIME_FINDINGS and ids & set(each.administrations) for each in result.findings)
        if is_problem or not reasons:
            return missing[form], is_problem
    if services or not reasons:
        return "", False
    return f"not billed: {ON_THE_BAR[reasons[0]]}", False


def _pieces(
    start: datetime | None, stop: datetime | None, stretches: Sequence[Stretch], services: Sequence[CodedLine]
) -> tuple[Piece, ...]:
    """The bar cut where its minutes change hands; charted minutes that no entry names stay plain, never unseen."""
    if start is None or stop is None:
        return ()
    by_key = {line.key: line for line in services}
    drawn: list[Piece] = []
    at = start
    for stretch in stretches:
        begin, end = max(stretch.start, at), min(stretch.stop, stop)
        if end <= begin:
            continue
        if begin > at:
            drawn.append(_unnamed(at, begin, services))
        drawn.append(_piece(begin, end, stretch, by_key))
        at = end
    if at < stop:
        drawn.append(_unnamed(at, stop, services))
    return tuple(_lettered(_joined(drawn), services))


def _piece(begin: datetime, end: datetime, stretch: Stretch, by_key: Mapping[str, CodedLine]) -> Piece:
    if not stretch.is_line:
        return Piece(begin, end, "pause" if stretch.is_pause else "hatch")
    line = by_key.get(stretch.bucket)
    if line is None:
        return Piece(begin, end, "plain")
    return Piece(begin, end, _css(line), is_untimed=line.role is Role.CONCURRENT)


def _css(line: CodedLine) -> str:
    hue = FAMILY_CLASS[line.family]
    is_lighter = line.role in {Role.ADDITIONAL_HOUR, Role.CONCURRENT}
    return f"{hue}-2" if is_lighter else hue


def _unnamed(begin: datetime, end: datetime, services: Sequence[CodedLine]) -> Piece:
    """Minutes outside the ledger: those of a service that is not timed belong to it, the rest to nobody."""
    untimed = next((line for line in services if line.minutes is None), None)
    if untimed is None:
        return Piece(begin, end, "plain" if services else "hatch")
    return Piece(begin, end, _css(untimed), is_untimed=untimed.role is Role.CONCURRENT)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    kept: list[Piece] = []
    for piece in pieces:
        if kept and kept[-1].css == piece.css and kept[-1].stop == piece.start:
            kept[-1] = Piece(kept[-1].start, piece.stop, piece.css, is_untimed=piece.is_untimed)
        else:
            kept.append(piece)
    return kept


def _lettered(pieces: Sequence[Piece], services: Sequence[CodedLine]) -> list[Piece]:
    """Each code once, in the longest piece of its tone."""
    further = [line for line in services if line.role is Role.ADDITIONAL_HOUR]
    leading = next((line for line in services if line.role is not Role.ADDITIONAL_HOUR), None)
    texts: dict[str, str] = {}
    if leading is not None:
        extra = " first hour" if further and leading.family is not LineFamily.HYDRATION else ""
        extra = " concurrent, not timed" if leading.role is Role.CONCURRENT else extra
        texts[_css(leading)] = f"{leading.code}{extra}"
    for line in further:
        text = f"{line.code} ×{line.units}" if line.units > 1 else line.code
        texts.setdefault(_css(line), text)
    longest = {
        css: max((p for p in pieces if p.css == css), key=lambda p: p.stop - p.start, default=None) for css in texts
    }
    return [Piece(p.start, p.stop, p.css, texts[p.css], p.is_untimed) if longest.get(p.css) is p else p for p in pieces]
