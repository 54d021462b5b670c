from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.merge import (
    Counts,
    Row,
    Window,
    is_conclusive,
    merge_counts,
    merge_windows,
    nth,
    share,
)

keys = st.binary(min_size=1, max_size=2)
partitioned = st.lists(keys, unique=True, max_size=40).flatmap(
    lambda found: st.lists(st.integers(0, 3), min_size=len(found), max_size=len(found)).map(
        lambda homes: [sorted(k for k, home in zip(found, homes, strict=True) if home == p) for p in range(4)]
    )
)


def _window(part: list[bytes], bound: bytes, before: int, after: int) -> Window[Row]:
    above = bisect_left(part, bound)
    rows = [Row(key, 1) for key in part]
    return Window(len(part), above, rows[max(0, above - before) : above], rows[above : above + after])


@given(partitioned, keys, st.integers(0, 9), st.integers(0, 9))
def test_merged_windows_are_the_window_of_the_merged_board(parts, bound, before, after):
    whole = sorted(key for part in parts for key in part)
    merged = merge_windows(
        [_window(part, bound, before, after) for part in parts], before, after, key=lambda row: row.key
    )
    assert merged == _window(whole, bound, before, after)


@given(partitioned, keys, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_shorter_windows_are_conclusive_only_if_they_merge_to_the_same(parts, bound, before, after, less, fewer):
    asked = max(0, before - less), max(0, after - fewer)
    windows = [_window(part, bound, *asked) for part in parts]
    merged = merge_windows(windows, before, after, key=lambda row: row.key)
    full = merge_windows([_window(p, bound, before, after) for p in parts], before, after, key=lambda row: row.key)
    if is_conclusive(windows, merged, asked, (before, after), key=lambda row: row.key):
        assert merged == full
    if asked == (before, after):
        assert is_conclusive(windows, merged, asked, (before, after), key=lambda row: row.key)


@given(st.integers(0, 1000), st.integers(1, 64))
def test_a_share_is_enough_for_an_even_spread_and_never_more_than_all(wanted, partitions):
    assert -(-wanted // partitions) <= share(wanted, partitions) <= wanted


@given(partitioned, st.lists(keys))
def test_merged_counts_are_the_counts_of_the_merged_board(parts, bounds):
    whole = sorted(key for part in parts for key in part)
    merged = merge_counts(Counts(len(part), [bisect_left(part, b) for b in bounds]) for part in parts)
    assert merged == Counts(len(whole), [bisect_left(whole, b) for b in bounds])


@given(partitioned, st.integers(0, 45))
def test_the_nth_key_is_the_nth_of_the_merged_board(parts, n):
    whole = sorted(key for part in parts for key in part)
    assert nth(parts, n) == (whole[n] if n < len(whole) else None)
