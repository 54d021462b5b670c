"""Consistency of the real stores if other transactions commit between two of their statements.

In-memory stores have no moment between two statements.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.postgres.key_store import PostgresKeyStore
from leaderforge.adapters.postgres.period_store import PostgresPeriodStore
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.domain.api_keys import ApiKey
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder, ScoreLimits
from leaderforge.domain.errors import PlayerNotFound, RuleViolated, StoreUnavailable
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.permissions import KeyScope
from leaderforge.domain.players import Player
from leaderforge.domain.sessions import SignInRecord
from leaderforge.domain.standings import HIDDEN_PLAYER
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.players import PlayerStore
from leaderforge.services.participation import Participation
from leaderforge.services.player_records import PlayerExport, RecordService
from tests.contract.interrupting import Interruption, interrupted
from tests.contract.store_fixtures import Database, submit
from tests.delivering import Process

ACT = AuditEntry(0, "key:ops", "player.change", None, 1, "Ann")
ERASE = AuditEntry(0, "key:ops", "player.erase")
REPEATED = "submission_id = any"
"""Text by which tests recognise the statement that reads the stored first copies of submissions."""


@pytest.fixture(params=[1, 2], ids=["at once", "in a transaction"])
def copies(request: pytest.FixtureRequest) -> int:
    """Number of copies of a submission in a batch. The store writes one copy by a statement, two by a transaction."""
    number: int = request.param
    return number


async def recorded(database: Database, submission: Submission) -> Recorded:
    [outcome] = await database.scores.record([submission])
    assert isinstance(outcome, Recorded)
    return outcome


async def played(database: Database) -> tuple[Ladder, Submission]:
    """Return a ladder and a submission that counted on it."""
    ladder = await database.ladder()
    await database.players(1)
    submission = submit(ladder, 1, 5)
    await recorded(database, submission)
    return ladder, submission


class TestRetry:
    """Retry of a stored submission. The insert finds the first copy. Another transaction deletes this copy before the
    store reads it.
    """

    async def test_its_player_is_erased(self, database: Database, copies: int) -> None:
        ladder, submission = await played(database)
        async with interrupted(database) as (stores, pool):
            pool.before(REPEATED, lambda: database.records.erase(1, ERASE))
            outcomes = await stores.scores.record([submission] * copies)
        assert [type(outcome) for outcome in outcomes] == [PlayerNotFound] * copies
        assert list(await database.run("select user_id from score_events")) == []
        assert list(await database.scores.standings(ladder, [1])) == []

    async def test_its_board_is_purged(self, database: Database, copies: int) -> None:
        ladder, submission = await played(database)
        async with interrupted(database) as (stores, pool):
            pool.before(REPEATED, lambda: database.scores.purge(ladder.board, [1]))
            outcomes = await stores.scores.record([submission] * copies)
        assert duplicates(outcomes) == [False, True][:copies]
        assert submissions(outcomes) == [1] * copies

    async def test_its_player_is_erased_and_created_anew(self, database: Database, copies: int) -> None:
        """The store reads event and standings in one snapshot. Therefore both always belong to the same player."""
        ladder, submission = await played(database)

        async def replace() -> None:
            await database.records.erase(1, ERASE)
            await database.players(1)
            await recorded(database, submission)
            await recorded(database, submit(ladder, 1, 7))

        async with interrupted(database) as (stores, pool):
            pool.before(REPEATED, replace)
            outcomes = await stores.scores.record([submission] * copies)
        assert duplicates(outcomes) == [True] * copies
        assert submissions(outcomes) == [2] * copies

    async def test_the_others_of_its_batch_count_once(self, database: Database, copies: int) -> None:
        ladder, submission = await played(database)
        await database.players(2)
        batch = [submit(ladder, 2, 3), *[submission] * copies]
        async with interrupted(database) as (stores, pool):
            pool.before(REPEATED, lambda: database.scores.purge(ladder.board, [1]))
            outcomes = await stores.scores.record(batch)
        assert duplicates(outcomes) == [False, False, True][: 1 + copies]
        assert submissions(outcomes) == [1] * (1 + copies)

    async def test_it_is_decided_anew_so_many_times(self, database: Database) -> None:
        """Interfere with five attempts. The store then refuses the submission. A retry by the client counts."""
        ladder, submission = await played(database)

        async def replace() -> None:
            await database.scores.purge(ladder.board, [1])
            vanished.append(submission)

        async def count_again() -> None:
            await recorded(database, submission)

        vanished: list[Submission] = []
        async with interrupted(database) as (stores, pool):
            pool.before(REPEATED, *[replace] * 5)
            pool.before("insert into score_events", *[count_again] * 5)
            [outcome] = await stores.scores.record([submission])
        assert isinstance(outcome, StoreUnavailable)
        assert len(vanished) == 5
        assert not (await recorded(database, submission)).duplicate


class TestSubmission:
    """Change by another transaction after a submission has inserted its events, but before it writes the standings."""

    async def test_the_entry_is_removed(self, database: Database) -> None:
        """Remove the entry before the submissions commit. The submissions count, and only the event before the removal
        is void.
        """
        ladder, _ = await played(database)
        outcomes = await meanwhile(database, ladder, lambda: database.moderation.remove(ladder.board, 1, ACT))
        assert [(one.standing.score, one.standing.submissions) for one in outcomes if isinstance(one, Recorded)] == [
            (14, 2)
        ] * 2
        void = await database.run("select void from score_events order by score")
        assert [row["void"] for row in void] == [True, False, False]

    async def test_the_score_is_set(self, database: Database) -> None:
        ladder, _ = await played(database)
        outcomes = await meanwhile(database, ladder, lambda: database.moderation.set_score(submit(ladder, 1, 100), ACT))
        assert [one.standing.score for one in outcomes if isinstance(one, Recorded)] == [114] * 2

    async def test_the_player_is_hidden(self, database: Database) -> None:
        ladder = await database.ladder()
        await database.players(1)
        outcomes = await meanwhile(database, ladder, lambda: database.moderation.set_player_hidden(1, True, ACT))
        assert [one.standing.hidden for one in outcomes if isinstance(one, Recorded)] == [HIDDEN_PLAYER] * 2
        [standing] = await database.scores.standings(ladder, [1])
        assert standing.hidden == HIDDEN_PLAYER

    async def test_the_player_is_erased(self, database: Database) -> None:
        ladder, _ = await played(database)
        outcomes = await meanwhile(database, ladder, lambda: database.records.erase(1, ERASE))
        assert [type(one) for one in outcomes] == [PlayerNotFound] * 2
        assert list(await database.run("select user_id from score_events")) == []
        assert list(await database.scores.standings(ladder, [1])) == []

    async def test_another_submission_is_judged_first(self, database: Database) -> None:
        """Another submission commits before this one locks the standing. The limit check must include the other
        submission.
        """
        ladder = Ladder(await database.board(limits=ScoreLimits(min_interval_ms=1000)))
        await database.players(1)
        async with interrupted(database) as (stores, pool):
            pool.before("for no key update", lambda: recorded(database, submit(ladder, 1, 5)))
            [outcome] = await stores.scores.record([submit(ladder, 1, 7, at=1)])
        assert isinstance(outcome, RuleViolated)
        [standing] = await database.scores.standings(ladder, [1])
        assert (standing.score, standing.submissions) == (5, 1)
        assert len(await database.run("select user_id from score_events")) == 1


async def meanwhile(database: Database, ladder: Ladder, act: Interruption) -> Sequence[object]:
    """Record a batch of two. Run `act` between the writes of its events and of its standings. Return the outcomes."""
    async with interrupted(database) as (stores, pool):
        pool.before("insert into standings", act)
        return await stores.scores.record([submit(ladder, 1, 6), submit(ladder, 1, 8)])


async def test_what_is_shown_while_a_period_is_removed_is_removed_too(database: Database) -> None:
    """Unhide an entry between the removal's reads of listed and of hidden entries. The removal must find the entry."""
    board = await database.board(calendar=Calendar((PeriodKind.DAILY,)))
    [day] = board.ladders_at(0)
    await database.players(1)
    await recorded(database, submit(day, 1, 5))
    await database.moderation.set_player_hidden(1, True, ACT)
    async with interrupted(database) as (stores, pool):
        pool.before("hidden <> 0", lambda: database.moderation.set_player_hidden(1, False, ACT))
        periods = PostgresPeriodStore(stores.pool, Periods(stores.pool))
        assert [await periods.remove(day, 10) for _ in range(2)] == [1, 0]
    assert list(await database.scores.standings(day, [1])) == []


