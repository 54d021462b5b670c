"""Ranges of line numbers, as the text `2,5-9`."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from leaderforge.domain.errors import Refused

MAX_RANGES = 200
"""Maximum number of ranges in a text. A text of this size fits on a command line and into an address."""
_RANGE = re.compile(r"([1-9][0-9]{0,11})(?:-([1-9][0-9]{0,11}))?", re.ASCII)


class LineRanges:
    """Line numbers as ascending ranges that do not touch. Numbers are added in ascending order."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    @classmethod
    def parse(cls, text: str) -> "LineRanges":
        """Return the ranges in a text such as `2,5-9`, in any order. Raises `Refused` for another text."""
        parts = text.split(",")
        if len(parts) > MAX_RANGES:
            raise Refused(f"{len(parts)} ranges of lines are more than {MAX_RANGES}: import the lines as another file")
        ranges = cls()
        for first, last in sorted(_range(part.strip()) for part in parts):
            ranges.add(first, last)
        return ranges

    def add(self, first: int, last: int | None = None) -> None:
        """Add the numbers from `first` to `last`, by default only `first`. Call it in ascending order of `first`."""
        end = first if last is None else last
        if self._lasts and first <= self._lasts[-1] + 1:
            self._lasts[-1] = max(self._lasts[-1], end)
        else:
            self._firsts.append(first)
            self._lasts.append(end)

    def __contains__(self, number: int) -> bool:
        position = bisect_right(self._firsts, number)
        return position > 0 and number <= self._lasts[position - 1]

    def __len__(self) -> int:
        """Return the number of ranges."""
        return len(self._firsts)

    def __str__(self) -> str:
        pairs: Sequence[tuple[int, int]] = list(zip(self._firsts, self._lasts, strict=True))
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in pairs)


def _range(text: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text)
    first, last = (0, 0) if match is None else (int(match[1]), int(match[2] or match[1]))
    if not 1 <= first <= last:
        raise Refused(f"{text!r} is not a range of lines: write line numbers such as 2,5-9")
    return first, last
