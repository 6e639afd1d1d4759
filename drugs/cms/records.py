"""One row of a table, its cells by our names, with what is wrong in them noted."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from drugs.cms.cells import CDT, CPT, LEVEL_II, code_of, date_of, is_formula, number_of, shown, text_of
from drugs.cms.columns import LAYOUTS
from drugs.cms.kinds import FileKind
from drugs.cms.log import Log
from drugs.cms.tables import Cells


class Record:
    """A row; each method reads one cell, and a column that the file has not is an empty cell."""

    __slots__ = ("_cells", "_kind", "_log", "_places", "line")

    def __init__(self, line: int, cells: Cells, *, kind: FileKind, places: Mapping[str, int], log: Log) -> None:
        self.line, self._cells, self._kind, self._places, self._log = line, cells, kind, places, log

    def has(self, field: str) -> bool:
        """Whether the file has the column."""
        return field in self._places

    def raw(self, field: str) -> str:
        """The cell as it stands in the file."""
        place = self._places.get(field)
        return "" if place is None or place >= len(self._cells) else self._cells[place]

    def text(self, field: str) -> str:
        """The cell as one line; `UnableToReadFile` where a spreadsheet would run it as a formula."""
        text = text_of(self.raw(field))
        if is_formula(text):
            raise self._log.refusal(
                self.line, self.column(field), f"“{shown(text)}” would run as a formula in a spreadsheet"
            )
        return text

    def name(self, field: str) -> str:
        """The cell of a register that anyone may file in: a formula's sign is taken off, and that is noted."""
        text = text_of(self.raw(field))
        if is_formula(text):
            self._log.problem(self.line, self.column(field), text, "began with a sign of a formula, taken off")
            text = text.lstrip("=+-@\uff1d\uff0b\uff0d\uff20 ")
        return text

    def number(self, field: str) -> Decimal | None:
        """The cell's number; None where the publisher gives none, or where it is none, which is noted."""
        try:
            return number_of(self.raw(field))
        except ValueError as error:
            self._log.problem(self.line, self.column(field), self.raw(field), str(error))
            return None

    def date(self, field: str) -> date | None:
        """The cell's date; None where there is none, or where it is none, which is noted."""
        try:
            return date_of(self.raw(field))
        except ValueError as error:
            self._log.problem(self.line, self.column(field), self.raw(field), str(error))
            return None

    def level_ii(self, field: str) -> str | None:
        """The Level II code of the cell; None for a row to leave out, which is counted or noted.

        The words of CPT rows are the AMA's and those of `D` codes the ADA's: neither is ever given on.
        """
        code = code_of(self.raw(field))
        if LEVEL_II.fullmatch(code) and not code.startswith(CDT):
            return code
        if LEVEL_II.fullmatch(code):
            self._log.dropped["CDT code"] += 1
        elif CPT.fullmatch(code):
            self._log.dropped["CPT code"] += 1
        elif self.is_note():
            self._log.dropped["note"] += 1
        else:
            self._log.problem(self.line, self.column(field), code, "is no HCPCS code; the row is left out")
        return None

    def is_note(self) -> bool:
        """Whether only one cell is filled: a footer, or words between the rows."""
        return sum(1 for cell in self._cells if text_of(cell)) == 1

    def column(self, field: str) -> str:
        """What the publisher calls the column."""
        return LAYOUTS[self._kind].required.get(field, field)