class TestKeys:
    """Creation of an API key after an update has not found the key, before the store reads the reason of the failure.

    On Citus, the creation waits for the end of the update.
    """

    async def test_it_is_rotated(self, on_postgres: Database) -> None:
        async with created_meanwhile(on_postgres) as keys:
            rotated = await keys.rotate("new", bytes(range(32)), 9, ACT)
        assert (rotated.digest, rotated.revoked_at) == (bytes(range(32)), None)

    async def test_it_is_revoked(self, on_postgres: Database) -> None:
        async with created_meanwhile(on_postgres) as keys:
            revoked = await keys.revoke("new", replace(ACT, at=7))
        assert revoked.revoked_at == 7
        assert list(await PostgresKeyStore(on_postgres.pool).valid(8)) == []


@asynccontextmanager
async def created_meanwhile(database: Database) -> AsyncIterator[PostgresKeyStore]:
    key = ApiKey("new", frozenset({KeyScope.READ}), bytes(32), 0, "key:ops")
    async with interrupted(database) as (stores, pool):
        pool.before("from api_keys", lambda: PostgresKeyStore(database.pool).create(key, ACT))
        yield PostgresKeyStore(stores.pool)


class TestNames:
    """Rename of a player between the two queries of a search by name: for the claim, then for the player."""

    async def test_by_name(self, database: Database) -> None:
        async with renamed_meanwhile(database) as users:
            assert await users.by_name(["Player 1", "Player 2"]) == {"Player 2": Player(2, "Player 2", None, 0)}

    async def test_by_prefix(self, database: Database) -> None:
        async with renamed_meanwhile(database) as users:
            assert await users.with_prefix("play", 9) == [Player(2, "Player 2", None, 0)]


