"""Progress and the final table of an import, for the terminal."""

import sys
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm

from encounters.datasets.importing import Report, table

SECONDS_IN_A_LOG = 5.0


class Bars:
    """Two progress bars, one after the other: records stored, encounters coded."""

    def __init__(self) -> None:
        """On a terminal they move; in a log they say a word every few seconds."""
        self._interval = 0.1 if sys.stderr.isatty() else SECONDS_IN_A_LOG
        self._stored: tqdm[Any] = tqdm(desc="taken in", unit=" records", mininterval=self._interval)
        self._coded: tqdm[Any] | None = None

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Both are closed."""
        self._stored.close()
        if self._coded is not None:
            self._coded.close()

    def stored(self, records: int) -> None:
        """So many records are stored."""
        self._stored.update(records - self._stored.n)

    def coded(self, number: int, total: int) -> None:
        """So many of all encounters are coded."""
        bar = self._coded
        if bar is None:
            self._stored.close()
            bar = self._coded = tqdm(desc="coded", total=total, unit=" encounters", mininterval=self._interval)
        bar.update(number - bar.n)


def as_text(report: Report) -> str:
    """The final table."""
    lines = list(table(report))
    width = max(len(words) for words, _ in lines)
    rows = [f"  {words:<{width}}  {count:>9,}" for words, count in lines]
    head = f"{report.batch.records:,} records read, {report.encounters:,} encounters"
    times = (
        f"{report.seconds_in:.1f} s reading and storing, {report.seconds_coding:.1f} s coding "
        f"({1000 * report.seconds_coding / max(report.encounters, 1):.1f} ms an encounter)"
    )
    failures = [f"could not be coded: {each}" for each in report.failed[:20]]
    return "\n".join([head, *rows, times, *failures])
