"""Board maintenance over in-memory adapters, step by step."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.domain.timing import PROPAGATION_MS
from leaderforge.services.board_maintenance import BoardMaintenance
from leaderforge.services.boards import BoardService
from tests.delivering import Process

NOON = 1_795_435_200_000  # 2026-11-23T12:00:00Z, a Monday
DAY_MS = 86_400_000


class World:
    """Store and index with one clock, and their board maintenance."""

    def __init__(self) -> None:
        self.now = NOON
        self.users, self.index = MemoryPlayerStore(), MemoryIndex(partitions=3)
        self.store = MemoryScoreStore(self.users, clock=lambda: self.now * 1000, audit=MemoryAuditLog())
        parts = self.store, self.index, lambda: self.now, Fanout([])
        self.board_maintenance = BoardMaintenance(*parts)
        self.boards = BoardService(self.store, lambda: self.now)
        self.maintain = Process(self.store, self.users, self.index, clock=lambda: self.now).maintain
        self._ids = iter(range(1, 10**9))

    async def submit(self, board: Board, user_id: int, score: int, *ladders: Ladder) -> None:
        """Record and index a score on these ladders. Without ladders, use all present ladders of the board."""
        await self.users.create([Player(user_id, f"player {user_id}", None, 0)])
        event = Event(user_id, UUID(int=next(self._ids)), score, self.now)
        [recorded] = await self.store.record([Submission(ladders or board.ladders_at(self.now), event)])
        assert isinstance(recorded, Recorded)
        for ladder, standing in zip(recorded.ladders, recorded.standings, strict=True):
            await self.index.apply(ladder, [standing])

    async def change(self, board: Board, *kinds: PeriodKind) -> Board:
        return await self.boards.change(board.slug, {"periods": kinds}, "cli")

    def indexed(self, ladder: Ladder) -> dict[int, int]:
        """Return the scores of a ladder in the index."""
        return {i: s.score for i, s in self.index.standings_on(ladder).items()}


@pytest.fixture
async def world() -> World:
    made = World()
    await made.maintain.reconcile()
    return made


async def test_a_period_is_completed_once_every_process_counts_in_it(world: World) -> None:
    board = await world.boards.create("laps", {}, "cli")
    await world.submit(board, 1, 5)
    world.now += 1000
    after = await world.change(board, PeriodKind.ALL_TIME, PeriodKind.WEEKLY)
    _, week = after.ladders_at(world.now)
    await world.submit(board, 1, 7)  # `board` lacks the new period kind, as in a process that does not know it yet
    await world.submit(after, 2, 3)
    world.now += PROPAGATION_MS - 1
    assert await world.board_maintenance.run() == 0
    assert world.indexed(week) == {2: 3}
    world.now += 1
    assert await world.board_maintenance.run() == 1
    assert world.indexed(week) == {1: 12, 2: 3}
    assert (await world.boards.get("laps")).backfill is None
    assert await world.board_maintenance.run() == 0
    assert (await world.maintain.verify()).clean


async def test_all_time_is_completed_from_everything(world: World) -> None:
    board = await world.boards.create("laps", {"periods": (PeriodKind.DAILY,)}, "cli")
    for _ in range(3):
        await world.submit(board, 1, 5)
        world.now += DAY_MS
    after = await world.change(board, PeriodKind.DAILY, PeriodKind.ALL_TIME)
    world.now += PROPAGATION_MS
    await world.board_maintenance.run()
    assert world.indexed(Ladder(after)) == {1: 15}


async def test_only_the_periods_that_run_are_completed(world: World) -> None:
    board = await world.boards.create("laps", {}, "cli")
    await world.submit(board, 1, 5)
    world.now += DAY_MS
    await world.submit(board, 1, 7)
    await world.change(board, PeriodKind.ALL_TIME, PeriodKind.DAILY)
    world.now += 10 * DAY_MS
    await world.board_maintenance.run()
    assert [ladder.period_name for ladder in await world.store.ladders_of(board)] == ["2026-11-24"]


async def test_what_was_counted_before_a_kind_was_taken_away_and_given_back_counts_once(world: World) -> None:
    board = await world.boards.create("laps", {"periods": (PeriodKind.ALL_TIME, PeriodKind.WEEKLY)}, "cli")
    _, week = board.ladders_at(world.now)
    await world.submit(board, 1, 5)
    without = await world.change(board, PeriodKind.ALL_TIME)
    await world.submit(without, 1, 7)
    assert world.indexed(week) == {1: 5}
    again = await world.change(board, PeriodKind.ALL_TIME, PeriodKind.WEEKLY)
    await world.submit(again, 1, 11)
    world.now += PROPAGATION_MS
    await world.board_maintenance.run()
    assert world.indexed(week) == {1: 23}


async def test_a_period_added_while_another_is_completed_waits_for_its_own_time(world: World) -> None:
    board = await world.boards.create("laps", {}, "cli")
    await world.submit(board, 1, 5)
    await world.change(board, PeriodKind.ALL_TIME, PeriodKind.WEEKLY)
    world.now += PROPAGATION_MS - 1
    both = await world.change(board, PeriodKind.ALL_TIME, PeriodKind.WEEKLY, PeriodKind.DAILY)
    world.now += 1
    assert await world.board_maintenance.run() == 0
    world.now += PROPAGATION_MS
    assert await world.board_maintenance.run() == 1
    assert [world.indexed(ladder) for ladder in both.ladders_at(world.now)] == [{1: 5}] * 3


async def test_a_period_that_ended_long_ago_is_completed_in_the_store_alone(world: World) -> None:
    board = await world.boards.create("laps", {}, "cli")
    await world.submit(board, 1, 5)
    after = await world.change(board, PeriodKind.ALL_TIME, PeriodKind.DAILY)
    _, day = after.ladders_at(world.now)
    await world.submit(after, 2, 3)
    world.now += 9 * DAY_MS
    world.store.set_retired(day)
    await world.board_maintenance.run()
    standings = await world.store.standings(day, [1, 2])
    assert {standing.user_id: standing.score for standing in standings} == {1: 5, 2: 3}
    assert world.indexed(day) == {2: 3}


async def test_an_index_that_fails_meanwhile_makes_it_begin_again(world: World, monkeypatch: Any) -> None:
    board = await world.boards.create("laps", {}, "cli")
    await world.submit(board, 1, 5)
    after = await world.change(board, PeriodKind.ALL_TIME, PeriodKind.WEEKLY)
    world.now += PROPAGATION_MS

    async def fail(ladder: Ladder, standings: Sequence[Standing]) -> None:
        raise IndexUnavailable("out of reach")

    with monkeypatch.context() as patch:
        patch.setattr(world.index, "load", fail)
        with pytest.raises(IndexUnavailable):
            await world.board_maintenance.run()
    assert (await world.boards.get("laps")).backfill is not None
    assert await world.board_maintenance.run() == 1
    assert world.indexed(after.ladders_at(world.now)[1]) == {1: 5}


async def test_a_deleted_board_is_purged_once_every_process_knows(world: World) -> None:
    board = await world.boards.create("laps", {"periods": (PeriodKind.ALL_TIME, PeriodKind.DAILY)}, "cli")
    kept = await world.boards.create("kept", {}, "cli")
    for one in (board, kept):
        await world.submit(one, 1, 5)
    await world.boards.delete("laps", "cli")
    await world.submit(board, 1, 5)  # like a process that still uses the deleted board
    world.now += PROPAGATION_MS - 1
    assert await world.board_maintenance.run() == 0
    world.now += 1
    assert await world.board_maintenance.run() == 1
    assert [world.indexed(ladder) for ladder in board.ladders_at(world.now)] == [{}, {}]
    assert [[ids async for ids in world.store.players_on(one)] for one in (board, kept)] == [[], [[1]]]
    assert world.indexed(Ladder(kept)) == {1: 5}
    assert await world.board_maintenance.run() == 0


async def test_another_process_at_it_is_left_alone(world: World) -> None:
    await world.boards.create("laps", {}, "cli")
    await world.boards.delete("laps", "cli")
    world.now += PROPAGATION_MS
    assert await world.index.lease("boards", "somebody else", 60)
    assert await world.board_maintenance.run() == 0
    assert await world.index.lease("boards", "somebody else", 0)
    assert await world.board_maintenance.run() == 1
