"""Tiebreakers: named numbers that order entries with equal scores.

A board has up to three tiebreakers, each with an order and a range. The numbers of a run are packed into one integer,
which takes the place of the subscore in the sort key and in the store. Smaller integers are better, whatever the orders
of the tiebreakers. Sort keys are therefore as long as with a subscore. Boards without tiebreakers have no extra cost.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # at run time, the import would be circular: `boards` imports this module
    from leaderforge.domain.boards import Order

MAX_TIEBREAKERS = 3
"""Maximum tiebreakers of a board. With the score, entries are ordered by up to four numbers."""
MAX_COMBINATIONS = 2**53
"""Maximum product of the sizes of a board's tiebreakers. Packed integers are therefore at most 2^53 - 1."""


@dataclass(frozen=True, slots=True)
class Tiebreaker:
    """Named number that orders entries with equal scores. `min` and `max` are its smallest and largest valid values."""

    name: str
    order: "Order"
    min: int
    max: int

    @property
    def size(self) -> int:
        """Return the number of possible values."""
        return self.max - self.min + 1

    @property
    def members(self) -> dict[str, object]:
        """Return the tiebreaker as a JSON object."""
        return {"name": self.name, "order": str(self.order), "min": self.min, "max": self.max}

    def __str__(self) -> str:
        """Return the tiebreaker as a text for messages, such as `time_ms asc 0..1000`."""
        return f"{self.name} {self.order} {self.min}..{self.max}"

    def digit(self, number: int) -> int:
        """Return the distance of a number from the best valid number. The function is the inverse of `number`."""
        return self.max - number if self.order == "desc" else number - self.min

    def number(self, digit: int) -> int:
        """Return the number at this distance from the best valid number."""
        return self.max - digit if self.order == "desc" else self.min + digit


def packed(tiebreakers: Sequence[Tiebreaker], numbers: Mapping[str, int]) -> int:
    """Return the numbers of the tiebreakers as one integer. Smaller is better. `numbers` must be valid."""
    total = 0
    for tiebreaker in tiebreakers:
        total = total * tiebreaker.size + tiebreaker.digit(numbers[tiebreaker.name])
    return total


def unpacked(tiebreakers: Sequence[Tiebreaker], total: int) -> dict[str, int]:
    """Return the numbers of the tiebreakers by name, in the order of the tiebreakers: the inverse of `packed`."""
    numbers = []
    for tiebreaker in reversed(tiebreakers):
        total, digit = divmod(total, tiebreaker.size)
        numbers.append((tiebreaker.name, tiebreaker.number(digit)))
    return dict(reversed(numbers))


def subscore_members(tiebreakers: Sequence[Tiebreaker], subscore: int) -> dict[str, object]:
    """Return the JSON member `subscore` or, with tiebreakers, `tiebreakers` with the numbers in the subscore."""
    return {"tiebreakers": unpacked(tiebreakers, subscore)} if tiebreakers else {"subscore": subscore}


def subscore_json(tiebreakers: Sequence[Tiebreaker], subscore: int) -> str:
    """Return the JSON member of `subscore_members` as text that ends with a comma."""
    if not tiebreakers:
        return f'"subscore":{subscore},'
    return f"{json.dumps(subscore_members(tiebreakers, subscore), separators=(',', ':'))[1:-1]},"
