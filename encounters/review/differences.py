"""What one coding says otherwise than another: lines that go, come or change, findings that are mended or new."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from encounters.review.sights import DRUG_ROLES
from rules.result import CodedLine, CodingResult, Finding


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line of two codings: `before` None where it is new, `after` None where it is gone."""

    before: CodedLine | None
    after: CodedLine | None

    @property
    def is_same(self) -> bool:
        """Whether both would bill the same."""
        return self.before is not None and self.after is not None and _billed(self.before) == _billed(self.after)

    @property
    def dollars(self) -> Decimal | None:
        """What it changes in US dollars, None where a line has no price."""
        return None if self.is_same else _difference([self])

    @property
    def line(self) -> CodedLine:
        """The line as it is, else as it was."""
        found = self.after or self.before
        if found is None:
            message = "A change of no line is none."
            raise AssertionError(message)
        return found


@dataclass(frozen=True, slots=True)
class Difference:
    """Two codings held against each other: every line in order, and the findings that only one of them has."""

    lines: tuple[LineChange, ...]
    mended: tuple[Finding, ...]
    arisen: tuple[Finding, ...]

    @property
    def changes(self) -> tuple[LineChange, ...]:
        """The lines that differ."""
        return tuple(each for each in self.lines if not each.is_same)

    @property
    def dollars(self) -> Decimal | None:
        """What all changes come to in US dollars, None where one of their lines has no price."""
        return _difference(self.changes)

    def __bool__(self) -> bool:
        return bool(self.changes or self.mended or self.arisen)


def difference(before: CodingResult, after: CodingResult) -> Difference:
    """What `after` says otherwise than `before`."""
    then = {(finding.kind, finding.administrations) for finding in before.findings}
    now = {(finding.kind, finding.administrations) for finding in after.findings}
    return Difference(
        lines=line_changes(before.lines, after.lines),
        mended=tuple(each for each in before.findings if (each.kind, each.administrations) not in now),
        arisen=tuple(each for each in after.findings if (each.kind, each.administrations) not in then),
    )


def line_changes(before: Sequence[CodedLine], after: Sequence[CodedLine]) -> tuple[LineChange, ...]:
    """The lines side by side in the order of `after`, each gone one where it stood.

    Lines are taken for each other when they bill the same for the same administrations, else when code and
    administrations agree, else when both are services, or both drug lines, of the same administrations.
    """
    partner: dict[int, CodedLine] = {}
    left = list(before)
    free = dict(enumerate(after))
    for likeness in (_billed, _named, _given):
        for place, line in list(free.items()):
            found = _first(left, likeness(line), likeness)
            if found is not None:
                partner[place] = left.pop(found)
                del free[place]
    paired = [LineChange(partner.get(place), line) for place, line in enumerate(after)]
    return tuple(_with_gone(paired, before, left))


def _with_gone(paired: list[LineChange], before: Sequence[CodedLine], gone: Sequence[CodedLine]) -> list[LineChange]:
    order = {id(line): place for place, line in enumerate(before)}
    for line in gone:
        earlier = [
            place
            for place, each in enumerate(paired)
            if each.before is not None and order[id(each.before)] < order[id(line)]
        ]
        paired.insert(max(earlier, default=-1) + 1, LineChange(line, None))
    return paired


def _first(lines: Iterable[CodedLine], wanted: Hashable, likeness: Callable[[CodedLine], Hashable]) -> int | None:
    return next((place for place, line in enumerate(lines) if likeness(line) == wanted), None)


def _billed(line: CodedLine) -> Hashable:
    return (line.code, line.units, line.modifiers, line.administrations, line.date_of_service)


def _named(line: CodedLine) -> Hashable:
    return (line.code, line.administrations, line.date_of_service, line.role in DRUG_ROLES, line.modifiers)


def _given(line: CodedLine) -> Hashable:
    return (line.administrations, line.date_of_service, line.role in DRUG_ROLES)


def _difference(changes: Iterable[LineChange]) -> Decimal | None:
    total = Decimal(0)
    for change in changes:
        for line, sign in ((change.before, -1), (change.after, 1)):
            if line is None:
                continue
            if line.price is None:
                return None
            total += sign * line.price * line.units
    return total
