"""Maintenance of moments: a copy during changes, when a board fails, and after processes that store no segments."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Collection, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import pytest
import structlog

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.postgres.period_store import PostgresPeriodStore
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.domain.moments import Moments
from leaderforge.domain.order import FIRST, place
from leaderforge.domain.segments import Segment
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.domain.timing import PROPAGATION_MS
from leaderforge.services.moment_comparison import MomentComparison
from leaderforge.services.moment_maintenance import MomentMaintenance
from tests.contract.store_fixtures import Database, Stores, numbers, submit
from tests.contract.test_moments import GAMES, MOMENTS, NOON, PLAYERS, Story, players_in_checkpoints
from tests.oracle import Oracle

DAY_MS = 86_400_000
COUNTRIES = ("FI", "SE", None)


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

    async def ladders_to_correct(_: Collection[Board]) -> Sequence[Ladder]:
        return [Ladder(board) for board in boards]

    monkeypatch.setattr(stores.moments, "add_checkpoint", add_checkpoint)
    monkeypatch.setattr(stores.moments, "ladders_to_correct", ladders_to_correct)
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


async def test_states_are_kept_for_some_time_beyond_the_retention(database: Database) -> None:
    board = await database.board(moments=Moments(1, 0, 0, 0))
    await database.players(1)
    log = Log(database, board, Random(5))
    for _ in range(3):
        await log.submit(1)
    # The next run still uses the settings from before a change, and deletes less than an earlier run could have.
    for until, kept in ((DAY_MS + 59 * 60_000, 3), (2 * DAY_MS + 3_600_000, 1)):
        await Maintenance(database, log.now).run_at(log.now + until)
        assert len(await database.run("select from past_standings where period_id = 0")) == kept


async def test_the_past_of_a_board_without_moments_is_deleted(database: Database) -> None:
    log = Log(database, await database.board(**GAMES[4], moments=MOMENTS), Random(6))
    other = await database.board(moments=MOMENTS)
    await database.players(*PLAYERS)
    for user_id in PLAYERS:
        await log.submit(user_id)
        await database.scores.record([submit(Ladder(other), user_id, 1, at=NOON)])
    await Maintenance(database, log.now).run_at(log.now + 60_000)
    maintenance = Maintenance(database, log.now)
    disabled = replace(log.board, moments=None)
    await database.scores.change_board(log.board.slug, lambda _: disabled, log._act(1))
    ours, theirs = f"where board_id = {log.board.id}", f"where board_id = {other.id}"
    tables = ("past_standings", "moment_checkpoints", "segment_checkpoints")
    for until, is_kept in ((PROPAGATION_MS - 1, True), (PROPAGATION_MS, False)):
        await maintenance.run_at(log.now + 120_000)
        await maintenance.run_at(log.now + 120_000 + until)
        for table in tables:
            assert bool(await database.run(f"select from {table} {ours}")) is is_kept
    assert len(await database.run(f"select from past_standings {theirs}")) == len(PLAYERS)
    enabled = replace(log.board, moments=Moments(30, log.now))
    await database.scores.change_board(log.board.slug, lambda _: enabled, log._act(1))
    await maintenance.run_at(log.now + 300_000)
    # A process that does not know the change yet deletes nothing.
    assert not await database.moments.forget_all(disabled, list(PLAYERS))
    assert await MomentComparison(database.scores, database.moments).faults() == []
    assert len(await database.run(f"select from past_standings {ours}")) == 2 * len(PLAYERS)


class Log:
    """Changes of a board, each 40 ms after the previous one, and their full replay. `players` are not erased."""

    def __init__(self, stores: Stores, board: Board, random: Random) -> None:
        self.stores, self.board, self.random = stores, board, random
        self.now = NOON
        self.players = list(PLAYERS)
        self._events: list[tuple[int, Event]] = []
        self._hidden: list[tuple[int, int, bool]] = []
        self._countries: list[tuple[int, int, str | None]] = []

    async def change(self, user_id: int) -> None:
        """Make a random change of a player."""
        is_hidden = self.random.random() < 0.6
        await self.random.choice([self.submit, self.submit, partial(self.hide, is_hidden), self.move])(user_id)

    async def submit(self, user_id: int) -> None:
        """Submit a random score."""
        self._tick()
        event = Event(user_id, UUID(int=next(numbers)), self.random.randint(-3, 9), self.now)
        [outcome] = await self.stores.scores.record([Submission(self.board.ladders_at(NOON), event)])
        assert isinstance(outcome, Recorded), outcome
        self._events.append((self.now, event))

    async def hide(self, is_hidden: bool, user_id: int) -> None:
        """Hide a player, or show it again."""
        self._tick()
        await self.stores.moderation.set_player_hidden(user_id, is_hidden, self._act(user_id))
        self._hidden.append((self.now, user_id, is_hidden))

    async def move(self, user_id: int) -> None:
        """Replace the country of a player."""
        self._tick()
        country = self.random.choice(COUNTRIES)
        await self.stores.users.change(user_id, {"attributes": json.dumps({"country": country})}, self._act(user_id))
        self._countries.append((self.now, user_id, country))

    async def erase(self, user_id: int) -> None:
        """Erase a player."""
        self._tick()
        self.players.remove(user_id)
        await self.stores.records.erase(user_id, self._act(user_id), creatable_at=self.now)

    def replayed(self, moment: int, country: str | None) -> list[tuple[int, int, int]]:
        """Return score, time (ms) and player of each entry at a moment (ms), in a country or, for None, in all."""
        hidden = {user_id: is_hidden for at, user_id, is_hidden in self._hidden if at <= moment}
        countries = {user_id: value for at, user_id, value in self._countries if at <= moment}
        listed = {i for i in self.players if not hidden.get(i) and country in (None, countries.get(i))}
        events = [event for at, event in self._events if at <= moment and event.user_id in listed]
        return [(line.score, line.achieved_at, line.user_id) for line in Oracle(self.board, events).lines]

    def _tick(self) -> None:
        self.now += 40
        self.stores.clock.ms = self.now

    def _act(self, user_id: int) -> AuditEntry:
        return AuditEntry(self.now, "key:ops", "a change", self.board.slug, user_id, "a test")


class InterruptedCopy:
    """Copy of a board in chunks of two players, with changes between the chunks and during each chunk."""

    def __init__(self, log: Log, maintenance: Maintenance) -> None:
        self._log, self._maintenance = log, maintenance
        self._players_on = log.stores.scores.players_on
        self.copied: list[int] = []

    async def players_on(self, board: Board) -> AsyncGenerator[Sequence[int], None]:
        """Yield the players in chunks. Each chunk was read before the changes."""
        async with aclosing(self._players_on(board)) as chunks:
            user_ids = [user_id async for chunk in chunks for user_id in chunk]
        for i in range(0, len(user_ids), 2):
            chunk = user_ids[i : i + 2]
            await self._between(i // 2, uncopied=user_ids[i:])
            during = asyncio.gather(*self._during(chunk))
            yield chunk
            await during
            self.copied += chunk
            self._maintenance.now = self._log.now

    async def _between(self, number: int, uncopied: Sequence[int]) -> None:
        log = self._log
        if number == 1:
            for user_id in (self.copied[0], uncopied[0]):
                await log.hide(True, user_id)
        elif number == 2:
            for user_id in (self.copied[1], uncopied[1]):
                await log.erase(user_id)
        for _ in range(3):
            await log.change(log.random.choice(log.players))

    def _during(self, chunk: Sequence[int]) -> list[Awaitable[None]]:
        """Return concurrent submissions of the players of a chunk, and of one more player."""
        log = self._log
        return [log.submit(user_id) for user_id in [*chunk, log.players[-1]] if user_id in log.players]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
async def test_changes_during_the_copy_are_in_all_later_moments(
    database: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    log = Log(database, await database.board(**GAMES[4]), Random(seed))
    await database.players(*PLAYERS)
    for user_id in PLAYERS[:-1]:
        await log.submit(user_id)
        await log.move(user_id)
    enabled = replace(log.board, moments=Moments(30, log.now))
    await database.scores.change_board(log.board.slug, lambda _: enabled, log._act(1))
    log.board, log.now = enabled, log.now + PROPAGATION_MS
    maintenance = Maintenance(database, log.now)
    with monkeypatch.context() as patch:
        copy = InterruptedCopy(log, maintenance)
        patch.setattr(database.scores, "players_on", copy.players_on)
        await maintenance.run_at(log.now)
    assert sorted(copy.copied) == list(PLAYERS[:-1])
    # The next run would add missing states. The copy itself must leave none.
    comparison = MomentComparison(database.scores, database.moments)
    assert await comparison.faults() == []
    moments = [log.now]
    for _ in range(12):
        await log.change(log.random.choice(log.players))
        moments.append(log.now)
    await maintenance.run_at(log.now + 60_000)
    await require_replay(log, moments)
    assert await comparison.faults() == []


async def require_replay(log: Log, moments: Sequence[int]) -> None:
    """Compare the entries of all periods and segments at moments (ms) with the full replay of the log."""
    board = await log.stores.scores.board(log.board.slug)
    assert board is not None
    assert board.moments is not None
    assert (board.moments.since, board.moments.segments_since) == (moments[0], moments[0])
    for moment in moments:
        ranking = log.stores.moments.ranking(moment)
        for ladder in board.ladders_at(NOON):
            assert await log.stores.moments.checkpoints(ladder)
            for country in COUNTRIES:
                segment = None if country is None else Segment("country", country)
                within = ladder._replace(at=moment, segment=segment)
                window = await ranking.window(within, FIRST, before=0, after=99)
                entries = [place(board, row.key)[:3] for row in window.after]
                assert entries == log.replayed(moment, country)


@pytest.mark.parametrize("change", ["retire", "disable"])
async def test_no_checkpoint_of_a_past_period_or_of_a_former_setting_has_a_key_of_an_erased_player(
    database: Database, change: str
) -> None:
    log = Log(database, await database.board(**GAMES[4], moments=MOMENTS), Random(3))
    await database.players(*PLAYERS)
    for user_id in PLAYERS:
        await log.move(user_id)
        await log.submit(user_id)
    maintenance = Maintenance(database, log.now)
    await maintenance.run_at(log.now + 60_000)
    erased = next(iter(PLAYERS))
    assert erased in await players_in_checkpoints(database, log.board)
    if change == "retire":
        for ladder in log.board.ladders_at(NOON)[1:]:
            await PostgresPeriodStore(database.pool, Periods(database.pool)).retire(ladder, log.now)
    else:
        disabled = replace(log.board, moments=None)
        await database.scores.change_board(log.board.slug, lambda _: disabled, log._act(1))
    await log.erase(erased)
    await maintenance.run_at(log.now + 120_000)
    for table in ("moment_corrections", "segment_corrections"):
        assert await database.run(f"select from {table}") == []
    assert erased not in await players_in_checkpoints(database, log.board)
