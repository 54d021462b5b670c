"""Contract of the store of settlements, over the in-memory and the real adapters."""

import asyncio

import pytest

from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.memory.settlement_store import MemorySettlementStore
from leaderforge.adapters.postgres.settlement_store import PostgresSettlementStore, make_step
from leaderforge.domain.boards import Ladder
from leaderforge.domain.settlement import Settlement, SettlementOvertaken, SettlementProgress, SettlementStep
from leaderforge.ports.settlement import SettlementStore
from tests.contract.store_fixtures import Database, Stores

BEGUN = SettlementProgress("leagues", {})
MOVED = SettlementProgress("leagues", {"phase": "groups", "after": [1, 2]})
FIRST, SECOND = 14_360_000_001, 14_360_691_201


@pytest.fixture
def settlements(stores: Stores) -> SettlementStore:
    if isinstance(stores, Database):
        return PostgresSettlementStore(stores.pool)
    assert isinstance(stores.scores, MemoryScoreStore)
    return MemorySettlementStore(stores.scores.outbox)


async def test_a_settlement_moves_from_its_begin_to_its_finish(stores: Stores, settlements: SettlementStore) -> None:
    board = await stores.board()
    ladder = Ladder(board, FIRST)
    await settlements.begin(ladder, BEGUN)
    assert await settlements.settlements(board, 0) == {FIRST: Settlement(BEGUN)}
    await settlements.move(ladder, BEGUN, MOVED)
    await settlements.begin(ladder, BEGUN)
    assert await settlements.settlements(board, 0) == {FIRST: Settlement(MOVED)}
    with pytest.raises(SettlementOvertaken):
        await settlements.move(ladder, BEGUN, MOVED)
    with pytest.raises(SettlementOvertaken):
        await settlements.finish(ladder, BEGUN, 7)
    await settlements.finish(ladder, MOVED, 8)
    assert await settlements.settlements(board, 0) == {FIRST: Settlement(MOVED, settled_at=8)}
    assert board.id not in await settlements.unfinished()
    with pytest.raises(SettlementOvertaken):
        await settlements.finish(ladder, MOVED, 9)


async def test_settlements_are_read_by_board_and_from_a_period_on(stores: Stores, settlements: SettlementStore) -> None:
    boards = [await stores.board(), await stores.board()]
    for board in boards:
        for period in (FIRST, SECOND):
            await settlements.begin(Ladder(board, period), BEGUN)
    assert (await settlements.settlements(boards[0], FIRST)).keys() == {FIRST, SECOND}
    assert (await settlements.settlements(boards[0], FIRST + 1)).keys() == {SECOND}
    unfinished = await settlements.unfinished()
    assert [sorted(unfinished[board.id]) for board in boards] == [[FIRST, SECOND]] * 2


async def test_a_concurrent_step_is_made_once(database: Database) -> None:
    ladder = Ladder(await database.board(), FIRST)
    await PostgresSettlementStore(database.pool).begin(ladder, BEGUN)
    step = SettlementStep(ladder, BEGUN, MOVED.position)
    steps = [database.pool.transact(lambda connection: make_step(connection, step)) for _ in range(8)]
    outcomes = await asyncio.gather(*steps, return_exceptions=True)
    assert [outcome for outcome in outcomes if not isinstance(outcome, SettlementOvertaken)] == [None]
