"""Elements of a list in a JSON document. They are read one by one, because the document may exceed the memory."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from leaderforge.imports.bad_lines import BadLine

_CHUNK = 1 << 16
"""Characters to read at a time."""
_MAX_VALUE = 1 << 24
"""Maximum characters of one element, and of one value beside the list."""
_BLANKS = re.compile(r"[ \t\r\n]*")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_FIRST_OF_LITERAL = "tfn-0123456789NI"


class JsonElement(NamedTuple):
    """Element of a list, and the number of the line on which it begins."""

    number: int
    value: object


def elements(text: TextIO, decoder: json.JSONDecoder, path: str = "") -> Iterator[JsonElement]:
    """Yield the elements of the list at a path: names of members, separated by dots. An empty path is the document.

    Raises `BadLine` if there is no such list, or if the document is not JSON. Elements before the fault are yielded
    first.
    """
    document = _Document(text, decoder)
    for name in filter(None, path.split(".")):
        document.enter(name)
    document.begin("[", f"there is no list at {path!r}" if path else "the document is not a list: set --path")
    while document.next_of("]"):
        yield JsonElement(document.line, document.value())


class _Document:
    """Part of a JSON document in memory, with the position in it."""

    def __init__(self, text: TextIO, decoder: json.JSONDecoder) -> None:
        self._text = text
        self._decoder = decoder
        self._buffer = ""
        self._position = 0
        self._is_first = True
        self._is_complete = False
        self._counted = 0
        self._line = 1

    @property
    def line(self) -> int:
        """Return the number of the current line."""
        passed = self._buffer[self._counted : self._position]
        self._line += len(_LINE_ENDS.findall(passed)) if "\n" in passed or "\r" in passed else 0
        self._counted = self._position
        return self._line

    def enter(self, name: str) -> None:
        """Move to the value of a member of the current object."""
        self.begin("{", f"there is no object with the member {name!r}")
        while self.next_of("}"):
            member = self.value()
            self.expect(":", "a colon is missing after a name")
            if member == name:
                return
            self.value()
        raise BadLine(self.line, f"there is no member {name!r}: check --path")

    def begin(self, mark: str, reason: str) -> None:
        """Move behind the opening bracket (`mark`) of a list or object. Raises `BadLine` if there is none."""
        self.expect(mark, reason)
        self._is_first = True

    def expect(self, mark: str, reason: str) -> None:
        """Move behind the character `mark`. Raises `BadLine` with the reason if another character comes next."""
        if self._peek() != mark:
            raise BadLine(self.line, f"not JSON of scores: {reason}")
        self._position += 1

    def next_of(self, end: str) -> bool:
        """Move to the next element of a list or object. Return False, behind its `end`, if there is none."""
        mark = self._peek()
        if mark == end:
            self._position += 1
            return False
        if not self._is_first:
            if mark != ",":
                raise BadLine(self.line, "not JSON: " + (f"{mark!r} is in the list" if mark else _CUT_OFF))
            self._position += 1
            self._peek()
        self._is_first = False
        return True

    def value(self) -> object:
        """Return the value at the position, and move behind it."""
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._position)
            except (ValueError, RecursionError) as error:
                if not self._can_grow():
                    raise BadLine(self.line, f"not JSON: {_CUT_OFF if self._is_complete else error}") from None
                self._read()
                continue
            # A number at the end of the buffer may continue in the next part.
            if end == len(self._buffer) and self._buffer[self._position] in _FIRST_OF_LITERAL and self._read():
                continue
            self._position = end
            return value

    def _can_grow(self) -> bool:
        return not self._is_complete and len(self._buffer) - self._position < _MAX_VALUE

    def _peek(self) -> str:
        """Skip blanks, and return the next character, empty at the end."""
        while True:
            match = _BLANKS.match(self._buffer, self._position)
            self._position = match.end() if match else self._position
            if self._position < len(self._buffer):
                return self._buffer[self._position]
            if not self._read():
                return ""

    def _read(self) -> bool:
        """Append the next part of the document. Return False at the end."""
        # Double the text of a long value with each part, because the value is decoded again after each part.
        part = self._text.read(max(_CHUNK, len(self._buffer) - self._position))
        passed = self.line
        self._buffer = self._buffer[self._position :] + part
        self._position = self._counted = 0
        self._line = passed
        self._is_complete = not part
        return bool(part)


_CUT_OFF = "the document is cut off or damaged here; the elements before were read"
