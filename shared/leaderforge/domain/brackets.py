"""Brackets of tournaments: groups of entrants in the order of joining.

A bracket is a range of entrant numbers. Brackets depend on the number of entrants only, and need no stored state.
"""

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Brackets:
    """Brackets of an occurrence: their intended size, and the number of entrants.

    `is_final` means that nobody can join any more. A last bracket under half the size is then merged into the previous
    bracket.
    """

    size: int
    entrants: int
    is_final: bool

    @property
    def count(self) -> int:
        """Return the number of brackets."""
        brackets = ceil(self.entrants / self.size)
        last = self.entrants - (brackets - 1) * self.size
        return brackets - 1 if self.is_final and brackets > 1 and 2 * last < self.size else brackets

    def of(self, number: int) -> int:
        """Return the bracket, from 1, of the entrant with this number."""
        return min(ceil(number / self.size), self.count)

    def numbers(self, bracket: int) -> range:
        """Return the numbers of the entrants of a bracket."""
        last = self.entrants if bracket == self.count else bracket * self.size
        return range((bracket - 1) * self.size + 1, last + 1)
