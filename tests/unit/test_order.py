from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import MAX_INTEGER, Board, Order, RankStyle
from leaderforge.domain.order import (
    FIRST,
    LAST,
    MAX_TIME,
    Place,
    Ranked,
    key_bytes,
    place,
    rank_bound,
    ranked_bound,
    ranked_key,
    ranked_keys,
    ranked_place,
    score_bound,
    sort_key,
    user_bytes,
    user_id_of,
)
from leaderforge.domain.score_types import MAX_LONG, ScoreType
from tests.strategies import boards, scores, times, user_ids

long_scores = st.integers(-MAX_LONG, MAX_LONG) | st.sampled_from([MAX_LONG - 1, MAX_INTEGER, MAX_INTEGER + 1, 0])
long_boards = st.builds(replace, boards, score_type=st.just(ScoreType.INT64))
places = st.builds(Place, scores, times, user_ids, scores)
long_places = st.builds(Place, long_scores, times, user_ids, scores)
cases = st.tuples(boards, places, places) | st.tuples(long_boards, long_places, long_places)
BOARD = Board(1, "board", "Board", order=Order.ASC)


def _on(board: Board, one: Place) -> Place:
    return one if board.subscore_order else Place(one.score, one.achieved_at, one.user_id)


def _worth(order: Order | None, score: int) -> int:
    return -score if order == "desc" else score


def _sorts_before(board: Board, one: Place, other: Place) -> bool:
    def worth(each: Place) -> tuple[int, ...]:
        second = _worth(board.subscore_order, each.subscore) if board.subscore_order else 0
        return _worth(board.order, each.score), second, each.achieved_at, each.user_id

    return worth(one) < worth(other)


def _numbers(one: Ranked) -> tuple[int, ...]:
    return one.score, one.subscore, one.achieved_at, one.user_id


@given(cases)
def test_keys_compare_as_their_entries_do(case: tuple[Board, Place, Place]):
    board, one, other = case
    assert (sort_key(board, one) < sort_key(board, other)) == _sorts_before(board, one, other)


@given(cases)
def test_keys_can_be_read_back(case: tuple[Board, Place, Place]):
    board, one, _ = case
    key = sort_key(board, one)
    assert len(key) == key_bytes(board)
    assert place(board, key) == _on(board, one)
    assert ranked_key(board, ranked_place(board, key)) == key
    assert ranked_keys(board, [tuple(ranked_place(board, key))] * 2) == [key, key]
    assert user_id_of(key) == one.user_id
    assert key.endswith(user_bytes(one.user_id))
    assert FIRST < key < LAST


@given(cases)
def test_a_score_bound_lies_after_better_scores_and_before_its_own(case: tuple[Board, Place, Place]):
    board, one, (bound, *_) = case
    better = one.score > bound if board.order is Order.DESC else one.score < bound
    assert (sort_key(board, one) < score_bound(board, bound)) == better


@given(cases)
def test_shared_ranks_are_bounded_by_the_scores_alone(case: tuple[Board, Place, Place]):
    board, one, other = case
    key, bound = sort_key(board, one), rank_bound(board, sort_key(board, other))
    if board.rank_style is RankStyle.SHARED:
        other = Place(other.score, -MAX_TIME, -MAX_INTEGER, other.subscore)
    assert (key < bound) == _sorts_before(board, one, other)


@given(cases, st.integers(0, 29), st.binary(max_size=2))
def test_bounds_compare_as_numbers_just_as_they_do_as_bytes(case: tuple[Board, Place, Place], length: int, more: bytes):
    board, one, other = case
    key, whole = sort_key(board, one), sort_key(board, other)
    for bound in (FIRST, LAST, whole[:length], whole + more, key, key + b"\0"):
        ranked = _numbers(ranked_bound(board, bound))
        assert (_numbers(ranked_place(board, key)) < ranked) == (key < bound)
        assert all(-(2**63) <= number < 2**63 for number in ranked)


@pytest.mark.parametrize(
    ("score", "time", "user"),
    [(2 * MAX_INTEGER**2, 0, 0), (0, 0, -MAX_INTEGER - 2), (-2 * MAX_INTEGER**2, 0, 0)],
)
def test_numbers_beyond_the_limits_have_no_key(score: int, time: int, user: int):
    with pytest.raises(OverflowError):
        sort_key(BOARD, Place(score, time, user))


def test_the_limits_themselves_have_keys():
    low = sort_key(BOARD, Place(-MAX_INTEGER, -MAX_TIME, -MAX_INTEGER))
    high = sort_key(BOARD, Place(MAX_INTEGER, MAX_TIME, MAX_INTEGER))
    assert FIRST < low < high < LAST
