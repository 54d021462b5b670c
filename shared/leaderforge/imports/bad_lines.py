"""Lines of a file that cannot be imported."""

from collections.abc import Callable
from typing import TypeAlias

from leaderforge.domain.errors import Refused


class BadLine(Refused):
    """Error for lines that cannot be imported: `count` lines, from line `number` on."""

    def __init__(self, number: int, reason: str, count: int = 1) -> None:
        super().__init__(f"line {number}: {reason}", line=number)
        self.number = number
        self.reason = reason
        self.count = count


OnBadLine: TypeAlias = Callable[[BadLine], None]
"""Callback for each line that cannot be imported. It may raise an error to stop the import."""
