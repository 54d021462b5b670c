"""Rows of a file of any format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple, TypeVar

CellT = TypeVar("CellT")


class Fault(NamedTuple):
    """Reason why `lines` lines, from line `number` on, cannot be imported. Unlike `BadLine`, a fault can be pickled."""

    number: int
    reason: str
    lines: int = 1


class OpenRow(NamedTuple):
    """Row that does not end in its block: its offset in the block's text, and the number of its first line."""

    offset: int
    number: int


@dataclass(slots=True)
class TableRows:
    """Rows of a block: their line numbers, the columns with the required values, and their contents.

    Without rows, the columns are empty. A content is a text that is equal for equal rows of all formats. If a column of
    ids identifies rows, they have no contents. With `is_end`, the table ends in this block, though the text may
    continue.
    """

    numbers: Sequence[int]
    columns: Sequence[Sequence[str]]
    contents: Sequence[str] = ()
    faults: list[Fault] = field(default_factory=list)
    open_row: OpenRow | None = None
    is_end: bool = False

    @classmethod
    def without_rows(cls, required: Sequence[str]) -> "TableRows":
        """Return a table that has the required columns, but no rows."""
        return cls((), [()] * len(required))

    def add(self, parts: "Sequence[TableRows]", order: Sequence[int]) -> None:
        """Set the rows to the rows of all parts. `order` has the position of each row, part by part."""
        if len(parts) == 1:
            self.numbers, self.columns, self.contents = parts[0].numbers, parts[0].columns, parts[0].contents
        elif parts:
            places = sorted(range(len(order)), key=order.__getitem__)
            self.numbers = _arranged([part.numbers for part in parts], places)
            self.columns = [_arranged(pieces, places) for pieces in zip(*(part.columns for part in parts), strict=True)]
            self.contents = _arranged([part.contents for part in parts], places) if parts[0].contents else ()


class JsonText(str):
    """JSON text of a value that is neither text nor number: a list, an object, true or false."""

    __slots__ = ()


def _arranged(pieces: Sequence[Sequence[CellT]], places: Sequence[int]) -> Sequence[CellT]:
    values = list(chain.from_iterable(pieces))
    return [values[place] for place in places]


class CellPicker:
    """Selection of the required columns of a table. The picker also joins each row to one text, the content of the row.

    Equal rows have equal contents, whatever the order of the columns.
    """

    def __init__(self, header: Sequence[str], required: Sequence[str]) -> None:
        """Raises `KeyError` if a required column is missing."""
        positions: Mapping[str, int] = {column: i for i, column in reversed(list(enumerate(header)))}
        self._required = [positions[column] for column in required]
        self._sorted = sorted(range(len(header)), key=lambda position: header[position])
        self._names = "\0".join(header[position] for position in self._sorted) + "\1"

    def columns(self, columns: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
        """Return the required columns, given all columns of a table."""
        return [columns[position] for position in self._required]

    def contents(self, columns: Sequence[Sequence[str]]) -> Sequence[str]:
        """Return the content of each row as one text."""
        names = self._names
        rows = zip(*(columns[position] for position in self._sorted), strict=True)
        return [names + text for text in map("\0".join, rows)]
