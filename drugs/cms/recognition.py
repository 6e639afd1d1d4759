"""What a file is, by its columns: found in its first rows, wherever the disclaimers end."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from drugs.cms.cells import shown, text_of
from drugs.cms.columns import LAYOUTS, RESLICED, found, missing
from drugs.cms.errors import UnableToReadFile
from drugs.cms.hcpcs import is_fixed
from drugs.cms.kinds import FileKind
from drugs.cms.streams import Inner
from drugs.cms.tables import Grid, Numbered, of_text, of_workbook
from drugs.cms.texts import Text, inspected
from drugs.cms.wrappers import is_workbook

SEARCHED = 60
"""Rows in which the columns must begin. Of real files the latest begin on row 11."""
MOST_SHOWN = 12
DELIMITERS = (",", "\t")


@dataclass(frozen=True)
class Recognised:
    """A table of a known kind, with where its columns are and what stood above them."""

    kind: FileKind
    grid: Grid
    above: tuple[str, ...]
    header: int
    """Number of the row with the columns' names; 0 of a fixed-width file, which has none."""
    width: int
    places: Mapping[str, int]
    is_resliced: bool = False
    fixed: Text | None = None
    """The text itself of a fixed-width file."""


@dataclass(frozen=True)
class Near:
    """The row that came nearest to being columns, to say what is missing."""

    kind: FileKind | None
    line: str
    missing: Sequence[str]
    found: Sequence[str]


def recognise(inner: Inner) -> Recognised:
    """Return what a file is; `UnableToReadFile` says which columns are missing and what was found instead."""
    nears: list[Near] = []
    for grid in _grids(inner):
        if isinstance(grid, Recognised):
            return grid
        result = _by_columns(grid)
        if isinstance(result, Recognised):
            return result
        nears.append(result)
    near = max(nears, key=lambda each: len(each.found) - len(each.missing) if each.kind else -MOST_SHOWN)
    raise UnableToReadFile(near.line, _why(near))


def _grids(inner: Inner) -> Iterator[Grid | Recognised]:
    if is_workbook(inner):
        yield from of_workbook(inner)
        return
    text = inspected(inner)
    grids = [of_text(text, delimiter=delimiter) for delimiter in DELIMITERS]
    above: list[str] = []
    for line in itertools.islice(text.lines(), SEARCHED):
        if is_fixed(line):
            yield Recognised(FileKind.HCPCS, grids[0], tuple(above), 0, 0, {}, fixed=text)
            return
        above.append(text_of(line))
    yield from grids


def _by_columns(grid: Grid) -> Recognised | Near:
    above: list[str] = []
    near = Near(None, grid.name, (), ())
    for number, cells in itertools.islice(grid.rows(), SEARCHED):
        header = [text_of(cell) for cell in cells]
        if tuple(filter(None, header)) == RESLICED:
            places = {name: place for place, name in enumerate(RESLICED)}
            return Recognised(FileKind.HCPCS, grid, tuple(above), number, len(RESLICED), places, is_resliced=True)
        for kind in LAYOUTS:
            places = found(kind, header)
            lacking = missing(kind, places)
            if not lacking:
                width = max(place for place, name in enumerate(header) if name) + 1
                return Recognised(kind, grid, tuple(above), number, width, places)
            if len(places) > max(1, len(near.found)):
                names = tuple(filter(None, header))
                near = Near(kind, f"{grid.name}, {grid.where} {number}", lacking, names)
        above.append(" ".join(filter(None, header)))
    if near.kind is None:
        near = Near(None, grid.name, (), tuple(filter(None, above[:2])))
    return near


def _why(near: Near) -> str:
    said = "; ".join(shown(name) for name in near.found[:MOST_SHOWN]) or "nothing"
    if near.kind is None:
        return f"the columns of none of the known files are in its first {SEARCHED} rows; it begins with: {said}"
    return f"columns of {near.kind.label} are missing: {', '.join(near.missing)}; found were: {said}"


def below(recognised: Recognised) -> Iterator[Numbered]:
    """Yield the rows under the columns' names, without empty ones.

    `UnableToReadFile` for a row that ends early, one with more in it than there are columns, and a last
    line without an end, of which nobody knows what is missing.
    """
    grid, width = recognised.grid, recognised.width
    last = 0
    for number, cells in grid.rows():
        last = number
        if number <= recognised.header or not any(map(text_of, cells)):
            continue
        where = f"{grid.name}, {grid.where} {number}"
        if len(cells) < width and grid.where == "line":
            raise UnableToReadFile(where, f"the row ends after {len(cells)} of {width} columns: the file was cut")
        beyond = cells[width:]
        # Most rows of a crosswalk go on for two hundred empty cells, which take no looking at one by one.
        if any(beyond) and any(map(text_of, beyond)):
            why = f"the row has more than the {width} columns: “{shown(' '.join(_beyond(cells, width)))}” has no name"
            raise UnableToReadFile(where, why)
        yield number, cells
    if not grid.is_ended:
        raise UnableToReadFile(f"{grid.name}, {grid.where} {last}", "the last line has no end: the file was cut")


def _beyond(cells: Iterable[str], width: int) -> Iterator[str]:
    return filter(None, map(text_of, itertools.islice(cells, width, None)))
