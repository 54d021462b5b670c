"""Ranks of single players that are read together."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from leaderforge.coalescing import BATCH, STAGGER_S
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


async def test_ranks_share_the_next_scan_of_the_store(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each scan of the store counts all entries. Only one may run at a time, and the next counts all who wait."""
    players = range(1, 3 * BATCH + 2)
    await api.ranked({i: i for i in players})
    api.index.wipe()
    board = await api.services.boards.get("default")
    counts, scans, sizes = api.store.counts, 0, list[int]()
    ranks: list[asyncio.Task[PlayerRank | None]] = []
    arriving = iter([players[BATCH : 3 * BATCH], players[3 * BATCH :], ()])

    def request(some: Iterable[int]) -> None:
        ranks.extend(asyncio.create_task(api.services.query.rank(Ladder(board), i)) for i in some)

    async def counts_alone(ladder: Ladder, bounds: Sequence[bytes], *others: Any) -> Any:
        nonlocal scans
        scans += 1
        assert scans == 1
        sizes.append(len(bounds))
        request(next(arriving))
        await asyncio.sleep(2 * STAGGER_S)  # until all that arrived would have begun a scan
        found = await counts(ladder, bounds, *others)
        scans -= 1
        return found

    monkeypatch.setattr(api.store, "counts", counts_alone)
    request(players[:BATCH])
    while not all(rank.done() for rank in ranks):
        await asyncio.gather(*ranks)
    assert [found.entry.rank for rank in ranks if (found := rank.result())] == [len(players) + 1 - i for i in players]
    assert sizes == [BATCH, 2 * BATCH, 1]
