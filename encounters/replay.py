"""A coding run asked again: as it was, byte for byte, and as it would be today, with the difference."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from encounters import coding, rulebooks
from encounters.installed import load_rulebook
from encounters.models import CodingRun
from encounters.rulebooks import RulebookNotKept
from rules.errors import RulebookError
from rules.result import CodedLine, CodingResult
from rules.snapshot import result_to_json


class UnableToReplay(Exception):
    """The rules that made a run are neither installed nor kept."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """A code with its modifiers on a date, and its units in two answers; `dollars` is the value of the difference.

    `dollars` is in US dollars, None where a price is unknown.
    """

    code: str
    modifiers: tuple[str, ...]
    date_of_service: date
    units: int
    units_after: int
    dollars: Decimal | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What asking a run again gave. With another engine, everything but the engine's own version is compared."""

    run: CodingRun
    result: CodingResult
    text: str
    is_identical: bool
    engine: str
    """The engine that was asked now."""
    is_same_engine: bool
    is_rulebook_installed: bool
    differences: tuple[str, ...]
    """The parts of the answer, or of what was stored, that differ."""


@dataclass(frozen=True, slots=True)
class AsOfToday:
    """A run's encounter under the rules, the engine, and where `is_chart` also the chart and formulary of today."""

    result: CodingResult
    changes: tuple[LineChange, ...]
    is_chart: bool

    @property
    def dollars(self) -> Decimal:
        """Value of today's lines less that of the run's, in US dollars; lines without a price count nothing."""
        return sum((change.dollars or Decimal(0) for change in self.changes), Decimal(0))


def replay(*, run: CodingRun) -> Replayed:
    """The facts of the run, told again to the rules that made it. Raises UnableToReplay."""
    try:
        rulebook = rulebooks.of_version(run.rulebook_version)
    except RulebookNotKept as error:
        message = f"Run {run.number} was made with rules {run.rulebook_version[:12]}, which were not kept."
        raise UnableToReplay(message) from error
    except RulebookError as error:
        message = f"This release cannot read rules {run.rulebook_version[:12]}, kept as they were: {error}"
        raise UnableToReplay(message) from error
    result = coding.answer(coding.facts_of(run), rulebook=rulebook)
    is_same_engine = run.engine_version == coding.engine_version()
    compared = result
    if not is_same_engine:
        said = coding.result_of(run).versions.engine
        compared = result._replace(versions=result.versions._replace(engine=said))
    text = result_to_json(compared)
    differences = tuple(_differences(run, compared, text))
    return Replayed(
        run=run,
        result=result,
        text=text,
        is_identical=not differences,
        engine=coding.engine_version(),
        is_same_engine=is_same_engine,
        is_rulebook_installed=rulebook is load_rulebook(),
        differences=differences,
    )


def under_todays_rules(*, run: CodingRun) -> AsOfToday:
    """The facts of the run under the rules and the engine of today."""
    result = coding.answer(coding.facts_of(run), rulebook=load_rulebook())
    return AsOfToday(result, changes(coding.result_of(run).lines, result.lines), is_chart=False)


def as_of_today(*, run: CodingRun) -> AsOfToday:
    """The encounter as it would be coded now: chart, formulary, rules and engine of today."""
    _, result = coding.preview(encounter=run.encounter)
    return AsOfToday(result, changes(coding.result_of(run).lines, result.lines), is_chart=True)


def sample(*, number: int, seed: int) -> list[int]:
    """The ids of so many runs, drawn without replacement; the same seed draws the same from the same runs."""
    ids = list(CodingRun.objects.filter(seeded__isnull=True).order_by("pk").values_list("pk", flat=True))
    return sorted(random.Random(seed).sample(ids, min(number, len(ids))))  # noqa: S311 (drawn, not secret)


def changes(before: Sequence[CodedLine], after: Sequence[CodedLine]) -> tuple[LineChange, ...]:
    """Where two sets of lines differ, by date, code and modifiers."""
    then, now = _units(before), _units(after)
    prices = {line.code: line.price for line in (*before, *after)}
    found = []
    for key in sorted(then.keys() | now.keys()):
        on, code, modifiers = key
        if then[key] != now[key]:
            price = prices[code]
            dollars = None if price is None else price * (now[key] - then[key])
            found.append(LineChange(code, modifiers, on, then[key], now[key], dollars))
    return tuple(found)


def _units(lines: Sequence[CodedLine]) -> dict[tuple[date, str, tuple[str, ...]], int]:
    found: dict[tuple[date, str, tuple[str, ...]], int] = defaultdict(int)
    for line in lines:
        found[line.date_of_service, line.code, line.modifiers] += line.units
    return found


def _differences(run: CodingRun, result: CodingResult, text: str) -> Iterator[str]:
    if coding.digest(run.facts) != run.facts_digest:
        yield "the stored facts are not those of their digest"
    if coding.digest(run.result) != run.result_digest:
        yield "the stored result is not that of its digest"
    if text == run.result:
        return
    stored = coding.result_of(run)
    parts = [name for name in CodingResult._fields if getattr(stored, name) != getattr(result, name)]
    yield from (part.replace("_", " ") for part in parts or ("the order or the writing of the result",))
