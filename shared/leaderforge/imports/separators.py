"""Separators of columns. The separator of a file is found in its header."""

import csv
from collections.abc import Sequence

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
"""Separators that are tried, the most likely first, with their names."""


def separator_name(separator: str) -> str:
    """Return the name of a separator for messages."""
    return SEPARATORS.get(separator, repr(separator))


def split_line(line: str, separator: str) -> list[str]:
    """Return the trimmed cells of one line."""
    try:
        cells = next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        cells = line.split(separator)
    return [cell.strip() for cell in cells]


def find_separator(line: str, required: Sequence[str]) -> str | None:
    """Return the separator that splits the header into all required columns, None if no separator does.

    If several fit, return the one that yields the most columns. For a header of one column, all separators fit.
    """
    fitting = [s for s in SEPARATORS if set(required) <= set(split_line(line, s))]
    return max(fitting, key=lambda s: len(split_line(line, s)), default=None)


def likely_separator(line: str) -> str:
    """Return the separator that splits a line into the most cells; the comma if none does."""
    return max(SEPARATORS, key=lambda s: len(split_line(line, s)))
