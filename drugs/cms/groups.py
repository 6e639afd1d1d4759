"""One thing said twice in a file: the same words are one row, other words refuse the file."""

from collections.abc import Sequence

from drugs.cms.log import Log


class Groups:
    """The rows of the code being read, and the codes already left behind.

    Publishers write the rows of a code one after the other, so only one code's rows are held: the memory it
    takes grows with the codes and not with the rows.
    """

    def __init__(self, log: Log, column: str) -> None:
        self._log, self._column = log, column
        self._group: str | None = None
        self._rows: dict[str, tuple[int, Sequence[object]]] = {}
        self._left: dict[str, int] = {}

    def is_new(self, group: str, key: str, values: Sequence[object], line: int) -> bool:
        """Whether the row is the first of its kind; a repeated one is counted, `UnableToReadFile` for other values."""
        if group != self._group:
            if group in self._left:
                why = f"{group} stands on {self._log.where} {self._left[group]} already, apart from here"
                raise self._log.refusal(line, self._column, why)
            self._group, self._rows = group, {}
            self._left[group] = line
        first, said = self._rows.setdefault(key, (line, values))
        if first == line:
            return True
        if said != values:
            why = f"{' '.join(filter(None, (group, key)))} stands on {self._log.where} {first} with other values"
            raise self._log.refusal(line, self._column, why)
        self._log.dropped["repeated row"] += 1
        return False
