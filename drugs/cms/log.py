"""What is noticed while a file is read, and the two ways to notice it: a problem of a cell, and the end of it all."""

from collections import Counter
from dataclasses import dataclass, field

from drugs.cms.cells import shown
from drugs.cms.errors import UnableToReadFile
from drugs.cms.rows import Problem

MOST_PROBLEMS = 1000
"""A file with more is not what it seems. The nine real quarters have one each at most."""


@dataclass
class Log:
    """The places that could not be taken, the rows left out, and how far the reading is."""

    name: str
    """Of the file, and of the sheet where it is a workbook."""
    where: str = "line"
    """What rows are counted by: `line` or `row`."""
    problems: list[Problem] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    read: int = 0

    def problem(self, line: int, column: str, value: str, why: str) -> None:
        """Note a place; `UnableToReadFile` where there have been too many."""
        self.problems.append(Problem(line, column, shown(value), why))
        if len(self.problems) > MOST_PROBLEMS:
            raise self.refusal(line, column, f"more than {MOST_PROBLEMS} places cannot be read; this one {why}")

    def refusal(self, line: int, column: str, why: str) -> UnableToReadFile:
        """Return the exception that names the place."""
        at = f", column {column}" if column else ""
        return UnableToReadFile(f"{self.name}, {self.where} {line}{at}", why)
