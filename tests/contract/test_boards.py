"""Contract of board stores: one suite over the in-memory and the real adapters."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from leaderforge.adapters.postgres.audit import PostgresAuditLog
from leaderforge.adapters.postgres.boards import BOARD_VALUES, CREATED, UPDATED
from leaderforge.adapters.postgres.statements import fragment, statement
from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.board_settings import changed_board, new_board
from leaderforge.domain.boards import Board, Ladder, Order, Policy
from leaderforge.domain.errors import BoardExists, BoardNotFound, SettingFixed
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.standings import REMOVED, Standing, fold
from leaderforge.domain.submissions import Recorded, Submission
from tests.board_settings import EVERYTHING
from tests.contract.store_fixtures import Database, Stores, numbers, submit

NOW = 1_795_435_200_000  # 2026-11-23T12:00:00Z, a Monday
WEEK_MS = 7 * 86_400_000


def new(**settings: Any) -> Board:
    """Return a board that is not stored yet."""
    return new_board(f"board-{next(numbers)}", settings)


def act(board: Board, action: str = "board.change") -> AuditEntry:
    return AuditEntry(NOW, "cli", action, board=board.slug, details={"unit": "ms"})


async def change(stores: Stores, board: Board, **settings: Any) -> Board:
    return await stores.scores.change_board(board.slug, lambda held: changed_board(held, settings, NOW), act(board))


async def all_standings(stores: Stores, ladder: Ladder) -> dict[int, Standing]:
    return {s.user_id: s async for chunk in stores.scores.all_standings(ladder) for s in chunk}


def counted(standings: Mapping[int, Standing]) -> dict[int, Standing]:
    """Return the standings that are not removed, without revision and hiding.

    These two fields differ between a submitted standing and a standing that a backfill computed.
    """
    return {i: s._replace(revision=0, hidden=0) for i, s in standings.items() if not s.removed}


def test_statements_have_their_columns_in_the_order_of_the_values() -> None:
    inserted = re.search(r"insert into boards \(([^)]*)\)", statement("create_board"))
    assert inserted is not None
    assert re.findall(r"\w+", inserted[1]) == ["board_id", *CREATED]
    parameters = re.findall(r"(\w+) = \$(\d+)", statement("update_board"))
    expected = ["board_id", *UPDATED]
    assert {column: int(number) for column, number in parameters} == {c: i for i, c in enumerate(expected, start=1)}
    assert re.findall(r"\w+", fragment("board_columns")) == ["board_id", *BOARD_VALUES]


class TestSettings:
    async def test_every_setting_is_kept(self, stores: Stores) -> None:
        board = new(**EVERYTHING)
        made = await stores.scores.create_board(board, act(board, "board.create"))
        assert made == replace(board, id=made.id)
        assert await stores.scores.board(made.slug) == made
        assert await stores.scores.boards_named([made.slug, "nowhere"]) == {made.slug: made}
        assert made in await stores.scores.boards()

    @pytest.mark.parametrize("flag", ["private", "open_to_players"])
    async def test_each_flag_is_kept(self, stores: Stores, flag: str) -> None:
        created = await stores.scores.create_board(new(**{flag: True}))
        changed = await change(stores, await stores.scores.create_board(new()), **{flag: True})
        for board in (created, changed):
            stored = await stores.scores.board(board.slug)
            assert stored is not None
            assert {name: getattr(stored, name) for name in ("private", "open_to_players")} == {
                "private": flag == "private",
                "open_to_players": flag == "open_to_players",
            }

    async def test_every_setting_that_may_change_does(self, stores: Stores) -> None:
        fixed = {"order": Order.ASC, "subscore_order": Order.DESC, "time_zone": "Europe/Berlin"}
        made = await stores.scores.create_board(new(policy=Policy.BEST, **fixed))
        # All of these settings are permanent, except `frozen_at`. `frozen_at` cannot change here, because a board can
        # be frozen only after its standings were copied for past moments.
        permanent = {"subscore_order", "min_submissions", "segments", "team", "frozen_at", "score_type"}
        given = {name: value for name, value in EVERYTHING.items() if name not in permanent}
        after = await change(stores, made, **given)
        assert after == changed_board(made, given, NOW)
        assert after.backfill is not None
        assert await stores.scores.board(made.slug) == after
        assert list(await stores.scores.boards_to_backfill()) == [after]

    async def test_what_a_change_raises_changes_nothing(self, stores: Stores) -> None:
        made = await stores.scores.create_board(new())
        with pytest.raises(SettingFixed):
            await change(stores, made, unit="ms", order=Order.ASC)
        assert await stores.scores.board(made.slug) == made

    async def test_changes_at_once_all_hold(self, stores: Stores) -> None:
        made = await stores.scores.create_board(new())
        changes: list[dict[str, Any]] = [{"min_score": -1}, {"max_score": 1}, {"unit": "s"}, {"decimals": 2}]
        await asyncio.gather(*(change(stores, made, **one) for one in changes))
        expected = changed_board(made, {name: value for one in changes for name, value in one.items()}, NOW)
        assert await stores.scores.board(made.slug) == expected

    async def test_what_is_not_there_is_not_changed(self, stores: Stores) -> None:
        board = new()
        with pytest.raises(BoardNotFound):
            await change(stores, board, unit="ms")
        with pytest.raises(BoardNotFound):
            await stores.scores.delete_board(board.slug, act(board))

    async def test_acts_are_logged_with_what_they_do(self, database: Database) -> None:
        board = new()
        made = await database.scores.create_board(board, act(board, "board.create"))
        with pytest.raises(BoardExists):
            await database.scores.create_board(board, act(board, "board.create"))
        await change(database, made, unit="ms")
        await change(database, made, unit="ms")
        await database.scores.delete_board(made.slug, act(made, "board.delete"))
        acts = await PostgresAuditLog(database.pool).entries(AuditFilter(board=made.slug), 9)
        assert sorted(one.entry.action for one in acts) == ["board.change", "board.create", "board.delete"]


class TestBackfill:
    """Backfill of a period kind that is added to a board with scores."""

    async def weekly(self, stores: Stores, policy: Policy = Policy.SUM) -> tuple[Board, Ladder]:
        """Return a board to which the period kind `weekly` was added later, and the ladder to backfill for it."""
        made = await stores.scores.create_board(new(policy=policy))
        after = await change(stores, made, periods=(PeriodKind.ALL_TIME, PeriodKind.WEEKLY))
        [ladder] = after.ladders_to_backfill()
        return after, ladder

    async def refold(self, stores: Stores, ladder: Ladder) -> None:
        period = ladder.board.calendar.numbered(ladder.period)
        async for players in stores.scores.players_between(ladder.board, period):
            await stores.scores.refold(ladder, players)

    @pytest.mark.parametrize("policy", Policy)
    async def test_a_ladder_becomes_what_its_events_amount_to(self, stores: Stores, policy: Policy) -> None:
        board, ladder = await self.weekly(stores, policy)
        await stores.players(*range(1, 30))
        past = [submit(Ladder(board), 1 + i % 25, i % 7, at=NOW + i % 11 - (i % 3) * WEEK_MS) for i in range(120)]
        await stores.scores.record(past)
        before = await all_standings(stores, Ladder(board))
        for _ in range(2):
            await self.refold(stores, ladder)
            period = board.calendar.numbered(ladder.period)
            own: dict[int, list[Submission]] = {}
            for one in past:
                if period.holds(one.event.achieved_at):
                    own.setdefault(one.event.user_id, []).append(one)
            expected = {i: fold(board, [one.event for one in some]) for i, some in own.items()}
            assert counted(await all_standings(stores, ladder)) == expected
        assert await all_standings(stores, Ladder(board)) == before
        assert ladder in await stores.scores.ladders()

    async def test_what_is_written_is_newer_and_looked_at_by_the_repair(self, stores: Stores) -> None:
        _, ladder = await self.weekly(stores)
        await stores.players(1)
        [counting] = await stores.scores.record([submit(ladder, 1, 5, at=NOW)])
        assert isinstance(counting, Recorded)
        stores.clock.ms = NOW + 60_000
        [standing] = await stores.scores.refold(ladder, [1])
        assert standing.revision > counting.standing.revision
        assert set(await stores.scores.touched_between(stores.clock.ms, stores.clock.ms + 1)) == {1}
        found = stores.scores.changed_between(stores.clock.ms, stores.clock.ms + 1)
        assert [(lad, list(some)) async for lad, some in found] == [(ladder, [standing])]

    async def test_a_player_without_events_there_has_no_standing_there(self, stores: Stores) -> None:
        _, ladder = await self.weekly(stores)
        await stores.players(1)
        [standing] = await stores.scores.refold(ladder, [1])
        assert (standing.removed, standing.submissions) == (True, 0)
        assert (await stores.scores.counts(ladder, [])).total == 0
        [recorded] = await stores.scores.record([submit(ladder, 1, 5, at=NOW)])
        assert isinstance(recorded, Recorded)
        assert (recorded.standing.score, recorded.standing.hidden & REMOVED) == (5, 0)

    @pytest.mark.parametrize("policy", Policy)
    async def test_beside_submissions_each_event_counts_once(self, stores: Stores, policy: Policy) -> None:
        board, ladder = await self.weekly(stores, policy)
        players = range(1, 9)
        await stores.players(*players)
        both = [Ladder(board), ladder]
        submissions = [submit(Ladder(board), 1 + i % 8, i % 5, at=NOW + i % 9) for i in range(80)]
        await stores.scores.record(submissions)
        done = asyncio.Event()

        async def go_on(client: int) -> None:
            while not done.is_set():
                some = [submit(ladder, 1 + (client + i) % 8, i, at=NOW + i)._replace(ladders=both) for i in range(3)]
                outcomes = await stores.scores.record(some)
                assert all(isinstance(outcome, Recorded) for outcome in outcomes)
                submissions.extend(some)
                await asyncio.sleep(0)

        clients = [asyncio.create_task(go_on(client)) for client in range(3)]
        refolds = 0
        while refolds < 15 or len(submissions) < 200:
            await self.refold(stores, ladder)
            refolds += 1
            assert not any(client.done() for client in clients)
            await asyncio.sleep(0)
        done.set()
        await asyncio.gather(*clients)
        expected = {i: fold(board, [one.event for one in submissions if one.event.user_id == i]) for i in players}
        assert counted(await all_standings(stores, ladder)) == expected
        assert counted(await all_standings(stores, Ladder(board))) == expected

    async def test_who_is_hidden_stays_so(self, database: Database) -> None:
        board, ladder = await self.weekly(database)
        await database.players(1, 2)
        await database.scores.record([submit(Ladder(board), i, 5, at=NOW) for i in (1, 2)])
        await database.run("update users set hidden = true where user_id = 1")
        await self.refold(database, ladder)
        await database.run("update standings set hidden = 1 where user_id = 2 and period_id <> 0")
        standings = await database.scores.refold(ladder, [1, 2])
        assert {s.user_id: s.hidden for s in standings} == {1: 2, 2: 1}

    async def test_what_a_moderator_removed_does_not_count(self, database: Database) -> None:
        board, ladder = await self.weekly(database)
        await database.players(1, 2)
        await database.scores.record([submit(Ladder(board), i, score, at=NOW) for i in (1, 2) for score in (5, 7)])
        await database.run("update score_events set void = true where user_id = 1 or score = 7")
        await self.refold(database, ladder)
        assert {i: s.score for i, s in (await all_standings(database, ladder)).items()} == {2: 5}

    async def test_a_change_in_between_is_not_taken_for_done(self, stores: Stores) -> None:
        board, _ = await self.weekly(stores)
        later = await stores.scores.change_board(
            board.slug, lambda held: changed_board(held, {"periods": tuple(PeriodKind)[:3]}, NOW + 1), act(board)
        )
        assert not await stores.scores.finish_backfill(board)
        assert list(await stores.scores.boards_to_backfill()) == [later]
        stores.clock.ms = NOW + 60_000
        assert await stores.scores.finish_backfill(later)
        assert list(await stores.scores.boards_to_backfill()) == []
        assert later.backfill is not None
        ended = replace(later, backfill=None, past_backfills=(replace(later.backfill, ended_at=NOW + 60_000),))
        assert await stores.scores.board(board.slug) == ended
        assert await change(stores, ended, name="Renamed") == replace(ended, name="Renamed")


class TestDeletion:
    async def test_a_deleted_board_is_out_of_reach_and_its_name_free(self, stores: Stores) -> None:
        made = await stores.scores.create_board(new(periods=(PeriodKind.ALL_TIME, PeriodKind.DAILY)))
        await stores.players(1)
        await stores.scores.record([Submission(made.ladders_at(NOW), submit(Ladder(made), 1, 5, at=NOW).event)])
        assert await stores.scores.delete_board(made.slug, act(made)) == made
        assert await stores.scores.board(made.slug) is None
        assert await stores.scores.boards_named([made.slug]) == {}
        assert {ladder.board.slug for ladder in await stores.scores.ladders()} == {"default"}
        again = await stores.scores.create_board(replace(made, id=0))
        assert again.id != made.id
        assert await all_standings(stores, Ladder(again)) == {}

    async def test_what_it_held_is_purged_and_nothing_else(self, stores: Stores) -> None:
        gone = await stores.scores.create_board(new(periods=(PeriodKind.ALL_TIME, PeriodKind.DAILY)))
        kept = await stores.scores.create_board(new(periods=(PeriodKind.ALL_TIME, PeriodKind.DAILY)))
        await stores.players(*range(1, 20))
        for board in (gone, kept):
            ladders = board.ladders_at(NOW)
            some = [submit(Ladder(board), i, i, at=NOW) for i in range(1, 20)]
            await stores.scores.record([one._replace(ladders=ladders) for one in some])
        before = [await all_standings(stores, ladder) for ladder in kept.ladders_at(NOW)]
        await stores.scores.delete_board(gone.slug, act(gone))
        [deleted] = await stores.scores.deleted_boards()
        assert (deleted.board.id, deleted.deleted_at) == (gone.id, NOW)
        assert {ladder.period for ladder in deleted.ladders} == {ladder.period for ladder in gone.ladders_at(NOW)}
        async for players in stores.scores.players_on(gone):
            await stores.scores.purge(gone, players)
        assert [players async for players in stores.scores.players_on(gone)] == []
        for ladder in gone.ladders_at(NOW):
            assert await all_standings(stores, ladder) == {}
        await stores.scores.forget_board(gone)
        assert list(await stores.scores.deleted_boards()) == []
        assert list(await stores.scores.ladders_of(gone)) == []
        assert [await all_standings(stores, ladder) for ladder in kept.ladders_at(NOW)] == before
        assert len(await stores.scores.ladders_of(kept)) == 1

    async def test_a_board_that_is_there_is_not_forgotten(self, stores: Stores) -> None:
        made = await stores.scores.create_board(new())
        await stores.scores.forget_board(made)
        assert await stores.scores.board(made.slug) == made
