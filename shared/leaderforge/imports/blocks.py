"""Blocks of a text: parts that can be parsed independently of each other, on several processes.

A block normally ends between two rows. The splitter cannot be certain of that, because a line end may be part of a
quoted value. The parser of a block therefore says where an incomplete row begins. The row continues in the next block.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from leaderforge.imports.streams import CutOff

BLOCK_CHARACTERS = 1 << 18
"""Characters of a block: some 6,000 lines."""
_MAX_LINE = 1 << 22
"""Maximum characters of a line, to bound the memory. A longer line is read as several lines, which are bad lines."""
_MAX_STEPS = 50
"""Maximum number of lines that are moved to the next block, to end a block outside of a quoted value."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LINE_END = re.compile(r"\r\n|\r|\n")


class Block(NamedTuple):
    """Part of a text, with the `number` of its first line. `position` counts the bytes of the file read so far.

    In the last block of a damaged file, `damage` describes the damage.
    """

    number: int
    text: str
    position: int
    is_last: bool = False
    damage: str | None = None

    @property
    def end_number(self) -> int:
        """Return the number of the line after the block."""
        return self.number + line_ends(self.text)

    def tail(self, offset: int, number: int) -> "Block":
        """Return the block from `offset` on. `number` is the number of the line at this offset."""
        return self._replace(number=number, text=self.text[offset:])

    def continued(self, following: "Block") -> "Block":
        """Return the block together with the following block."""
        return following._replace(number=self.number, text=self.text + following.text)


class Cut(NamedTuple):
    """End of a block in a longer text, and the number of lines up to it."""

    end: int
    lines: int


def line_ends(text: str) -> int:
    """Return the number of line ends in a text: LF, CR or both."""
    return text.count("\n") if "\r" not in text else sum(1 for _ in _LINE_END.finditer(text))


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their ends: LF, CR or both."""
    if "\r" in text:
        return _LINE.findall(text)
    lines = [line + "\n" for line in text.split("\n")]
    # The last part is empty if the text ends with a line end. Otherwise, it is an incomplete line.
    incomplete = lines.pop()[:-1]
    return [*lines, incomplete] if incomplete else lines


def after_line(text: str) -> Cut | None:
    """Return the position after the last complete line, None if there is none. An overlong line is cut."""
    end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
    if end:
        end = _outside_of_quotes(text, end)
        return Cut(end, line_ends(text[:end]))
    return Cut(_MAX_LINE, 1) if len(text) >= _MAX_LINE else None


def after_object(text: str) -> Cut | None:
    """Return the position after the last complete JSON object, None if there is none. An overlong object is cut."""
    end = text.rfind("}") + 1 or (len(text) if len(text) >= _MAX_LINE else 0)
    return Cut(end, line_ends(text[:end])) if end else None


def blocks_of(
    chunks: Iterator[str], position: Callable[[], int], cut: Callable[[str], Cut | None], number: int = 1
) -> Iterator[Block]:
    """Yield the blocks of a text that begins on the line with this number. There is at least one block."""
    text = ""
    try:
        for chunk in chunks:
            text += chunk
            while len(text) >= BLOCK_CHARACTERS and (ending := cut(text)) is not None:
                yield Block(number, text[: ending.end], position())
                number, text = number + ending.lines, text[ending.end :]
    except CutOff as error:
        # Leave out the last line, which the damage has cut off.
        complete = cut(text) or Cut(0, 0)
        yield Block(number, text[: complete.end], position(), damage=error.message)
    else:
        yield Block(number, text, position(), is_last=True)


def _outside_of_quotes(text: str, end: int) -> int:
    """Return the last line end at or before `end` that is outside of quotes, or `end` if none is near."""
    quotes = text.count('"', 0, end)
    candidate = end
    for _ in islice(iter(int, 1), _MAX_STEPS):
        if quotes % 2 == 0 or candidate == 0:
            break
        earlier = text.rfind("\n", 0, candidate - 1) + 1
        quotes -= text.count('"', earlier, candidate)
        candidate = earlier
    return candidate if quotes % 2 == 0 and candidate else end
