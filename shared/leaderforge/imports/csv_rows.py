"""Rows of separated values."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import TextIO

from leaderforge.imports.bad_lines import BadLine, OnBadLine
from leaderforge.imports.formats import FileLayout
from leaderforge.imports.rows import TableRow
from leaderforge.imports.separators import SEPARATORS, find_separator, likely_separator, separator_name, split_line
from leaderforge.imports.streams import CutOff, text_lines

_HEADER_LINES = 100
"""Maximum number of blank lines before the header."""


class CsvTable:
    """Separated values with a header, or with the column names of the layout. Reading them consumes the text."""

    def __init__(self, text: TextIO, layout: FileLayout, required: Sequence[str]) -> None:
        """Read the header. Raises `BadLine` if it lacks a required column."""
        lines = text_lines(text)
        blanks, first = _first_line(lines)
        if not first.strip():
            raise BadLine(1, "the file is empty: its first line must name the columns")
        self._offset = len(blanks)
        self.separator = layout.separator or _separator(first, layout, required)
        self._reader = csv.reader(chain([first], lines), delimiter=self.separator, strict=True)
        self._required = required
        self.header = list(layout.header) if layout.header is not None else self._read_header()
        self._require_columns(first)

    @property
    def notes(self) -> Sequence[str]:
        """Return remarks about the file, for the user."""
        notes = [] if self.separator == "," else [f"the columns are separated by {separator_name(self.separator)}"]
        numeric = [cell for cell in self.header if cell.replace(".", "").replace("-", "").isdecimal()]
        if numeric:
            notes.append(
                f"the header has the cell {numeric[0]!r}: if the file has no header, name its columns by --columns"
            )
        return notes

    def rows(self, on_bad: OnBadLine, *, with_content: bool) -> Iterator[TableRow]:
        """Yield the rows that are not blank, with the numbers of their first lines. Report bad rows to `on_bad`."""
        width = len(self.header)
        pick, identify = _picker(self.header, self._required), _identifier(self.header)
        for number, row in self._lines(on_bad):
            cells = [cell.strip() for cell in row]
            if len(cells) < width:
                if not any(cells):
                    continue
                cells += [""] * (width - len(cells))
            elif len(cells) > width:
                if any(cells):
                    on_bad(BadLine(number, f"{len(cells)} values for {width} columns"))
                continue
            elif not any(cells):
                continue
            yield TableRow(number, pick(cells), identify(cells) if with_content else "")

    def objects(self, on_bad: OnBadLine) -> Iterator[Mapping[str, str]]:
        """Yield the rows with all their values by column."""
        for _, row in self._lines(on_bad):
            yield dict(zip(self.header, map(str.strip, row), strict=False))

    def _lines(self, on_bad: OnBadLine) -> Iterator[tuple[int, Sequence[str]]]:
        reader, offset = self._reader, self._offset
        while True:
            number = reader.line_num + 1 + offset
            try:
                for row in reader:
                    yield number, row
                    number = reader.line_num + 1 + offset
                return
            except csv.Error as error:
                on_bad(_bad_csv(number, reader.line_num + offset, error))
            except CutOff as error:
                on_bad(BadLine(number, f"{error.message}; the lines before it were read"))
                return

    def _read_header(self) -> list[str]:
        try:
            return [cell.strip() for cell in next(self._reader)]
        except csv.Error as error:
            raise BadLine(self._offset + 1, f"not CSV: {error}") from None

    def _require_columns(self, first: str) -> None:
        for column in self._required:
            if self.header.count(column) != 1:
                raise BadLine(self._offset + 1, _wrong_header(column, self.header, first))


def _first_line(lines: Iterator[str]) -> tuple[list[str], str]:
    """Return the blank lines at the beginning, and the first line that is not blank."""
    blanks: list[str] = []
    for line in lines:
        if line.strip() or len(blanks) == _HEADER_LINES:
            return blanks, line
        blanks.append(line)
    return blanks, ""


def _separator(first: str, layout: FileLayout, required: Sequence[str]) -> str:
    if layout.header is not None:
        width = len(layout.header)
        return next((s for s in SEPARATORS if len(split_line(first, s)) == width), likely_separator(first))
    return find_separator(first, required) or likely_separator(first)


def _wrong_header(column: str, header: Sequence[str], first: str) -> str:
    """Return the reason why a header is refused, with the way out."""
    fault = f"the column {column!r} occurs twice" if column in header else f"there is no column {column!r}"
    message = f"{fault} in the header {', '.join(map(repr, header))}"
    likely = likely_separator(first)
    if len(header) == 1 and len(split_line(first, likely)) > 1:
        return f"{message}: if {separator_name(likely)} separates the columns, set --separator"
    if column in header:
        return message
    return f"{message}: name the columns by options, or by --columns if the file has no header"


def _bad_csv(first: int, last: int, error: csv.Error) -> BadLine:
    """Return the error for lines that are not CSV. A quote that is not closed affects many lines."""
    count = max(1, last - first + 1)
    if count == 1 and "unexpected end" not in str(error):
        return BadLine(first, f"not CSV: {error}")
    reason = f"the quote that begins here reaches to line {last}: {count} lines are not read ({error})"
    return BadLine(first, reason, count)


def _picker(header: Sequence[str], required: Sequence[str]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Return the function that picks the required cells of a row."""
    positions = [header.index(column) for column in required]
    if len(positions) == 1:
        [position] = positions
        return lambda cells: (cells[position],)
    return itemgetter(*positions) if positions else lambda _: ()


def _identifier(header: Sequence[str]) -> Callable[[Sequence[str]], str]:
    """Return the function that returns a row's content as one text, regardless of the order of the columns."""
    order = sorted(range(len(header)), key=lambda position: header[position])
    names = "\0".join(header[position] for position in order)
    if order == sorted(order):
        return lambda cells: names + "\1" + "\0".join(cells)
    pick = itemgetter(*order)
    return lambda cells: names + "\1" + "\0".join(pick(cells))
