"""Ranks of single players that are read together."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from leaderforge.coalescing import BATCH
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


async def test_batches_of_a_ladder_take_turns_in_the_store(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch makes the store count all entries. Only one may count at a time, and later ones count more players."""
    players = range(1, 3 * BATCH + 1)
    await api.ranked({i: i for i in players})
    api.index.wipe()
    board = await api.services.boards.get("default")
    counts, counting, sizes = api.store.counts, 0, []

    async def counts_alone(ladder: Ladder, bounds: Sequence[bytes], *others: Any) -> Any:
        nonlocal counting
        counting += 1
        assert counting == 1
        sizes.append(len(bounds))
        await asyncio.sleep(0)
        found = await counts(ladder, bounds, *others)
        counting -= 1
        return found

    monkeypatch.setattr(api.store, "counts", counts_alone)
    ranks = await asyncio.gather(*(api.services.query.rank(Ladder(board), i) for i in players))
    assert [found.entry.rank for found in ranks if found is not None] == [len(players) + 1 - i for i in players]
    assert sizes == [BATCH] * 3
    assert not api.services.query._ranks._scans
