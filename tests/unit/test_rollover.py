"""Period rollover over in-memory adapters, step by step with one clock."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.period_store import MemoryPeriodStore
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.domain.timing import PROPAGATION_MS, REPEATED_DROP_MS, SETTLE_MS
from leaderforge.imports.lines import ScoreLine
from leaderforge.services.imported_lines import ImportRules
from leaderforge.services.importing import Importer, ImportTally
from leaderforge.services.rollover import Rollover, RolloverService
from tests.delivering import Process

HOUR, DAY = 3_600_000, 86_400_000
MIDNIGHT = 1_795_478_400_000
GRACE = 5 * 60_000


class World:
    """Daily board on which one player has scored, and its rollover."""

    def __init__(self, *, index_ms: int = 48 * HOUR, grace_ms: int = GRACE) -> None:
        self.now = MIDNIGHT
        self.unsettled: set[int] = set()
        self.users = MemoryPlayerStore()
        self.store = MemoryScoreStore(self.users, clock=lambda: self.now * 1000)
        self.periods = MemoryPeriodStore(self.store)
        self.index = MemoryIndex(partitions=2)
        parts = self.store, self.periods, self.index, self.clock, Fanout([])
        self.rollover = RolloverService(*parts, index_ms=index_ms, grace_ms=grace_ms, awaited=self.awaited)
        self.process = Process(self.store, self.users, self.index, clock=self.clock)
        self.maintain = self.process.maintain
        self._ids = iter(range(1, 10**9))

    async def awaited(self, _: Board) -> Collection[int]:
        return self.unsettled

    def clock(self) -> int:
        return self.now

    async def board(self, *kinds: PeriodKind, keep_days: int | None = None, season: str | None = None) -> Board:
        await self.users.create([Player(1, "player 1", None, 0)])
        await self.maintain.reconcile()
        return await self.store.create_board(
            Board(0, "b", "B", calendar=Calendar(kinds, season=season), keep_days=keep_days)
        )

    async def score(self, board: Board, at: int) -> Ladder:
        """Record a score in the store and in the index, and return its first ladder."""
        event = Event(1, UUID(int=next(self._ids)), 5, at)
        [recorded] = await self.store.record([Submission(board.ladders_at(at), event)])
        assert isinstance(recorded, Recorded)
        for ladder, standing in zip(recorded.ladders, recorded.standings, strict=True):
            if ladder.indexed:
                await self.index.apply(ladder, [standing])
        return recorded.ladders[0]

    async def imported(self, board: Board, *times: int) -> ImportTally:
        lines = [ScoreLine(n, "player 1", 5, time, UUID(int=next(self._ids))) for n, time in enumerate(times, 1)]
        importer = Importer(
            self.store,
            self.users,
            self.process.delivery,
            self.clock,
            lambda: self.now * 1000,
            board,
            ImportRules(history=True),
        )
        return await importer.run(lines)

    async def after(self, ms: int) -> Rollover:
        """Advance the clock by `ms`, and run a round of rollover."""
        self.now += ms
        return await self.rollover.run()

    def indexed(self, ladder: Ladder) -> bool:
        return bool(self.index.standings_on(ladder))


@pytest.fixture
def world() -> World:
    return World()


async def test_a_period_stays_in_the_index_for_so_long_after_its_end(world: World) -> None:
    await world.score(await world.board(PeriodKind.DAILY), MIDNIGHT - 1)
    assert await world.after(48 * HOUR - 1) == Rollover()
    assert await world.after(1) == Rollover(retired=1)


async def test_it_is_dropped_once_everybody_knows_and_again_until_that_is_sure(world: World) -> None:
    board = await world.board(PeriodKind.DAILY)
    day = await world.score(board, MIDNIGHT - 1)
    await world.after(48 * HOUR)
    assert await world.after(PROPAGATION_MS - 1) == Rollover()
    assert world.indexed(day)
    assert await world.after(1) == Rollover(dropped=1)
    assert not world.indexed(day)
    [standing] = await world.store.standings(day, [1])
    await world.index.apply(day, [standing])  # a late update of the dropped period
    assert await world.after(REPEATED_DROP_MS) == Rollover(dropped=1)
    assert not world.indexed(day)
    assert await world.after(DAY) == Rollover()


async def test_what_goes_on_is_left_alone(world: World) -> None:
    board = await world.board(PeriodKind.DAILY, PeriodKind.WEEKLY, PeriodKind.ALL_TIME)
    await world.score(board, MIDNIGHT - 1)
    assert await world.after(48 * HOUR) == Rollover(retired=1)
    assert await world.after(100 * DAY) == Rollover(retired=1, dropped=1)
    assert await world.after(HOUR) == Rollover(dropped=1)
    assert world.indexed(Ladder(board))


@pytest.mark.parametrize("grace_ms", [0, GRACE, 20 * HOUR])
async def test_it_stays_while_late_scores_may_be_on_their_way(grace_ms: int) -> None:
    world = World(index_ms=0, grace_ms=grace_ms)
    await world.score(await world.board(PeriodKind.DAILY), MIDNIGHT - 1)
    assert await world.after(grace_ms + SETTLE_MS - 1) == Rollover()
    assert await world.after(1) == Rollover(retired=1)


async def test_reconciling_rebuilding_and_verifying_leave_a_retired_period_alone(world: World) -> None:
    day = await world.score(await world.board(PeriodKind.DAILY), MIDNIGHT - 1)
    await world.after(48 * HOUR)
    await world.after(PROPAGATION_MS)
    await world.maintain.reconcile()
    await world.maintain.rebuild()
    assert (await world.maintain.verify()).clean
    assert not world.indexed(day)


async def test_an_import_into_the_past_leaves_nothing_in_the_index(world: World) -> None:
    board = await world.board(PeriodKind.DAILY)
    days = [board.ladders_at(MIDNIGHT - n * DAY)[0] for n in (10, 20, 30)]
    await world.imported(board, *(MIDNIGHT - n * DAY for n in (10, 20, 30)))
    assert all(map(world.indexed, days))
    assert (await world.maintain.verify()).clean
    assert await world.after(0) == Rollover(retired=3)
    assert await world.after(PROPAGATION_MS) == Rollover(dropped=3)
    await world.imported(board, MIDNIGHT - 10 * DAY)
    assert not any(map(world.indexed, days))
    [standing] = await world.store.standings(days[0], [1])
    assert standing.submissions == 2


async def test_old_periods_are_removed_and_younger_ones_kept(world: World) -> None:
    board = await world.board(PeriodKind.DAILY, PeriodKind.ALL_TIME, keep_days=10)
    old, young = await world.score(board, MIDNIGHT - 1), await world.score(board, MIDNIGHT + 5 * DAY)
    for _ in range(3):
        await world.after(3 * DAY)
    assert len(await world.store.ladders_of(board)) == 2
    await world.after(DAY)
    assert [one.period for one in await world.store.ladders_of(board)] == [young.period]
    assert await world.after(PROPAGATION_MS - 1) == Rollover()
    assert await world.after(1) == Rollover(removed=1)
    assert await world.store.standings(old, [1]) == []
    assert await world.after(DAY) == Rollover()
    assert {s.submissions for s in await world.store.standings(Ladder(board), [1])} == {2}


async def test_a_period_that_awaits_its_settlement_does_not_expire(world: World) -> None:
    board = await world.board(PeriodKind.DAILY, keep_days=10)
    day = await world.score(board, MIDNIGHT - 1)
    world.unsettled.add(day.period)
    for _ in range(5):
        await world.after(3 * DAY)
    assert [ladder.period for ladder in await world.store.ladders_of(board)] == [day.period]
    world.unsettled.clear()
    await world.after(HOUR)
    assert await world.store.ladders_of(board) == []
    assert await world.after(PROPAGATION_MS) == Rollover(removed=1)


async def test_what_is_kept_for_less_than_the_index_keeps_it_is_retired_sooner(world: World) -> None:
    await world.score(await world.board(PeriodKind.DAILY, keep_days=1), MIDNIGHT - 1)
    assert await world.after(DAY - 1) == Rollover()
    assert await world.after(1) == Rollover(retired=1)


async def test_an_import_does_not_bring_removed_periods_back(world: World) -> None:
    board = await world.board(PeriodKind.DAILY, keep_days=10)
    tally = await world.imported(board, MIDNIGHT - 11 * DAY - 1, MIDNIGHT - 10 * DAY, MIDNIGHT - 1)
    assert (tally.recorded, tally.refused) == (2, 1)
    assert len(await world.store.ladders_of(board)) == 2


async def test_seasons_of_a_board_that_has_none_any_more_end_too(world: World) -> None:
    board = await world.board(PeriodKind.SEASON, season="0 0 1 * *")
    await world.score(board, MIDNIGHT)
    await world.store.change_board(
        "b", lambda one: replace(one, calendar=Calendar()), AuditEntry(0, "cli", "board.change")
    )
    assert await world.after(300 * DAY) == Rollover()
    assert await world.after(100 * DAY) == Rollover(retired=1)


async def test_there_is_one_round_a_minute_whoever_asks(world: World) -> None:
    await world.score(await world.board(PeriodKind.DAILY), MIDNIGHT - 1)
    world.now += 48 * HOUR
    others = [
        RolloverService(
            world.store,
            world.periods,
            world.index,
            world.clock,
            Fanout([]),
            index_ms=48 * HOUR,
            grace_ms=GRACE,
            awaited=world.awaited,
        )
        for _ in range(3)
    ]
    rounds = [await one.run_if_due() for one in (*others, world.rollover, world.rollover)]
    assert rounds == [Rollover(retired=1), *[Rollover()] * 4]


async def test_a_sweep_removes_what_came_after_the_end_of_its_ladder() -> None:
    """Update a dropped period and a deleted board in the index, like a process that was frozen."""
    world = World()
    board = await world.board(PeriodKind.ALL_TIME, PeriodKind.DAILY)
    await world.score(board, world.now)
    gone = await world.store.create_board(Board(0, "gone", "Gone"))
    day = board.ladders_at(world.now)[1]
    late = await world.store.standings(Ladder(board), [1])
    await world.index.apply(Ladder(gone), late)
    await world.store.delete_board("gone", AuditEntry(world.now, "cli", "board.delete"))
    assert await world.rollover.sweep() == 0
    assert set(await world.index.present_ladders()) == {(board.id, 0), (board.id, day.period), (gone.id, 0)}
    await world.store.forget_board(gone)
    world.now += 10 * DAY
    await world.after(PROPAGATION_MS)
    await world.after(REPEATED_DROP_MS)
    await world.after(REPEATED_DROP_MS)
    await world.index.apply(day, late)
    assert await world.rollover.sweep() == 2
    assert set(await world.index.present_ladders()) == {(board.id, 0)}


async def test_a_sweep_keeps_ladders_that_begin_meanwhile() -> None:
    world = World()
    board = await world.board(PeriodKind.ALL_TIME, PeriodKind.DAILY)
    await world.score(board, world.now)
    boards = world.store.boards

    async def boards_after_a_score() -> Sequence[Board]:
        found = await boards()
        world.store.boards = boards  # type: ignore[method-assign]
        await world.score(board, world.now + DAY)
        return found

    world.store.boards = boards_after_a_score  # type: ignore[method-assign]
    assert await world.rollover.sweep() == 0
    assert len(await world.index.present_ladders()) == 3
