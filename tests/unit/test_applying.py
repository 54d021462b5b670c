"""Arguments of apply.lua."""

from uuid import UUID

import pytest

from leaderforge.adapters.redis.applying import PartitionedUpdate
from leaderforge.domain.boards import Board, Ladder, RankStyle
from leaderforge.domain.order import sort_key
from leaderforge.domain.standings import Standing
from leaderforge.ports.index import LadderUpdate


def standing(user_id: int, score: int) -> Standing:
    return Standing(user_id, score, 0, UUID(int=0), None, True)


@pytest.mark.parametrize(("style", "bounds"), [(RankStyle.ORDINAL, 4), (RankStyle.SHARED, 2)])
def test_each_bound_is_counted_once(style: RankStyle, bounds: int) -> None:
    """Equal sort keys share one bound, because each bound costs time in each partition."""
    board = Board(1, "laps", "Laps", rank_style=style)
    standings = [standing(1, 5), standing(2, 5), standing(3, 7)]
    earlier = {1: [sort_key(board, standing(1, 7)), sort_key(board, standing(1, 5))]}
    update = LadderUpdate(Ladder(board), standings, count=True, earlier=earlier)
    part = PartitionedUpdate.of(update, lambda user_ids: {0: list(user_ids)}, range(2))
    calls = [list(arguments) for arguments in part.arguments()]
    assert len(calls) == 2
    for _, _, width, packed in calls:
        assert isinstance(packed, bytes)
        assert len(packed) == bounds * int(width)
