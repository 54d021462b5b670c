"""Tournaments in the stores: the last place and the last attempt are taken exactly once, under any race."""

from asyncio import gather
from collections import Counter
from typing import Any

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, Policy
from leaderforge.domain.errors import LeaderForgeError, PlayerNotFound
from leaderforge.domain.periods import ALL_TIME
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.domain.tournament_errors import (
    AttemptsExhausted,
    AttemptWindowOver,
    EntrantMissing,
    TournamentFull,
)
from leaderforge.domain.tournaments import Entrant, TournamentRules
from tests.contract.store_fixtures import Database, Stores, submit

HOUR_MS = 3_600_000


async def cup(stores: Stores, policy: Policy = Policy.BEST, **rules: Any) -> Board:
    """Return a new board with a tournament of an hour."""
    return await stores.board(policy=policy, tournament=TournamentRules(starts_at=0, ends_at=HOUR_MS, **rules))


async def join(stores: Stores, board: Board, user_id: int) -> Entrant | TournamentFull:
    try:
        return await stores.tournaments.join(board, ALL_TIME, user_id, 5)
    except TournamentFull as error:
        return error


async def record(stores: Stores, *submissions: Submission) -> list[str | int | None]:
    """Record a batch. Return, for each submission, the player's attempts so far (None on other boards) or the code of
    the error.
    """
    outcomes = await stores.scores.record(submissions)
    return [
        outcome.entrant and outcome.entrant.attempts if isinstance(outcome, Recorded) else outcome.code
        for outcome in outcomes
    ]


async def test_joining_is_idempotent_and_numbers_the_entrants(stores: Stores) -> None:
    board = await cup(stores, max_entrants=2)
    await stores.players(1, 2, 3)
    assert await join(stores, board, 2) == Entrant(2, 5, 1)
    assert await join(stores, board, 1) == Entrant(1, 5, 2)
    assert await stores.tournaments.join(board, ALL_TIME, 2, 9) == Entrant(2, 5, 1)
    assert isinstance(await join(stores, board, 3), TournamentFull)
    assert await stores.tournaments.count(board, ALL_TIME) == 2
    assert await stores.tournaments.entrant(board, ALL_TIME, 3) is None
    assert await stores.tournaments.entrant(board, 9, 1) is None


async def test_entrants_are_read_by_their_numbers(stores: Stores) -> None:
    board = await cup(stores)
    await stores.players(1, 2, 3, 4)
    for user_id in (3, 1, 4, 2):
        await join(stores, board, user_id)
    assert [e.user_id for e in await stores.tournaments.numbered(board, ALL_TIME, range(2, 4))] == [1, 4]
    assert [e.user_id for e in await stores.tournaments.numbered(board, ALL_TIME, range(4, 9))] == [2]
    assert await stores.tournaments.numbered(board, 9, range(1, 5)) == []
    assert await stores.tournaments.of_player({board.id: board}, 4) == [(Ladder(board), Entrant(4, 5, 3))]
    assert await stores.tournaments.of_player({}, 4) == []


async def test_an_unknown_player_takes_no_place(stores: Stores) -> None:
    board = await cup(stores, max_entrants=1)
    await stores.players(1)
    with pytest.raises(PlayerNotFound):
        await stores.tournaments.join(board, ALL_TIME, 99, 5)
    assert await stores.tournaments.count(board, ALL_TIME) == 0
    assert await join(stores, board, 1) == Entrant(1, 5, 1)


async def test_500_concurrent_joins_take_100_places(database: Database) -> None:
    board = await cup(database, max_entrants=100)
    await database.players(*range(1, 501))
    # Each tenth player joins three times at once.
    callers = [i for i in range(1, 501) for _ in range(3 if i % 10 == 0 else 1)]
    outcomes = await gather(*(join(database, board, user_id) for user_id in callers))
    entrants = {outcome for outcome in outcomes if isinstance(outcome, Entrant)}
    assert sorted(entrant.number for entrant in entrants) == list(range(1, 101))
    assert len({entrant.user_id for entrant in entrants}) == 100
    assert await database.tournaments.count(board, ALL_TIME) == 100
    assert [tuple(row) for row in await database.run("select count(*), count(number) from entrants")] == [(100, 100)]


async def test_first_submissions_take_the_last_places_of_a_tournament_without_joining(database: Database) -> None:
    board = await cup(database, max_entrants=10)
    await database.players(*range(1, 41))
    batches = [[submit(Ladder(board), i, 7) for i in range(1 + k, 41, 4)] for k in range(4)]
    outcomes = [o for batch in await gather(*(record(database, *batch) for batch in batches)) for o in batch]
    assert Counter(outcomes) == {1: 10, "tournament_full": 30}
    assert [tuple(row) for row in await database.run("select count(*), max(number) from entrants")] == [(10, 10)]
    assert [tuple(row) for row in await database.run("select count(*) from score_events")] == [(10,)]


