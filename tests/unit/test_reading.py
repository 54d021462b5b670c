"""Ranks of several players in one answer."""

from typing import Any
from uuid import UUID

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.boards import Board, Ladder, RankStyle
from leaderforge.domain.standings import Standing
from tests.delivering import Process


@pytest.mark.parametrize("style", RankStyle)
async def test_ranks_agree_though_a_player_moves_between_the_two_steps(style: RankStyle) -> None:
    ladder = Ladder(Board(1, "default", "Default", rank_style=style))
    index = MemoryIndex(partitions=2)
    players = MemoryPlayerStore()
    process = Process(MemoryScoreStore(players), players, index)
    await process.maintain.reconcile()
    standings = [Standing(i, 10 * i, 0, UUID(int=i), None, True, 1, 1) for i in range(1, 5)]
    await index.apply(ladder, standings)
    counts = index.counts

    async def counts_after_a_move(*args: Any) -> Any:
        index.counts = counts  # type: ignore[method-assign]
        await index.apply(ladder, [standings[3]._replace(score=1, revision=2)])
        return await counts(*args)

    index.counts = counts_after_a_move  # type: ignore[method-assign]
    entries, total = await process.reader.entries(index, ladder, [1, 2, 3, 4])
    assert ([(entry.user_id, entry.rank) for entry in entries], total) == ([(3, 1), (2, 2), (1, 3), (4, 4)], 4)
