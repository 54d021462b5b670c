"""Functions for many values equal the functions for one, on any input."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.adapters.redis.records import packed_records, record_of, records_of
from leaderforge.domain.boards import MAX_INTEGER, Board, Order
from leaderforge.domain.order import MAX_TIME
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.sharding import MAX_PARTITIONS, partition_of, partitions_of
from leaderforge.domain.standings import HIDDEN_PLAYER, REMOVED, Standing

INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
BOARDS = st.builds(
    lambda order, suborder, minimum, score_type, segments: Board(
        1, "a", "A", order=order, subscore_order=suborder, min_submissions=minimum, score_type=score_type,
        segments=segments,
    ),
    st.sampled_from(Order), st.sampled_from([None, *Order]), st.sampled_from([1, 3]), st.sampled_from(ScoreType),
    st.sampled_from([(), ("country",)]),
)  # fmt: skip
STANDINGS = st.builds(
    lambda user_id, score, at, metadata, submissions, revision, subscore, hidden: Standing(
        user_id, score, at, UUID(int=1), metadata, True, submissions, revision, subscore, hidden, segments=("FI",)
    ),
    INTEGERS, INTEGERS, st.integers(-MAX_TIME, MAX_TIME), st.sampled_from([None, "{}"]), st.integers(0, 2**40),
    st.integers(0, 2**56 - 1), INTEGERS, st.sampled_from([0, HIDDEN_PLAYER, REMOVED, HIDDEN_PLAYER | REMOVED]),
)  # fmt: skip


@given(BOARDS, st.lists(STANDINGS, max_size=5))
def test_records(board: Board, standings: list[Standing]) -> None:
    if not board.segments:
        standings = [standing._replace(segments=()) for standing in standings]
    expected = [record_of(board, standing) for standing in standings]
    assert packed_records(board, standings) == [record.packed for record in expected]
    assert records_of(board, standings) == expected


@given(st.lists(INTEGERS), st.integers(1, MAX_PARTITIONS))
def test_partitions(user_ids: list[int], partitions: int) -> None:
    assert partitions_of(user_ids, partitions) == [partition_of(i, partitions) for i in user_ids]
