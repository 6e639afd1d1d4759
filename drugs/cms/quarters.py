"""Calendar quarters, as CMS dates its files."""

import re
from datetime import date
from typing import NamedTuple, Self

LAST = 4
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
_WRITTEN = re.compile(r"(\d{4})\s*-?\s*Q([1-4])", re.IGNORECASE)


class Quarter(NamedTuple):
    """A quarter of a year; quarters compare as they follow each other."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the quarter written as `2026Q1`; `ValueError` for anything else."""
        found = _WRITTEN.fullmatch(text.strip())
        if not found:
            message = f"{text!r} is not a quarter such as 2026Q1"
            raise ValueError(message)
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, on: date) -> Self:
        """Return the quarter that `on` is in."""
        return cls(on.year, (on.month + 2) // 3)

    @property
    def since(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def until(self) -> date:
        """The first day after it."""
        return date(self.year + 1, 1, 1) if self.number == LAST else date(self.year, 3 * self.number + 1, 1)

    def __str__(self) -> str:
        """Return it as `2026Q1`."""
        return f"{self.year}Q{self.number}"
