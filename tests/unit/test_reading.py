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
@pytest.mark.parametrize("score", [1, 25, 50])
async def test_ranks_are_exact_though_a_player_moves_between_the_two_steps(style: RankStyle, score: int) -> None:
    """Down, up past another, or up: its own new entry is not counted above its earlier place."""
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
        await index.apply(ladder, [standings[1]._replace(score=score, revision=2)])
        return await counts(*args)

    index.counts = counts_after_a_move  # type: ignore[method-assign]
    ranked = await process.reader.entries(index, ladder, [1, 2, 3, 4])
    scores = sorted([10, score, 30, 40], reverse=True)
    ranks = [(entry.score, entry.rank) for entry in ranked.entries]
    assert (ranks, ranked.total) == ([(score, rank) for rank, score in enumerate(scores, 1)], 4)
