import pytest
from hypothesis import given

from leaderforge.domain.boards import MAX_INTEGER, Order, RankStyle
from leaderforge.domain.order import (
    FIRST,
    KEY_BYTES,
    LAST,
    MAX_TIME,
    Place,
    place,
    rank_bound,
    score_bound,
    sort_key,
    user_bytes,
    user_id_of,
)
from tests.strategies import orders, scores, times, user_ids


def _sorts_before(order: Order, one: Place, other: Place) -> bool:
    if one.score != other.score:
        return one.score > other.score if order is Order.DESC else one.score < other.score
    return (one.achieved_at, one.user_id) < (other.achieved_at, other.user_id)


@given(orders, scores, times, user_ids, scores, times, user_ids)
def test_keys_compare_as_their_entries_do(order, score, time, user, other_score, other_time, other_user):
    one, other = Place(score, time, user), Place(other_score, other_time, other_user)
    assert (sort_key(order, score, time, user) < sort_key(order, other_score, other_time, other_user)) == (
        _sorts_before(order, one, other)
    )


@given(orders, scores, times, user_ids)
def test_keys_can_be_read_back(order, score, time, user):
    key = sort_key(order, score, time, user)
    assert len(key) == KEY_BYTES
    assert place(order, key) == Place(score, time, user)
    assert user_id_of(key) == user
    assert key.endswith(user_bytes(user))
    assert FIRST < key < LAST


@given(orders, scores, times, user_ids, scores)
def test_a_score_bound_lies_after_better_scores_and_before_its_own(order, score, time, user, bound):
    better = score > bound if order is Order.DESC else score < bound
    assert (sort_key(order, score, time, user) < score_bound(order, bound)) == better


@given(orders, scores, times, user_ids)
def test_shared_ranks_are_bounded_by_the_score_alone(order, score, time, user):
    key = sort_key(order, score, time, user)
    assert rank_bound(RankStyle.ORDINAL, key) == key
    assert rank_bound(RankStyle.SHARED, key) == score_bound(order, score)


@pytest.mark.parametrize(
    ("score", "time", "user"),
    [(2 * MAX_INTEGER**2, 0, 0), (0, 0, -MAX_INTEGER - 2), (-2 * MAX_INTEGER**2, 0, 0)],
)
def test_numbers_beyond_the_limits_have_no_key(score, time, user):
    with pytest.raises(OverflowError):
        sort_key(Order.ASC, score, time, user)


def test_the_limits_themselves_have_keys():
    low = sort_key(Order.ASC, -MAX_INTEGER, -MAX_TIME, -MAX_INTEGER)
    high = sort_key(Order.ASC, MAX_INTEGER, MAX_TIME, MAX_INTEGER)
    assert FIRST < low < high < LAST