@asynccontextmanager
async def renamed_meanwhile(database: Database) -> AsyncIterator[PlayerStore]:
    await database.players(1, 2)
    async with interrupted(database) as (stores, pool):
        pool.before("from users where user_id = any", lambda: database.users.change(1, {"username": "Ann"}, ACT))
        yield stores.users


class TestExport:
    """Erasure of a player during the export. The export is complete, or reports that the player does not exist."""

    async def test_it_is_erased(self, database: Database) -> None:
        await played(database)
        async with interrupted(database) as (stores, pool):
            pool.before("from standings", lambda: database.records.erase(1, ERASE))
            with pytest.raises(PlayerNotFound):
                await exports(stores).read(1)

    async def test_its_id_has_another_owner(self, database: Database) -> None:
        """Replace the player by a new player with the same id. The export must not have data of the erased player."""
        ladder, _ = await played(database)
        await database.moderation.set_entry_hidden(ladder.board, 1, True, ACT)
        ann = Player(1, "Ann", None, 7)

        async def replace_player() -> None:
            await database.records.erase(1, ERASE)
            await database.users.create([ann])

        async with interrupted(database) as (stores, pool):
            # Interrupt only the second lookup of the player, which follows the read of standings.
            pool.before("from users where user_id = any", nothing, replace_player)
            assert await exports(stores).read(1) == PlayerExport(
                ann, [], SignInRecord(0, []), [], [], Participation([], [], [], [], [])
            )


async def nothing() -> None:
    """Do nothing."""


def exports(stores: Database) -> RecordService:
    process = Process(stores.scores, stores.users, MemoryIndex(1))
    return stores.record_service(process.delivery, lambda: 0)


def duplicates(outcomes: Sequence[object]) -> list[bool]:
    return [outcome.duplicate for outcome in outcomes if isinstance(outcome, Recorded)]


def submissions(outcomes: Sequence[object]) -> list[int]:
    return [outcome.standing.submissions for outcome in outcomes if isinstance(outcome, Recorded)]
