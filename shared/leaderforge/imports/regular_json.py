"""Blocks of JSON with one value a line. One call decodes a block, in a third of the time of a call for each value."""

from collections.abc import Sequence

from leaderforge.imports.blocks import Block, line_ends
from leaderforge.imports.json_lists import Scan

_MARK = "\x1e"
_MARK_TEXT = '"\\u001e"'
"""Mark that is put between the values of two lines, as JSON text. A block that already contains it is not regular."""


def regular_values(block: Block, scan: Scan, *, is_list: bool) -> tuple[Sequence[int], Sequence[object]] | None:
    """Return the numbers of the lines and their values if each line has exactly one value, None otherwise.

    In a list, the text begins with a comma, and a comma ends each line but the last. Nearly all blocks are regular.
    """
    number, text = block.number, block.text.removesuffix("\n")
    if is_list:
        if block.is_last or text[:1] != "," or text[-1:] != "}" or text.count("\n") != text.count(",\n"):
            return None
        body, end_of_line = text[1:].removeprefix("\n"), ",\n"
        number += line_ends(text) - line_ends(body)
    else:
        body, end_of_line = text, "\n"
    values = None if _MARK_TEXT in body else _decoded(f"[{body.replace(end_of_line, f',{_MARK_TEXT},')}]", scan)
    return _between_marks(number, values, body.count(end_of_line) + 1)


def _decoded(text: str, scan: Scan) -> object:
    """Return the value in a JSON text, None if the text is not one value."""
    try:
        value, end = scan(text, 0)
    # Deeply nested JSON raises a `RecursionError`.
    except (StopIteration, ValueError, RecursionError):
        return None
    return value if end == len(text) else None


def _between_marks(number: int, values: object, lines: int) -> tuple[Sequence[int], Sequence[object]] | None:
    """Return the numbers and values of lines, None unless each line has exactly one value.

    A mark stands for each end of a line. Marks and values must alternate: a line with two values would move a mark.
    """
    if not isinstance(values, list) or len(values) != 2 * lines - 1 or values[1::2].count(_MARK) != lines - 1:
        return None
    return range(number, number + lines), values[::2]
