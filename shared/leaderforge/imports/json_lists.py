"""Lists in JSON documents. Their elements are read block by block, because a document may exceed the memory."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from leaderforge.imports.bad_lines import BadLine
from leaderforge.imports.blocks import Block, line_ends
from leaderforge.imports.rows import Fault, OpenRow

_MAX_VALUE = 1 << 24
"""Maximum characters of one value outside of the list."""
_BLANKS = re.compile(r"[ \t\r\n]*")
_FIRST_OF_LITERAL = "tfn-0123456789NI"
_CUT_OFF = "the document is cut off or damaged here; the elements before were read"


Scan: TypeAlias = Callable[[str, int], tuple[object, int]]
"""Function that returns the JSON value at a position, and the position behind it."""


class JsonElement(NamedTuple):
    """Element of a list, and the number of the line on which it begins."""

    number: int
    value: object


@dataclass(slots=True)
class ListPart:
    """Elements of a list in one block. With `is_end`, the list ends in the block: at its bracket, or at a fault."""

    elements: list[JsonElement] = field(default_factory=list)
    fault: Fault | None = None
    open_row: OpenRow | None = None
    is_end: bool = False


class ListStart(NamedTuple):
    """Text after the opening bracket of a list, and its line number. A comma is added before the first element."""

    number: int
    text: str


def elements(block: Block, scan: Scan) -> ListPart:
    """Return the elements in a block. Even the first element of the list has a comma before it: see `ListStart`.

    An element that does not end in the block is the open row of the result.
    """
    part, text, start = ListPart(), block.text, 0
    number, counted = block.number, 0
    while True:
        position = _after_blanks(text, start)
        if position == len(text) and not block.is_last:
            return part
        if text[position : position + 1] != ",":
            part.is_end = True
            if text[position : position + 1] != "]":
                number += line_ends(text[counted:position])
                reason = f"{text[position]!r} is in the list" if position < len(text) else _CUT_OFF
                part.fault = Fault(number, f"not JSON: {reason}")
            return part
        position = _after_blanks(text, position + 1)
        number, counted = number + line_ends(text[counted:position]), position
        value, end = _scanned(scan, text, position)
        # A number at the end of the block may continue in the next block, and therefore counts as incomplete.
        if end < 0 or (end == len(text) and not block.is_last and text[position] in _FIRST_OF_LITERAL):
            if block.is_last:
                part.fault, part.is_end = Fault(number, f"not JSON: {_CUT_OFF}"), True
            else:
                part.open_row = OpenRow(start, block.number + line_ends(text[:start]))
            return part
        part.elements.append(JsonElement(number, value))
        start = end


def _scanned(scan: Scan, text: str, position: int) -> tuple[object, int]:
    """Return the value at a position and the position behind the value: -1 without a complete value."""
    try:
        return scan(text, position)
    # Deeply nested JSON raises a `RecursionError`.
    except (StopIteration, ValueError, RecursionError):
        return None, -1


def list_start(chunks: Iterator[str], decoder: json.JSONDecoder, path: str = "") -> ListStart:
    """Return the start of the list at a path: names of JSON members, separated by dots. Empty means the document.

    Raises `BadLine` if there is no such list.
    """
    document = _Document(chunks, decoder)
    for name in filter(None, path.split(".")):
        document.enter(name)
    document.expect("[", f"there is no list at {path!r}" if path else "the document is not a list: set --path")
    return document.start()


class _Document:
    """The part of a JSON document that is in memory, and the current position in this part."""

    def __init__(self, chunks: Iterator[str], decoder: json.JSONDecoder) -> None:
        self._chunks = chunks
        self._decoder = decoder
        self._buffer = ""
        self._position = 0
        self._is_first = True
        self._line = 1

    def start(self) -> ListStart:
        """Return the text in memory after the position, with a comma before the first element, if any."""
        separator = "" if self._peek() in {"]", ""} else ","
        return ListStart(self._current_line, separator + self._buffer[self._position :])

    def enter(self, name: str) -> None:
        """Move to the value of the JSON member with this name in the current object."""
        self.expect("{", f"there is no object with the member {name!r}")
        self._is_first = True
        while self._next_member():
            member = self._value()
            self.expect(":", "a colon is missing after a name")
            if member == name:
                return
            self._value()
        raise BadLine(self._current_line, f"there is no member {name!r}: check --path")

    def expect(self, expected: str, reason: str) -> None:
        """Move behind the character `expected`. Raises `BadLine` with the reason if another character comes next."""
        if self._peek() != expected:
            raise BadLine(self._current_line, f"not JSON of scores: {reason}")
        self._position += 1

    @property
    def _current_line(self) -> int:
        return self._line + line_ends(self._buffer[: self._position])

    def _next_member(self) -> bool:
        """Move to the next JSON member of an object. At the end of the object, move behind it and return False."""
        character = self._peek()
        if character == "}":
            self._position += 1
            return False
        if not self._is_first:
            if character != ",":
                reason = f"{character!r} is in the object" if character else _CUT_OFF
                raise BadLine(self._current_line, f"not JSON: {reason}")
            self._position += 1
        self._is_first = False
        return True

    def _value(self) -> object:
        """Return the value at the position, and move behind it."""
        self._peek()
        while True:
            value, end = _scanned(self._decoder.raw_decode, self._buffer, self._position)
            if end < 0:
                if len(self._buffer) - self._position >= _MAX_VALUE or not self._read():
                    raise BadLine(self._current_line, f"not JSON: {_CUT_OFF}")
            # A number at the end of the buffer may continue in the next part.
            elif end < len(self._buffer) or self._buffer[self._position] not in _FIRST_OF_LITERAL or not self._read():
                self._position = end
                return value

    def _peek(self) -> str:
        """Skip blanks, and return the next character, empty at the end."""
        while True:
            self._position = _after_blanks(self._buffer, self._position)
            if self._position < len(self._buffer):
                return self._buffer[self._position]
            if not self._read():
                return ""

    def _read(self) -> bool:
        """Append the next part of the document. Return False at the end."""
        # Double the text of a long value at each read, because the value is decoded again from its start after each
        # read.
        size = len(self._buffer) - self._position
        parts: list[str] = []
        while (sum(map(len, parts)) < max(1, size)) and (part := next(self._chunks, "")):
            parts.append(part)
        self._line, self._buffer = self._current_line, self._buffer[self._position :] + "".join(parts)
        self._position = 0
        return bool(parts)


def _after_blanks(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    return match.end() if match else position
