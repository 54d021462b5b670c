"""Ranks of single players that are read together."""

import asyncio

from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.services.entries import PlayerRank
from tests.unit.edge_fixtures import Api


async def test_a_rank_that_needs_the_store_does_not_fail_the_ranks_from_the_index(api: Api) -> None:
    await api.ranked({1: 30, 2: 20, 3: 10})
    board = await api.services.boards.get("default")
    ladders = [Ladder(board, indexed=False), *[Ladder(board)] * 3]
    api.store.available = False
    stored, *indexed = await asyncio.gather(
        *(api.services.query.rank(ladder, user_id) for ladder, user_id in zip(ladders, [1, 1, 2, 3], strict=True)),
        return_exceptions=True,
    )
    assert isinstance(stored, StoreUnavailable)
    assert [found.entry.rank for found in indexed if isinstance(found, PlayerRank)] == [1, 2, 3]
