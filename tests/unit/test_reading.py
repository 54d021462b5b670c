"""Ranks of several players in one answer."""

from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.boards import Board, Ladder, RankStyle
from leaderforge.domain.order import FIRST, LAST
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.submissions import Submission
from leaderforge.ports.ranking import Ranking
from leaderforge.services.distribution import DistributionService
from tests.delivering import Process
from tests.waiting import until


@pytest.mark.parametrize("style", RankStyle)
@pytest.mark.parametrize("score", [1, 25, 50])
async def test_ranks_are_exact_though_a_player_moves_between_the_two_steps(style: RankStyle, score: int) -> None:
    """Move player 2 between the reads of rows and of counts. The new entry must not count as above the old entry."""
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


async def test_neighbours_contain_the_player_though_the_player_moves_between_the_two_steps() -> None:
    ladder = Ladder(Board(1, "default", "Default"))
    index, players = MemoryIndex(partitions=2), MemoryPlayerStore()
    process = Process(MemoryScoreStore(players), players, index)
    await process.maintain.reconcile()
    standings = [Standing(i, 10 * i, 0, UUID(int=i), None, True, 1, 1) for i in range(1, 6)]
    await index.apply(ladder, standings)
    window = index.window

    async def window_after_a_move(*args: Any, **options: Any) -> Any:
        index.window = window  # type: ignore[method-assign]
        await index.apply(ladder, [standings[1]._replace(score=45, revision=2)])
        return await window(*args, **options)

    index.window = window_after_a_move  # type: ignore[method-assign]
    page = await process.query.around(ladder, 2, 1)
    assert [(entry.rank, entry.user_id) for entry in page.entries] == [(1, 5), (2, 2), (3, 4)]


READS: dict[str, Callable[[Process, Ladder], Awaitable[Any]]] = {
    "rank": lambda process, ladder: process.query.rank(ladder, 1),
    "page": lambda process, ladder: process.query.page(ladder, 1, 10),
    "page_after": lambda process, ladder: process.query.page_after(ladder, FIRST, 10),
    "page_before": lambda process, ladder: process.query.page_before(ladder, LAST, 10),
    "top": lambda process, ladder: process.query.top(ladder, 10),
    "around": lambda process, ladder: process.query.around(ladder, 1, 3),
    "lookup": lambda process, ladder: process.query.lookup(ladder, [1, 2]),
    "range": lambda process, ladder: process.query.range(ladder, 0, 100, 10),
    "percentile": lambda process, ladder: DistributionService(process.reader).at_percentile(ladder, Fraction(50)),
    "distribution": lambda process, ladder: DistributionService(process.reader).distribution(ladder, 4),
}


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("name", READS)
async def test_an_answer_claims_only_the_time_before_it_was_read(name: str, indexed: bool) -> None:
    """`as_of` must be before the read: a change between the read and the answer is not in the answer."""
    ladder = Ladder(Board(1, "default", "Default"), indexed=indexed)
    index, players, now = MemoryIndex(partitions=2), MemoryPlayerStore(), 1_700_000_000_000
    store = MemoryScoreStore(players)
    process = Process(store, players, index, clock=lambda: now)
    await process.maintain.reconcile()
    await players.create([Player(1, "player 1", None, now), Player(2, "player 2", None, now)])
    events = [Event(user_id, UUID(int=user_id), 10 * user_id, now) for user_id in (1, 2)]
    await store.record([Submission([ladder], event) for event in events])
    await index.apply(ladder, [Standing(i, 10 * i, now, UUID(int=i), None, True, 1, 1) for i in (1, 2)])
    ranking: Ranking = index if indexed else store
    # Wait until the process treats the index as current. On a slow machine, one check may take too long to count.
    await until(process.trust.is_believed, "belief in the index")
    before, names = now, ("rows", "window", "window_at", "counts")
    reads = {read_name: getattr(ranking, read_name) for read_name in names}

    def slowly(read: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def read_slowly(*args: Any, **options: Any) -> Any:
            nonlocal now
            result = await read(*args, **options)
            now += 50
            return result

        return read_slowly

    for read_name, read in reads.items():
        setattr(ranking, read_name, slowly(read))
    answer = await READS[name](process, ladder)
    assert (answer.as_of, answer.source) == (before, ranking.source)
    assert now > before
