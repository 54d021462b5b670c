"""Maintenance of moments when a board fails, and after processes that store no segments."""

from random import Random
from typing import Any

import pytest
import structlog

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.services.moment_maintenance import MomentMaintenance
from tests.contract.store_fixtures import Database, Stores
from tests.contract.test_moments import GAMES, MOMENTS, NOON, PLAYERS, Story

DAY_MS = 86_400_000


class Maintenance:
    """Maintenance of the moments of stores, at the time `now`."""

    def __init__(self, stores: Stores, now: int) -> None:
        self.now = now
        parts = stores.scores, stores.moments, MemoryIndex(1), lambda: self.now, Fanout([])
        self._service = MomentMaintenance(*parts, changes=4)

    async def run_at(self, now: int) -> None:
        self.now = now
        await self._service.run()


async def test_a_board_whose_first_count_fails_delays_no_other_board(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards = [await stores.board(moments=MOMENTS) for _ in range(2)]
    attempts: list[Board] = []
    corrected: list[Board] = []

    async def add_checkpoint(ladder: Ladder, *_: Any) -> bool:
        attempts.append(ladder.board)
        if ladder.board.id == boards[0].id:
            raise StoreUnavailable("the store did not answer in time")
        return False

    async def correct(ladder: Ladder) -> int:
        corrected.append(ladder.board)
        return 0

    monkeypatch.setattr(stores.moments, "add_checkpoint", add_checkpoint)
    monkeypatch.setattr(stores.moments, "correct", correct)
    maintenance = Maintenance(stores, NOON)
    with structlog.testing.capture_logs() as logs:
        for seconds in (0, 59, 60, 179, 180):
            await maintenance.run_at(NOON + seconds * 1000)
    ours = [board.id for board in attempts if board.id in {b.id for b in boards}]
    # The first board fails at 0, 60 and 180 s: its first pause lasts 60 s, its second pause 120 s. The second board
    # never waits.
    assert [ours.count(board.id) for board in boards] == [3, 5]
    assert sum(board.id == boards[0].id for board in corrected) == 5
    assert [log["pause_ms"] for log in logs if log["board"] == boards[0].slug] == [60_000, 120_000, 240_000]


async def test_segments_that_an_old_process_did_not_store_are_added(database: Database) -> None:
    story = Story(database, await database.board(moments=MOMENTS, **GAMES[4]), Random(11))
    await database.players(*PLAYERS)
    for _ in range(20):
        await story.step()
    maintenance = Maintenance(database, story.now)
    await maintenance.run_at(story.now + 60_000)
    await database.run("update past_standings set segments = null")
    assert await database.moments.players_without_state(story.board, 9) != []
    await maintenance.run_at(story.now + 60_000 + DAY_MS)
    assert await database.moments.players_without_state(story.board, 9) == []
    for ladder in story.ladders:
        for revision in (await database.moments.checkpoints(ladder))[-1:]:
            assert await database.moments.is_checkpoint_correct(ladder, revision)
