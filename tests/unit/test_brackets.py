"""Brackets of tournaments, compared with a simulation that shares no code."""

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.brackets import Brackets


def simulated(size: int, entrants: int, *, is_final: bool) -> list[list[int]]:
    """Return the numbers of the entrants of each bracket.

    Seat one entrant after the other. If `is_final` and the last bracket has less than half of `size` entrants, move
    these entrants to the previous bracket.
    """
    brackets: list[list[int]] = []
    for number in range(1, entrants + 1):
        if not brackets or len(brackets[-1]) == size:
            brackets.append([])
        brackets[-1].append(number)
    if is_final and len(brackets) > 1 and len(brackets[-1]) < size / 2:
        remainder = brackets.pop()
        brackets[-1] += remainder
    return brackets


@given(size=st.integers(2, 12), entrants=st.integers(0, 60), is_final=st.booleans())
def test_brackets_equal_a_simulation(size: int, entrants: int, is_final: bool) -> None:
    brackets = Brackets(size, entrants, is_final)
    expected = simulated(size, entrants, is_final=is_final)
    assert brackets.count == len(expected)
    assert [list(brackets.numbers(i + 1)) for i in range(brackets.count)] == expected
    assert [brackets.of(number) for number in range(1, entrants + 1)] == [
        i + 1 for i, numbers in enumerate(expected) for _ in numbers
    ]