async def test_50_concurrent_submissions_with_3_attempts_left_count_3(database: Database) -> None:
    board = await cup(database, policy=Policy.SUM, max_attempts=5)
    await database.players(1)
    ladder = Ladder(board)
    assert await record(database, submit(ladder, 1, 1), submit(ladder, 1, 1)) == [1, 2]
    outcomes = await gather(*(record(database, submit(ladder, 1, 10)) for _ in range(50)))
    assert Counter(o for [o] in outcomes) == {3: 1, 4: 1, 5: 1, "attempts_exhausted": 47}
    [standing] = await database.scores.standings(ladder, [1])
    assert (standing.score, standing.submissions) == (32, 5)
    assert [tuple(row) for row in await database.run("select count(*) from score_events")] == [(5,)]


async def test_a_retry_takes_no_attempt(stores: Stores) -> None:
    board = await cup(stores, max_attempts=2)
    await stores.players(1)
    first, second = submit(Ladder(board), 1, 5, id=1), submit(Ladder(board), 1, 6, id=2)
    assert await record(stores, first, first) == [1, 1]
    assert await record(stores, first) == [1]
    assert await record(stores, second, first) == [2, 2]
    assert await record(stores, submit(Ladder(board), 1, 7)) == ["attempts_exhausted"]
    assert await record(stores, second) == [2]


async def test_a_refused_submission_takes_no_attempt_and_no_place(stores: Stores) -> None:
    board = await cup(stores, max_attempts=1, max_entrants=1, join_required=True)
    await stores.players(1, 2)
    assert await record(stores, submit(Ladder(board), 1, 5)) == ["not_joined"]
    assert await stores.tournaments.entrant(board, ALL_TIME, 1) is None
    await join(stores, board, 1)
    unknown = submit(Ladder(board), 99, 5)
    assert await record(stores, unknown, submit(Ladder(board), 1, 5), submit(Ladder(board), 2, 5)) == [
        "user_not_found",
        1,
        "not_joined",
    ]
    assert [s.user_id for s in await stores.scores.standings(Ladder(board), [1, 2])] == [1]


async def test_the_window_begins_with_the_first_attempt(stores: Stores) -> None:
    board = await cup(stores, attempt_window_s=10)
    await stores.players(1)
    times = [1_000, 10_999, 11_000]
    outcomes = [await record(stores, submit(Ladder(board), 1, 5, at=at)) for at in times]
    assert outcomes == [[1], [2], ["attempt_window_over"]]


async def test_changes_of_a_score_are_attempts(stores: Stores) -> None:
    board = await cup(stores, policy=Policy.LATEST, max_attempts=2)
    await stores.players(1)
    sent = [submit(Ladder(board), 1, 0) for _ in range(3)]
    changes = [s._replace(event=s.event._replace(change=4)) for s in sent]
    outcomes = [await record(stores, change) for change in changes]
    assert outcomes == [[1], [2], ["attempts_exhausted"]]
    [standing] = await stores.scores.standings(Ladder(board), [1])
    assert standing.score == 8


async def test_an_erased_player_leaves_the_tournament_and_the_place_stays_taken(stores: Stores) -> None:
    board = await cup(stores, max_entrants=1)
    await stores.players(1, 2)
    await join(stores, board, 1)
    await stores.records.erase(1, AuditEntry(9, "tests", "player.erase"))
    assert await stores.tournaments.entrant(board, ALL_TIME, 1) is None
    assert isinstance(await join(stores, board, 2), TournamentFull)


async def test_joins_submissions_and_erasures_do_not_block_each_other(database: Database) -> None:
    board = await cup(database, max_attempts=3)
    plain = Ladder(await database.board(policy=Policy.SUM))
    await database.players(*range(1, 21))

    async def erase(user_id: int) -> None:
        await database.records.erase(user_id, AuditEntry(9, "tests", "player.erase"))

    async def send(first: int) -> None:
        players = range(first, 21, 2)
        await record(database, *(submit(lad, i, 1) for i in reversed(players) for lad in (plain, Ladder(board))))

    work = [*(send(k % 3 + 1) for k in range(9)), *(join(database, board, i) for i in range(1, 21)), erase(3), erase(7)]
    failures = [o for o in await gather(*work, return_exceptions=True) if isinstance(o, BaseException)]
    assert all(isinstance(failure, PlayerNotFound) for failure in failures), failures
    [(entrants,)] = await database.run("select count(*) from entrants where user_id in (3, 7)")
    assert entrants == 0


def test_the_errors_have_stable_codes() -> None:
    errors: list[type[LeaderForgeError]] = [TournamentFull, EntrantMissing, AttemptsExhausted, AttemptWindowOver]
    assert [e.code for e in errors] == [
        "tournament_full",
        "not_joined",
        "attempts_exhausted",
        "attempt_window_over",
    ]
