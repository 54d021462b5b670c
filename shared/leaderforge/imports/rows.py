"""Rows of a file of any format."""

from typing import NamedTuple


class TableRow(NamedTuple):
    """Row of a file: its line number, the values of the required columns in their order, and its whole content.

    The content is a text that is equal for equal rows of all formats. It is empty if a column of ids identifies rows.
    """

    number: int
    values: tuple[str, ...]
    content: str


class JsonText(str):
    """JSON text of a value that is neither text nor number: a list, an object, true or false."""

    __slots__ = ()
