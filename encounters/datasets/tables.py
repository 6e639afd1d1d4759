"""The datasets' tables: gzip-compressed CSV files, or plain ones, streamed row by row."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO


class UnableToReadDataset(Exception):
    """A file of the dataset is missing or is not what it should be."""


def rows(folder: Path, name: str, *columns: str) -> Iterator[dict[str, str]]:
    """The rows of `name`.csv.gz or `name`.csv as mappings.

    Raises UnableToReadDataset where neither is there or a column is missing, before the first row.
    """
    path = next((found for end in (".csv.gz", ".csv") if (found := folder / f"{name}{end}").is_file()), None)
    if path is None:
        msg = f"{folder / name}.csv.gz is not there. Give the folder of the dataset as it was published."
        raise UnableToReadDataset(msg)
    with _opened(path) as text:
        reader = csv.DictReader(text)
        if missing := set(columns) - set(reader.fieldnames or ()):
            msg = f"{path.name} has no column {', '.join(sorted(missing))}"
            raise UnableToReadDataset(msg)
        yield from reader


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
