from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.statistics import bucket_edges, percentile, rank_at
from tests.strategies import scores


@pytest.mark.parametrize(("rank", "total", "expected"), [(1, 1, 100), (1, 5, 100), (3, 5, 50), (5, 5, 0)])
def test_percentile_is_the_share_of_the_others_one_is_ahead_of(rank, total, expected):
    assert percentile(total - rank, total) == expected


@given(st.integers(1, 10_000), st.fractions(0, 100))
def test_rank_at_is_the_last_rank_ahead_of_that_many(total, percent):
    rank = rank_at(percent, total)
    assert 1 <= rank <= total

    def is_ahead(rank: int) -> bool:
        return Fraction(100 * (total - rank)) >= percent * (total - 1)

    assert is_ahead(rank)
    assert rank == total or not is_ahead(rank + 1)


@given(scores, scores, st.integers(1, 200))
def test_buckets_cover_all_scores_as_evenly_as_integers_allow(one, other, buckets):
    low, high = sorted((one, other))
    edges = bucket_edges(low, high, buckets)
    widths = [b - a for a, b in pairwise(edges)]
    assert edges[0] == low
    assert edges[-1] == high + 1
    assert len(widths) == min(buckets, high - low + 1)
    assert min(widths) >= 1
    assert max(widths) - min(widths) <= 1


def test_buckets_reach_the_limits():
    assert bucket_edges(-MAX_INTEGER, MAX_INTEGER, 1) == [-MAX_INTEGER, MAX_INTEGER + 1]
