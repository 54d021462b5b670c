"""Merging of partitions, compared with the order of all entries in one list."""

from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.merge import Span, Window, keys_at, local_range, merge_spans, nth

keys = st.binary(min_size=1, max_size=2)
partitioned = st.integers(1, 32).flatmap(
    lambda count: st.lists(st.tuples(keys, st.integers(0, count - 1)), unique_by=itemgetter(0), max_size=60).map(
        lambda placed: [sorted(key for key, home in placed if home == p) for p in range(count)]
    )
)
offsets = st.integers(-12, 12)


def _span(part: Sequence[bytes], bound: bytes, first: int, end: int) -> Span:
    """Return the span that window.lua reads."""
    above = bisect_left(part, bound)
    start = min(len(part), max(0, above + first))
    return Span(len(part), above, start, part[start : max(start, above + end)])


def _window(part: Sequence[bytes], bound: bytes, before: int, after: int) -> Window[bytes]:
    above = bisect_left(part, bound)
    return Window(len(part), above, part[max(0, above - before) : above], part[above : above + after])


@given(partitioned, keys | st.just(b""), st.integers(0, 9), st.integers(0, 9))
def test_complete_spans_merge_to_the_window_of_the_whole_board(parts, bound, before, after):
    whole = sorted(key for part in parts for key in part)
    spans = [_span(part, bound, -before, after) for part in parts]
    assert merge_spans(spans, bound, before, after) == _window(whole, bound, before, after)


@given(partitioned, keys | st.just(b""), st.integers(0, 9), st.integers(0, 9), st.data())
def test_shorter_spans_merge_to_the_same_window_or_to_none(parts, bound, before, after, data):
    whole = sorted(key for part in parts for key in part)
    spans = [_span(part, bound, -data.draw(st.integers(0, before)), data.draw(st.integers(0, after))) for part in parts]
    merged = merge_spans(spans, bound, before, after)
    assert merged in (None, _window(whole, bound, before, after))


@given(partitioned, keys | st.just(b""), offsets, offsets, st.integers(0, 60), st.integers(0, 9))
def test_keys_at_a_position_are_those_of_the_whole_board_or_unknown(parts, bound, first, end, position, count):
    whole = sorted(key for part in parts for key in part)
    spans = [_span(part, bound, first, end) for part in parts]
    keys_read = keys_at(spans, bound, position, count)
    assert keys_read in (None, whole[position : position + count])


@given(partitioned, keys, st.integers(0, 60), st.integers(1, 9))
def test_spans_of_whole_partitions_determine_every_position(parts, bound, position, count):
    whole = sorted(key for part in parts for key in part)
    spans = [_span(part, bound, -60, 60) for part in parts]
    keys_read = keys_at(spans, bound, position, count)
    assert keys_read == whole[position : position + count]


@given(st.integers(-1000, 1000), st.integers(0, 1000), st.integers(1, 64))
def test_a_local_range_covers_an_even_spread_and_never_more_than_all(first, count, partitions):
    low, high = local_range(first, first + count, partitions)
    assert min(first, 0) <= low <= first / partitions or low == 0 <= first
    assert (first + count) / partitions <= high <= max(first + count, 0) or high == 0 >= first + count
    if partitions == 1:
        assert (low, high) == (first, first + count)


@given(partitioned, keys, keys)
def test_the_keys_of_a_span_between_two_keys_include_both(parts, best, last):
    for part in parts:
        assert part[Span(len(part), 0, 0, part).between(best, last)] == [key for key in part if best <= key <= last]


@given(partitioned, st.integers(0, 45))
def test_the_nth_key_is_the_nth_of_the_merged_board(parts, n):
    whole = sorted(key for part in parts for key in part)
    assert nth(parts, n) == (whole[n] if n < len(whole) else None)
