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
    """Player 2 moves between the two reads. The new entry must not count as another player above the old entry."""
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


@pytest.mark.parametrize("moved_score", [1_000, -1_000])
async def test_a_page_begins_at_its_rank_though_many_move_between_the_two_steps(moved_score: int) -> None:
    ladder = Ladder(Board(1, "default", "Default"))
    index = MemoryIndex(partitions=2)
    players = MemoryPlayerStore()
    process = Process(MemoryScoreStore(players), players, index)
    await process.maintain.reconcile()
    standings = [Standing(i, 100 - i, 0, UUID(int=i), None, True, 1, 1) for i in range(1, 61)]
    await index.apply(ladder, standings)
    key_at = index.key_at
    moving = standings[40:] if moved_score > 0 else standings[:20]

    async def key_at_before_the_moves(*args: Any) -> Any:
        index.key_at = key_at  # type: ignore[method-assign]
        key = await key_at(*args)
        await index.apply(ladder, [standing._replace(score=moved_score, revision=2) for standing in moving])
        return key

    index.key_at = key_at_before_the_moves  # type: ignore[method-assign]
    page = await process.query.page(ladder, 30, 5)
    assert [entry.rank for entry in page.entries] == [30, 31, 32, 33, 34]
