"""Rows of separated values."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from leaderforge.imports.bad_lines import BadLine
from leaderforge.imports.blocks import Block, lines_of
from leaderforge.imports.formats import FileLayout
from leaderforge.imports.rows import CellPicker, Fault, OpenRow, TableRows
from leaderforge.imports.separators import SEPARATORS, find_separator, likely_separator, separator_name, split_line

_Cells: TypeAlias = Sequence[Sequence[str]]
"""Cells of rows, column by column."""

_HEADER_LINES = 100
"""Maximum number of blank lines before the header."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """Separated values: the names of the columns, and the separator."""

    separator: str
    header: tuple[str, ...]
    required: tuple[str, ...]

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

    def rows(self, block: Block, *, with_content: bool) -> TableRows:
        """Return the rows of a block that are not blank."""
        rows = TableRows.without_rows(self.required)
        numbers, columns = self._regular(block) or self._irregular(block, rows)
        picker = CellPicker(self.header, self.required)
        if not numbers:
            return rows
        rows.numbers, rows.columns = numbers, picker.columns(columns)
        if with_content:
            rows.contents = picker.contents(columns)
        return rows

    def _regular(self, block: Block) -> tuple[Sequence[int], _Cells] | None:
        """Return the numbers and the columns of the rows if each row is one complete line, None otherwise.

        Nearly all blocks are regular. Trimming a whole column takes a fraction of the time of trimming its cells one by
        one.
        """
        lines = lines_of(block.text)
        try:
            rows = list(_reader(iter(lines), self.separator))
        except csv.Error:
            return None
        if len(rows) != len(lines) or set(map(len, rows)) != {len(self.header)}:
            return None
        columns = [list(map(str.strip, column)) for column in zip(*rows, strict=True)]
        return (range(block.number, block.number + len(rows)), columns) if all(columns[0]) else None

    def _irregular(self, block: Block, rows: TableRows) -> tuple[Sequence[int], _Cells]:
        """Return the numbers and the columns of the rows. Add the faults to `rows`."""
        width = len(self.header)
        numbers: list[int] = []
        complete: list[Sequence[str]] = []
        for number, row in self._lines(block, rows):
            cells = list(map(str.strip, row))
            if not any(cells):
                continue
            if len(cells) > width:
                rows.faults.append(Fault(number, f"{len(cells)} values for {width} columns"))
                continue
            numbers.append(number)
            complete.append(cells + [""] * (width - len(cells)))
        return numbers, list(zip(*complete, strict=True))

    def objects(self, block: Block) -> Iterator[Mapping[str, str]]:
        """Yield the rows of a block with all their values by column."""
        for _, row in self._lines(block, TableRows.without_rows(self.required)):
            yield dict(zip(self.header, map(str.strip, row), strict=False))

    def _lines(self, block: Block, rows: TableRows) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield the rows with the numbers of their first lines. Add lines that are not CSV to the faults."""
        reader = _reader(iter(lines_of(block.text)), self.separator)
        begin = block.number
        while True:
            number = reader.line_num + begin
            try:
                for row in reader:
                    yield number, row
                    number = reader.line_num + begin
                return
            except csv.Error as error:
                if "unexpected end" in str(error) and not block.is_last:
                    rows.open_row = OpenRow(_offset(block.text, number - begin), number)
                    return
                rows.faults.append(_bad_csv(number, reader.line_num + begin - 1, error))


def read_header(block: Block, layout: FileLayout, required: Sequence[str]) -> tuple[CsvTable, Block]:
    """Return the table that begins with a block, and the part of the block after the header.

    Raises `BadLine` if the header lacks a required column.
    """
    lines = iter(lines_of(block.text))
    blanks, first = _first_line(lines)
    if not first.strip():
        raise BadLine(1, "the file is empty: its first line must name the columns")
    separator = layout.separator or _separator(first, layout, required)
    if layout.header is not None:
        _require_columns(layout.header, required, first, blanks + 1)
        return CsvTable(separator, layout.header, tuple(required)), block
    header, header_lines = _names(_reader(chain([first], lines), separator), blanks + 1)
    _require_columns(header, required, first, blanks + 1)
    lines_read = blanks + header_lines
    return CsvTable(separator, header, tuple(required)), block.tail(_offset(block.text, lines_read), lines_read + 1)


def _names(reader: Any, number: int) -> tuple[tuple[str, ...], int]:
    """Return the names of the columns, and the number of lines of the header. Raises `BadLine` for line `number`."""
    try:
        return tuple(cell.strip() for cell in next(reader)), reader.line_num
    except csv.Error as error:
        raise BadLine(number, f"not CSV: {error}") from None


def _reader(lines: Iterator[str], separator: str) -> Any:
    return csv.reader(lines, delimiter=separator, strict=True)


def _offset(text: str, lines: int) -> int:
    """Return the offset in a text at which its first `lines` lines end."""
    return sum(map(len, lines_of(text)[:lines]))


def _require_columns(header: Sequence[str], required: Sequence[str], first: str, number: int) -> None:
    for column in required:
        if header.count(column) != 1:
            raise BadLine(number, _wrong_header(column, header, first))


def _first_line(lines: Iterator[str]) -> tuple[int, str]:
    """Return the number of blank lines at the beginning, and the first line that is not blank."""
    blanks = 0
    for line in lines:
        if line.strip() or blanks == _HEADER_LINES:
            return blanks, line
        blanks += 1
    return blanks, ""


def _separator(first: str, layout: FileLayout, required: Sequence[str]) -> str:
    if layout.header is not None:
        width = len(layout.header)
        return next((s for s in SEPARATORS if len(split_line(first, s)) == width), likely_separator(first))
    return find_separator(first, required) or likely_separator(first)


def _wrong_header(column: str, header: Sequence[str], first: str) -> str:
    """Return the error message for a header with a missing or repeated column. It also says how to import the file."""
    fault = f"the column {column!r} occurs twice" if column in header else f"there is no column {column!r}"
    message = f"{fault} in the header {', '.join(map(repr, header))}"
    likely = likely_separator(first)
    if len(header) == 1 and len(split_line(first, likely)) > 1:
        return f"{message}: if {separator_name(likely)} separates the columns, set --separator"
    if column in header:
        return message
    return f"{message}: name the columns by options, or by --columns if the file has no header"


def _bad_csv(first: int, last: int, error: csv.Error) -> Fault:
    """Return the fault of lines that are not CSV. A quote that is not closed affects many lines."""
    count = max(1, last - first + 1)
    if count == 1 and "unexpected end" not in str(error):
        return Fault(first, f"not CSV: {error}")
    reason = f"the quote that begins here reaches to line {last}: {count} lines are not read ({error})"
    return Fault(first, reason, count)
