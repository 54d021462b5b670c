"""What holds when others commit between two statements of the real stores. The in-memory ones have no such moment."""

from collections.abc import Sequence

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import StoreUnavailable, UserNotFound
from leaderforge.ports import Recorded, Submission
from tests.contract.interrupting import interrupted
from tests.contract.store_fixtures import Database, submit

ERASE = AuditEntry(0, "key:ops", "player.erase")
REPEATED = "submission_id = any"
"""Part of the statement that reads first copies."""


@pytest.fixture(params=[1, 2], ids=["at once", "in a transaction"])
def copies(request: pytest.FixtureRequest) -> int:
    """How often a submission is sent in one batch: one statement cannot record a player's event twice."""
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
    """A submission is sent again. Its first copy prevents the insert, and is gone when it is read."""

    async def test_its_player_is_erased(self, database: Database, copies: int) -> None:
        ladder, submission = await played(database)
        async with interrupted(database) as (stores, pool):
            pool.before(REPEATED, lambda: database.records.erase(1, ERASE))
            outcomes = await stores.scores.record([submission] * copies)
        assert [type(outcome) for outcome in outcomes] == [UserNotFound] * copies
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
        """Event and standings are those of one moment, not an event of one and standings of another player."""
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
        """Whatever others do without end: the submission is refused for now, and counts when it is sent again."""
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


def duplicates(outcomes: Sequence[object]) -> list[bool]:
    return [outcome.duplicate for outcome in outcomes if isinstance(outcome, Recorded)]


def submissions(outcomes: Sequence[object]) -> list[int]:
    return [outcome.standing.submissions for outcome in outcomes if isinstance(outcome, Recorded)]
