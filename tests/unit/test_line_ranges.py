"""Ranges of line numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.errors import Refused
from leaderforge.imports.line_ranges import MAX_RANGES, LineRanges


@given(st.sets(st.integers(1, 60), min_size=1))
def test_the_text_of_added_numbers_has_exactly_them(numbers: set[int]) -> None:
    added = LineRanges()
    for number in sorted(numbers):
        added.add(number)
    parsed = LineRanges.parse(str(added))
    assert {number for number in range(70) if number in parsed} == numbers
    assert len(parsed) == len(added) == sum(number - 1 not in numbers for number in numbers)


def test_ranges_in_any_order_may_overlap() -> None:
    assert str(LineRanges.parse("7, 3-5,4-9,12 ")) == "3-9,12"


@pytest.mark.parametrize("text", ["", "0", "x", "5-2", "2,", "1-", "-3", "1.5", "٣", "1" * 13])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is not a range of lines: write line numbers such as 2,5-9"):
        LineRanges.parse(text)


def test_too_many_ranges_are_refused() -> None:
    assert len(LineRanges.parse(",".join(map(str, range(1, 2 * MAX_RANGES, 2))))) == MAX_RANGES
    with pytest.raises(Refused, match=f"{MAX_RANGES + 1} ranges of lines are more than {MAX_RANGES}"):
        LineRanges.parse(",".join(map(str, range(1, 2 * MAX_RANGES + 2, 2))))
