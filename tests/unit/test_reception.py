"""The clock that orders submissions of equal times."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.timing import CLOCK_DIFFERENCE_MS
from leaderforge.services.reception import ReceptionClock

SETBACK_US = CLOCK_DIFFERENCE_MS * 1000


@given(st.lists(st.integers(-SETBACK_US // 10, 10**6), max_size=9))
def test_times_increase_strictly_while_the_clock_runs_or_is_set_back_a_little(steps: list[int]) -> None:
    now = 10**15
    clock = ReceptionClock(lambda: now)
    times = [clock()]
    for step in steps:
        now += step
        times.append(clock())
    assert all(earlier < later for earlier, later in pairwise(times))


def test_a_running_clock_is_followed_exactly() -> None:
    readings = iter([5_000_000, 5_000_001, 7_000_000])
    clock = ReceptionClock(lambda: next(readings))
    assert [clock() for _ in range(3)] == [5_000_000, 5_000_001, 7_000_000]


def test_a_clock_that_is_set_back_far_is_followed() -> None:
    readings = iter([10**15, 10**15 - SETBACK_US - 1, 10**15 - SETBACK_US - 1])
    clock = ReceptionClock(lambda: next(readings))
    assert [clock() for _ in range(3)] == [10**15, 10**15 - SETBACK_US - 1, 10**15 - SETBACK_US]
