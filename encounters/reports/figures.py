"""The figures of a report, each a table that a chart can draw. All of it is summed by the database.

An encounter counts as done once, by its acceptance in force: reopened ones and those changed since are not done. What
was undone does not count. Active time runs from each claim to what ended it, by the trail; encounters accepted
together, without being opened, have none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from encounters.models.review import PendReason
from encounters.reports import statements
from encounters.reports.asked import Asked
from encounters.reports.statements import MOST_ROWS
from rules import explain

BAR_HEIGHT = 24


@dataclass(frozen=True, slots=True)
class Table:
    """One section: what it is, its columns, its rows; the chart draws `bar`, the column of that number."""

    name: str
    title: str
    what: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    bar: int = 1

    @property
    def height(self) -> int:
        """Pixels of the chart."""
        return len(self.rows) * BAR_HEIGHT

    @property
    def bars(self) -> list[tuple[str, Any, float]]:
        """Label, figure and length in percent of the longest, by row."""
        most = max((row[self.bar] or 0 for row in self.rows), default=0) or 1
        return [
            (
                str(row[0]),
                "–" if row[self.bar] is None else row[self.bar],
                round(float((row[self.bar] or 0) / most) * 100, 1),
            )
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class Figures:
    """A report: how many encounters are done, and its sections."""

    done: int
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        """The section of that name. Raises KeyError."""
        for each in self.tables:
            if each.name == name:
                return each
        raise KeyError(name)


def figures(asked: Asked, *, on: date) -> Figures:
    """All sections of a report; ages are those of day `on`."""
    parameters: Any = asked.parameters | {"on": on}

    def rows(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    days = rows(statements.THROUGHPUT)
    return Figures(
        done=sum(number for _, number in days),
        tables=(
            _throughput(days),
            _active(rows(statements.ACTIVE)),
            _ages(rows(statements.AGES)[0]),
            _pends(rows(statements.PENDS)),
            *_findings(rows(statements.FINDINGS)),
            *_changed(rows(statements.CHANGED)),
            _acceptance(rows(statements.ACCEPTANCE)),
        ),
    )


def _throughput(days: Sequence[tuple[Any, ...]]) -> Table:
    shown = tuple((f"{day:%a} {day.day} {day:%b}", number) for day, number in days)
    return Table("throughput", "Accepted by day", "encounters whose acceptance stands", ("Day", "Encounters"), shown)


def _active(people: Iterable[tuple[Any, ...]]) -> Table:
    columns = ("Coder", "Median min", "90th percentile min", "Encounters", "of them timed")
    shown = tuple((name, _rounded(half), _rounded(most), number, timed) for name, number, timed, half, most in people)
    what = "minutes from each claim to what ended it; accepted together has none"
    return Table("active", "Active time by coder", what, columns, shown)


def _ages(counts: tuple[Any, ...]) -> Table:
    words = ("under half of the target", "50 to 80 % of it", "80 to 100 % of it", "past the target")
    shown = tuple(zip(words, counts, strict=True))
    return Table("ages", "Age of what waits", "today, against each payer's target", ("Age", "Encounters"), shown)


def _pends(reasons: Iterable[tuple[Any, ...]]) -> Table:
    said = dict(PendReason.choices)
    shown = tuple((said.get(reason, reason), int(sent), int(waiting)) for reason, sent, waiting in reasons)
    return Table(
        "pends",
        "Pends by reason",
        "pended in the period, and waiting today",
        ("Reason", "Pended", "Waiting now"),
        shown,
    )


def _findings(found: Iterable[tuple[Any, ...]]) -> Iterable[Table]:
    # The bits of GROUPING, each 0 where the rows are grouped by that column: kind, clinic, drug, hour.
    named: dict[int, list[tuple[Any, ...]]] = {0b0111: [], 0b1011: [], 0b1101: [], 0b1110: []}
    for what, kind, clinic, drug, hour, number, blocking in found:
        label = {
            0b0111: explain.kind_title(kind or ""),
            0b1011: clinic or "clinic unknown",
            0b1101: drug or "no administration",
            0b1110: "no start charted" if hour is None else f"{hour:02}:00 to {hour:02}:59",
        }[what]
        named[what].append((label, number, blocking))
    hours = sorted(named[0b1110])
    kinds, clinics, drugs = (tuple(named[bits][:MOST_ROWS]) for bits in (0b0111, 0b1011, 0b1101))
    what = "blocking and warning, by date of service"
    for name, title, head, rows in (
        ("findings", "Findings by kind", "Kind", kinds),
        ("clinics", "Findings by clinic", "Clinic", clinics),
        ("drugs", "Findings by drug", "Drug", drugs),
        ("hours", "Findings by hour", "Hour of the start", tuple(hours)),
    ):
        yield Table(name, title, what, (head, "Findings", "of them blocking"), rows)


def _changed(found: Sequence[tuple[Any, ...]]) -> Iterable[Table]:
    by_rule = [row[1:] for row in found if row[0] == "rule"]
    by_drug = [row[1:] for row in found if row[0] == "drug"]
    rules = tuple((rule, number, edited, rejected) for rule, number, edited, _, rejected in by_rule)
    what = "suggestions that were changed; a line counts for each rule behind it"
    yield Table("by_rule", "Suggested versus final, by rule", what, ("Rule", "Changed", "Edited", "Rejected"), rules)
    drugs = tuple(by_drug)
    columns = ("Drug", "Changed", "Edited", "Added", "Rejected")
    yield Table("by_drug", "Suggested versus final, by drug", "lines that differ from the suggestion", columns, drugs)


def _acceptance(people: Iterable[tuple[Any, ...]]) -> Table:
    shown = tuple((name, _share(how), *how) for name, *how in people if sum(how))
    columns = ("Coder", "Untouched %", "Untouched", "Edited", "Added", "Rejected")
    return Table("acceptance", "Lines by coder", "what became of each line of accepted encounters", columns, shown)


def _share(how: Sequence[int]) -> Decimal:
    return Decimal(how[0] * 100 / (sum(how) or 1)).quantize(Decimal("0.1"))


def _rounded(minutes: float | None) -> Decimal | None:
    return None if minutes is None else Decimal(minutes).quantize(Decimal("0.1"))
