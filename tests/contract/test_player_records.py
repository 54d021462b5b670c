"""Contract of the stored data of one player: one suite over the in-memory and the real adapters."""

import asyncio
import json
from collections.abc import Sequence
from uuid import UUID

import pytest

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.boards import Ladder, Policy
from leaderforge.domain.errors import PlayerNotFound
from leaderforge.domain.history import Erased, Kept
from leaderforge.domain.moments import Moments
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.players import ProfileChanged
from tests.contract.store_fixtures import Database, Stores, on_pool, submit

NOON = 1_795_435_200_000
DAILY = Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY))
ERASE = AuditEntry(NOON, "key:ops", "player.erase", details={"erasure": "one"})


def act(action: str = "entry.hide", user_id: int | None = 1, actor: str = "key:ops") -> AuditEntry:
    return AuditEntry(NOON, actor, action, "default", user_id, "Ann cheats", {"score": 5})


async def events(stores: Stores, user_id: int) -> list[Kept]:
    return [one async for chunk in stores.records.events(user_id) for one in chunk]


async def record(stores: Stores, *submissions: Submission) -> None:
    assert all(isinstance(one, Recorded) for one in await stores.scores.record(submissions))


class TestRead:
    async def test_nothing(self, stores: Stores) -> None:
        await stores.players(1)
        assert await events(stores, 1) == []
        assert list(await stores.records.standings(1)) == []

    async def test_everything(self, stores: Stores) -> None:
        one, other = await stores.board(calendar=DAILY), await stores.board(policy=Policy.BEST)
        await stores.players(1, 2)
        stores.clock.ms = NOON
        first = Event(1, UUID(int=1), 5, NOON - 1, '{"level": 1}', numbers='{"laps": 3}')
        second, third = Event(1, UUID(int=2), 7, NOON), Event(1, UUID(int=3), 9, NOON)
        await record(stores, Submission(one.ladders_at(NOON - 1), first), Submission([Ladder(other)], third))
        await stores.moderation.remove(one, 1, act())
        stores.clock.ms = NOON + 1
        await record(stores, Submission(one.ladders_at(NOON), second), submit(Ladder(one), 2, 5))
        assert await events(stores, 1) == [
            Kept(one.slug, first, NOON, void=True),
            Kept(one.slug, second, NOON + 1, void=False),
            Kept(other.slug, third, NOON, void=False),
        ]
        found = {ladder: standing.score for ladder, standing in await stores.records.standings(1)}
        assert found == {**dict.fromkeys(one.ladders_at(NOON), 7), Ladder(other): 9}

    async def test_removed_standings_are_none(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        await record(stores, submit(ladder, 1, 5))
        await stores.moderation.remove(ladder.board, 1, act())
        assert list(await stores.records.standings(1)) == []

    async def test_many_events(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        await record(stores, *(submit(ladder, 1, 1) for _ in range(2500)))
        assert len({one.event.submission_id for one in await events(stores, 1)}) == 2500


class TestErase:
    async def test_nothing_is_left(self, stores: Stores) -> None:
        one, other = await stores.board(calendar=DAILY), await stores.ladder()
        ann = Player(1, "Ann", "ann@example.org", 0)
        await stores.users.create([ann, Player(2, "Bob", None, 0)])
        await record(
            stores,
            Submission(one.ladders_at(NOON), Event(1, UUID(int=1), 5, NOON)),
            submit(other, 1, 5),
            submit(other, 2, 4),
        )
        stores.clock.ms = NOON
        before = {ladder: (await stores.scores.standings(ladder, [1]))[0].revision for ladder in one.ladders_at(NOON)}
        before[other] = (await stores.scores.standings(other, [1]))[0].revision
        erased = await stores.records.erase(1, ERASE)
        assert erased == Erased(events=2, standings=3, acts=0)
        # The removed standings have higher revisions, so that the index ignores updates in flight.
        assert {ladder for ladder, _ in erased.removed} == set(before)
        assert all(standing.revision > before[ladder] for ladder, standing in erased.removed)
        assert all(standing.removed for _, standing in erased.removed)
        assert await stores.users.get([1]) == {}
        assert await stores.users.by_name(["Ann"]) == {}
        assert await stores.users.with_prefix("a", 9) == []
        assert await events(stores, 1) == []
        assert list(await stores.records.standings(1)) == []
        for ladder in (*one.ladders_at(NOON), other):
            assert await stores.scores.rows(ladder, [1]) == {}
            assert (await stores.scores.counts(ladder, [])).total == (ladder == other)
        [submitted] = await stores.scores.record([submit(other, 1, 5)])
        assert isinstance(submitted, PlayerNotFound)
        # A note of the erasure lets reconciliation remove the player from the index.
        assert set(await stores.scores.touched_between(NOON, NOON + 1)) == {1}
        with pytest.raises(PlayerNotFound):
            await stores.records.erase(1, ERASE)

    @pytest.mark.parametrize("batch", [1, 2], ids=["one statement", "a transaction"])
    async def test_revisions_grow_though_the_clock_was_put_back(self, stores: Stores, batch: int) -> None:
        """The index distinguishes an erased player and a new player with the same id by their revisions only."""
        ladder = await stores.ladder()
        stores.clock.ms = NOON + 86_400_000
        await stores.players(1)
        await record(stores, submit(ladder, 1, 5))
        [(_, removed)] = (await stores.records.erase(1, ERASE)).removed
        stores.clock.ms = NOON
        await stores.players(1)
        await record(stores, *(submit(ladder, 1, 7) for _ in range(batch)))
        [standing] = await stores.scores.standings(ladder, [1])
        assert standing.revision > removed.revision
        assert (standing.score, standing.hidden) == (7 * batch, 0)

    async def test_a_player_created_anew_starts_from_nothing(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        ann = Player(1, "Ann", "ann@example.org", 0)
        await stores.users.create([ann])
        old = submit(ladder, 1, 5)
        await record(stores, old)
        [before] = await stores.scores.standings(ladder, [1])
        await stores.moderation.set_player_hidden(1, True, act())
        await stores.records.erase(1, ERASE)
        assert list(await stores.users.create([ann])) == [ann]
        [again] = await stores.scores.record([old])
        assert isinstance(again, Recorded)
        assert not again.duplicate
        assert (again.standing.score, again.standing.submissions, again.standing.hidden) == (5, 1, 0)
        assert again.standing.revision > before.revision

    async def test_the_audit_log_tells_no_longer_of_whom(self, stores: Stores) -> None:
        await stores.players(1, 2)
        for one in (act(), act("entry.hide", 2), act("key.create", None), act("player.change", 2, "player:1")):
            await stores.audit.record(one)
        assert (await stores.records.erase(1, ERASE)).acts == 2
        found = [one.entry for one in await stores.audit.entries(AuditFilter(), 10)]
        assert found == [
            AuditEntry(
                NOON, "key:ops", "player.erase", details={"erasure": "one", "events": 0, "standings": 0, "acts": 2}
            ),
            act("player.change", 2, "player"),
            act("key.create", None),
            act("entry.hide", 2),
            AuditEntry(NOON, "key:ops", "entry.hide", "default", details={"erased": True}),
        ]
        assert list(await stores.audit.entries(AuditFilter(user_id=1), 10)) == []

    async def test_submissions_and_changes_meanwhile(self, stores: Stores) -> None:
        """An erasure leaves no data of the player, in whatever order concurrent submissions and changes commit."""
        board = await stores.board(calendar=DAILY)
        for user_id in range(1, 9):
            await stores.players(user_id)

            async def submit_some(user_id: int = user_id) -> None:
                for number in range(6):
                    event = Event(user_id, UUID(int=number), 1, NOON)
                    await stores.scores.record([Submission(board.ladders_at(NOON), event)])

            outcomes = await asyncio.gather(
                submit_some(),
                submit_some(),
                stores.users.change(user_id, {"username": f"Renamed {user_id}"}, act("player.change", user_id)),
                stores.records.erase(user_id, ERASE),
                stores.moderation.set_player_hidden(user_id, True, act("player.hide", user_id)),
                return_exceptions=True,
            )
            assert all(
                one is None or isinstance(one, PlayerNotFound | ProfileChanged | Erased | list) for one in outcomes
            ), outcomes
            assert await events(stores, user_id) == []
            assert list(await stores.records.standings(user_id)) == []
            assert await stores.users.by_name([f"Player {user_id}", f"Renamed {user_id}"]) == {}

    async def test_no_table_holds_anything_of_the_player(self, database: Database) -> None:
        ladder = await database.ladder()
        await database.users.create([Player(987654321, "Unmistakable", "unmistakable@example.org", 0)])
        await record(database, submit(ladder, 987654321, 5, metadata='{"mine": "unmistakable"}'))
        await database.moderation.set_entry_hidden(ladder.board, 987654321, True, act("entry.hide", 987654321))
        await database.records.erase(987654321, ERASE)
        await database.scores.forget_touches(2**53)
        assert set(await mentions(database, ["987654321", "nmistakable", "Ann cheats"])) == set()


async def mentions(database: Database, texts: Sequence[str]) -> list[str]:
    """Return the tables with any of these texts in a row."""
    tables = await database.run("select tablename from pg_tables where schemaname = 'public'")
    found = []
    for (table,) in tables:
        rows = await database.run(f"select to_jsonb(t)::text as row from {table} t")  # noqa: S608 - names from the catalogue
        if any(text in json.dumps(json.loads(row["row"])) for row in rows for text in texts):
            found.append(table)
    return found


async def erasures(stores: Stores, since: int, until: int) -> dict[int, int]:
    """Return the revisions of the players erased between these times."""
    return {i: revision async for chunk in stores.scores.erased_between(since, until) for i, revision in chunk.items()}


class TestErasures:
    async def test_each_has_the_revision_of_the_removed_standings(self, stores: Stores) -> None:
        ladder, other = await stores.ladder(), await stores.ladder()
        await stores.players(1, 2, 3, 4)
        stores.clock.ms = NOON
        await record(stores, submit(ladder, 1, 5), submit(other, 1, 5), submit(ladder, 2, 5), submit(ladder, 3, 5))
        expected = {i: (await stores.records.erase(i, ERASE)).removed[0][1].revision for i in (1, 2)}
        await stores.moderation.set_player_hidden(3, True, act())
        assert await erasures(stores, NOON, NOON + 1) == expected
        stores.clock.ms = NOON + 10
        await stores.records.erase(4, ERASE)
        assert (await erasures(stores, NOON + 10, NOON + 11)).keys() == {4}
        assert (await erasures(stores, 0, 2**53)).keys() == {1, 2, 4}

    async def test_the_highest_revision_counts_until_it_is_forgotten(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        for ms in (NOON, NOON + 10):
            stores.clock.ms = ms
            await stores.players(1)
            await record(stores, submit(ladder, 1, 5))
            [(_, removed)] = (await stores.records.erase(1, ERASE)).removed
        assert await erasures(stores, 0, 2**53) == {1: removed.revision}
        await stores.scores.forget_touches(NOON + 10)
        assert await erasures(stores, 0, 2**53) == {1: removed.revision}
        await stores.scores.forget_touches(NOON + 11)
        assert await erasures(stores, 0, 2**53) == {}


class TestTouches:
    async def test_they_are_forgotten_in_time(self, stores: Stores) -> None:
        await stores.players(1, 2)
        stores.clock.ms = NOON
        await stores.moderation.set_player_hidden(1, True, act())
        stores.clock.ms = NOON + 10
        await stores.moderation.set_player_hidden(2, True, act())
        await stores.scores.forget_touches(NOON + 10)
        assert set(await stores.scores.touched_between(0, NOON + 100)) == {2}


async def test_a_busy_citus_erases_players(on_citus: Database) -> None:
    """A busy Citus changes the shards of a node over several connections. A setting makes it do so on each run."""
    board = await on_citus.board(moments=Moments(30, 0, 0, 0))
    await on_citus.players(1)
    await on_citus.scores.record([submit(Ladder(board), 1, 5)])
    pool = Pool(on_citus.dsn, settings={"citus.force_max_query_parallelization": "on"})
    erased = await on_pool(pool, on_citus.dsn).records.erase(1, AuditEntry(5, "tests", "player.erase", "", 1))
    await pool.close()
    assert (erased.events, erased.standings) == (1, 1)
    assert await on_citus.users.get([1]) == {}
