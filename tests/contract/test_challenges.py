"""Challenges in the stores: limits and the last place under races, and results computed from the events."""

from asyncio import create_task, gather
from dataclasses import replace
from itertools import product
from random import Random
from uuid import UUID

import pytest

from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.challenge_errors import (
    ChallengeBlocked,
    ChallengeConflict,
    ChallengeFull,
    ChallengeNotFound,
    ChallengeOver,
    TooManyChallenges,
)
from leaderforge.domain.challenges import MAX_STORED_EACH, Challenge, ChallengeLimits, ranked_standings
from leaderforge.domain.errors import LeaderForgeError, PlayerNotFound
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from tests.contract.store_fixtures import Database, Stores, numbers, submit
from tests.oracle import Line, Oracle
from tests.waiting import until

HOUR_MS = 3_600_000
LIMITS = ChallengeLimits(open_each=3, players=50, length_ms=HOUR_MS, stored=1000, retention_ms=HOUR_MS)
ACT = AuditEntry(5, "tests", "challenge.remove", reason="spam")


def challenge_on(board: Board, max_players: int = 4, starts_at: int = 0, ends_at: int = HOUR_MS) -> Challenge:
    invitation = f"invitation-{next(numbers):011}"
    return Challenge(invitation, board.id, starts_at, ends_at, ends_at + 1000, max_players)


async def create(stores: Stores, challenge: Challenge, user_id: int = 1, challenge_id: int | None = None) -> Challenge:
    number = next(numbers) if challenge_id is None else challenge_id
    return await stores.challenges.create(challenge, user_id, UUID(int=number), LIMITS)


async def join(stores: Stores, challenge: Challenge, user_id: int, now: int = 5) -> Challenge | LeaderForgeError:
    try:
        return await stores.challenges.join(challenge.invitation, user_id, now, LIMITS)
    except LeaderForgeError as error:
        return error


async def players(stores: Stores, challenge: Challenge) -> list[tuple[int, int]]:
    return [(p.user_id, p.number) for p in await stores.challenges.players(challenge.invitation)]


async def scores(stores: Stores, board: Board, challenge: Challenge, *user_ids: int) -> dict[int, int]:
    return {s.user_id: s.score for s in await stores.challenges.standings(board, challenge, user_ids)}


async def test_a_repeated_creation_returns_the_same_challenge(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1, 2)
    challenge = challenge_on(board)
    assert await create(stores, challenge, challenge_id=7) == challenge
    retry = challenge_on(board, starts_at=10, ends_at=HOUR_MS + 10)
    assert await create(stores, retry, challenge_id=7) == challenge
    for other in (replace_length(challenge), challenge_on(board, max_players=5)):
        with pytest.raises(ChallengeConflict):
            await create(stores, other, challenge_id=7)
    # Challenge ids are unique per player only: another player may use the id of a challenge of player 1.
    second = challenge_on(board)
    assert await create(stores, second, user_id=2, challenge_id=7) == second
    with pytest.raises(PlayerNotFound):
        await create(stores, challenge_on(board), user_id=99)
    assert await players(stores, challenge) == [(1, 1)]
    assert await stores.challenges.find(retry.invitation) is None


def replace_length(challenge: Challenge) -> Challenge:
    return challenge._replace(ends_at=challenge.ends_at + 1)


async def test_players_join_until_the_challenge_is_full_or_over(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1, 2, 3, 4)
    challenge = await create(stores, challenge_on(board, max_players=3))
    assert await join(stores, challenge, 3) == challenge._replace(players=2)
    assert await join(stores, challenge, 3) == challenge._replace(players=2)
    assert await join(stores, challenge, 1) == challenge._replace(players=2)
    assert isinstance(await join(stores, challenge, 2, HOUR_MS), ChallengeOver)
    assert await join(stores, challenge, 2, HOUR_MS - 1) == challenge._replace(players=3)
    assert isinstance(await join(stores, challenge, 4), ChallengeFull)
    assert isinstance(await join(stores, challenge, 99), PlayerNotFound)
    assert isinstance(await join(stores, challenge_on(board), 4), ChallengeNotFound)
    assert await join(stores, challenge, 3, HOUR_MS) == challenge._replace(players=3)
    assert await players(stores, challenge) == [(1, 1), (3, 2), (2, 3)]


async def test_a_player_has_a_limit_of_open_and_of_stored_challenges(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1, 2)
    created = [await create(stores, challenge_on(board)) for _ in range(3)]
    with pytest.raises(TooManyChallenges, match="3 open"):
        await create(stores, challenge_on(board))
    other = await create(stores, challenge_on(board), user_id=2)
    assert isinstance(await join(stores, other, 1), TooManyChallenges)
    # An ended challenge does not count as open.
    later = await create(stores, challenge_on(board, starts_at=HOUR_MS, ends_at=2 * HOUR_MS))
    assert [p.challenge for p in await stores.challenges.of_player(1)] == [
        later,
        *sorted(created, key=lambda challenge: challenge.invitation),
    ]
    full = replace(LIMITS, stored=5)
    with pytest.raises(TooManyChallenges, match="maximum of 5"):
        await stores.challenges.create(challenge_on(board), 2, UUID(int=next(numbers)), full)


async def test_a_player_replaces_the_own_challenge_that_is_settled_longest(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1, 2)
    other = await create(stores, challenge_on(board, ends_at=1), user_id=2)
    assert isinstance(await join(stores, other, 1, now=0), Challenge)
    created = [await create(stores, challenge_on(board, ends_at=-i)) for i in range(1, MAX_STORED_EACH)]
    # All these challenges have ended, but none of them is settled. Therefore a new challenge cannot replace any of
    # them.
    with pytest.raises(TooManyChallenges, match="50 stored"):
        await create(stores, challenge_on(board, starts_at=5))
    settled_at = created[-1].settled_at
    new = await create(stores, challenge_on(board, starts_at=settled_at, ends_at=2 * HOUR_MS))
    remaining = {played.challenge.invitation for played in await stores.challenges.of_player(1)}
    assert remaining == {challenge.invitation for challenge in (other, new, *created[:-1])}
    assert await stores.challenges.find(created[-1].invitation) is None
    # Joining, like creation, replaces a settled challenge. A refused join replaces no challenge.
    joined = await create(stores, challenge_on(board, ends_at=2 * HOUR_MS), user_id=2)
    assert isinstance(await join(stores, challenge_on(board), 1, HOUR_MS), ChallengeNotFound)
    assert await stores.challenges.find(created[-2].invitation) is not None
    assert isinstance(await join(stores, joined, 1, HOUR_MS), Challenge)
    assert await stores.challenges.find(created[-2].invitation) is None


async def test_a_full_service_replaces_the_challenge_that_is_settled_longest(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1, 2)
    ended = [await create(stores, challenge_on(board, ends_at=at)) for at in (0, -2, -1)]
    full = replace(LIMITS, stored=3)
    settled_at = ended[2].settled_at

    async def create_at(now: int) -> Challenge:
        challenge = challenge_on(board, starts_at=now, ends_at=HOUR_MS)
        return await stores.challenges.create(challenge, 2, UUID(int=next(numbers)), full)

    for gone in (ended[1], ended[2]):
        await create_at(settled_at)
        assert await stores.challenges.find(gone.invitation) is None
        assert await players(stores, gone) == []
    with pytest.raises(TooManyChallenges, match="maximum of 3"):
        await create_at(settled_at)
    assert await stores.challenges.find(ended[0].invitation) == ended[0]


async def test_concurrent_players_take_each_place_once(database: Database) -> None:
    board = await database.board()
    await database.players(*range(1, 42))
    challenge = await create(database, challenge_on(board, max_players=10))
    # Each fourth player joins three times at once.
    callers = [i for i in range(2, 42) for _ in range(3 if i % 4 == 0 else 1)]
    outcomes = await gather(*(join(database, challenge, user_id) for user_id in callers))
    assert {type(outcome) for outcome in outcomes} == {Challenge, ChallengeFull}
    joined = await players(database, challenge)
    assert [number for _, number in joined] == list(range(1, 11))
    assert len({user_id for user_id, _ in joined}) == 10
    assert (await database.challenges.find(challenge.invitation)) == challenge._replace(players=10)
    succeeded = {i for i, outcome in zip(callers, outcomes, strict=True) if isinstance(outcome, Challenge)}
    assert succeeded == {user_id for user_id, _ in joined} - {1}


async def test_limits_and_ids_hold_under_concurrent_creations(database: Database) -> None:
    board = await database.board()
    await database.players(1, 2)
    repeated = await gather(*(create(database, challenge_on(board), 1, challenge_id=7) for _ in range(10)))
    assert len({challenge.invitation for challenge in repeated}) == 1
    outcomes = await gather(
        *(create(database, challenge_on(board), user_id=2) for _ in range(12)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Challenge) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, TooManyChallenges) for outcome in outcomes) == 9
    assert [tuple(row) for row in await database.run("select count(*) from challenges")] == [(4,)]


async def test_the_limit_holds_between_the_commits_of_the_worker_and_of_the_coordinator(database: Database) -> None:
    """Simulate a creation that Citus has committed on the worker, but not yet on the coordinator."""
    board = await database.board()
    await database.players(1)
    challenges = [challenge_on(board) for _ in range(LIMITS.open_each)]
    for challenge in challenges:
        place = f"(1, '{challenge.invitation}', 1, 0, '{UUID(int=next(numbers))}')"
        await database.run(f"insert into challenge_players values {place}")  # noqa: S608 - ids of this test
    async with database.pool.connection() as unfinished:
        transaction = unfinished.transaction()
        await transaction.start()
        await unfinished.fetch(statement("lock_challenges_of"), 1)
        for challenge in challenges:
            await unfinished.execute(statement("create_challenge"), *challenge)
        late = create_task(create(database, challenge_on(board)))
        await until(lambda: late.done() or waits_for_a_lock(database), "the creation to wait or to end")
        await transaction.commit()
    with pytest.raises(TooManyChallenges, match="3 open"):
        await late


async def waits_for_a_lock(database: Database) -> bool:
    here = "database = (select oid from pg_database where datname = current_database())"
    return bool(await database.run(f"select from pg_locks where locktype = 'advisory' and not granted and {here}"))


COMBINATIONS = [
    *product(Order, (None, *Order), RankStyle),
]


@pytest.mark.parametrize("policy", Policy)
async def test_results_equal_the_fold_of_the_counting_events(stores: Stores, policy: Policy) -> None:
    """Compare the results with a reference that shares no code, on boards of all kinds, with many ties."""
    random = Random(11)
    await stores.players(*range(1, 6))
    for order, subscore_order, style in COMBINATIONS:
        board = await stores.board(policy=policy, order=order, subscore_order=subscore_order, rank_style=style)
        challenge = challenge_on(board, starts_at=10, ends_at=20)
        events = [random_event(random, with_subscore=subscore_order is not None) for _ in range(40)]
        await stores.scores.record([Submission([Ladder(board)], event) for event in events])
        counting = [event for event in events if 10 <= event.achieved_at < 20 and event.user_id != 5]
        challenge = challenge._replace(late_until=2**62)
        standings = await stores.challenges.standings(board, challenge, [1, 2, 3, 4])
        shows = subscore_order is not None
        lines = [
            Line(rank, s.user_id, s.score, s.submissions, s.achieved_at, s.metadata, s.subscore if shows else None)
            for rank, s in ranked_standings(board, standings)
        ]
        assert lines == Oracle(board, counting).lines


def random_event(random: Random, *, with_subscore: bool) -> Event:
    number = next(numbers)
    return Event(
        random.randint(1, 5),
        UUID(int=number),
        random.choice([-2, 0, 0, 1, 2]),
        random.randint(8, 21),
        f'{{"n": {number}}}',
        random.choice([0, 0, 1]) if with_subscore else 0,
        random.choice([0, number]),
    )


async def test_only_events_of_the_time_span_count_that_arrived_in_time(stores: Stores) -> None:
    board = await stores.board(policy=Policy.SUM)
    ladder = Ladder(board)
    await stores.players(1, 2)
    challenge = challenge_on(board, starts_at=100, ends_at=200)
    stores.clock.ms = challenge.late_until - 1
    await stores.scores.record([submit(ladder, 1, 2**i, at=at) for i, at in enumerate((99, 100, 199, 200))])
    stores.clock.ms = challenge.late_until
    await stores.scores.record([submit(ladder, 1, 1000, at=150), submit(ladder, 2, 1000, at=150)])
    assert await scores(stores, board, challenge, 1, 2) == {1: 6}
    assert await scores(stores, await stores.board(policy=Policy.SUM), challenge, 1, 2) == {}


async def test_a_partial_sum_beyond_the_range_is_limited(stores: Stores) -> None:
    board = await stores.board(policy=Policy.SUM)
    ladder = Ladder(board)
    await stores.players(1)
    for score, at in ((-MAX_INTEGER, 0), (MAX_INTEGER, 5), (MAX_INTEGER, 6)):
        assert not isinstance((await stores.scores.record([submit(ladder, 1, score, at=at)]))[0], LeaderForgeError)
    challenge = challenge_on(board, starts_at=5)._replace(late_until=2**62)
    assert await scores(stores, board, challenge, 1) == {1: MAX_INTEGER}


async def test_removed_submissions_do_not_count(stores: Stores) -> None:
    board = await stores.board(policy=Policy.BEST)
    ladder = Ladder(board)
    await stores.players(1, 2, 3)
    best = submit(ladder, 1, 50, id=901)
    await stores.scores.record([best, submit(ladder, 1, 40), submit(ladder, 2, 30), submit(ladder, 3, 20)])
    challenge = challenge_on(board)._replace(late_until=2**62)
    assert await scores(stores, board, challenge, 1, 2, 3) == {1: 50, 2: 30, 3: 20}
    act = AuditEntry(5, "tests", "entry.remove")
    await stores.moderation.set_submission_removed(board, 1, best.event.submission_id, True, act)
    await stores.moderation.remove(board, 2, act)
    await stores.moderation.remove_from(ladder, 3, act)
    assert await scores(stores, board, challenge, 1, 2, 3) == {1: 40}
    await stores.moderation.set_submission_removed(board, 1, best.event.submission_id, False, act)
    assert await scores(stores, board, challenge, 1, 2, 3) == {1: 50}


@pytest.mark.parametrize("policy", Policy)
async def test_a_set_score_changes_no_result_that_is_settled(stores: Stores, policy: Policy) -> None:
    board = await stores.board(policy=policy)
    ladder, challenge = Ladder(board), challenge_on(board, starts_at=100, ends_at=200)
    await stores.players(1, 2, 3)
    stores.clock.ms = 150
    await stores.scores.record([submit(ladder, user_id, 10 * user_id, at=150) for user_id in (1, 2, 3)])

    async def set_score(user_id: int, score: int, at: int) -> None:
        stores.clock.ms = at
        act = AuditEntry(at, "tests", "entry.set", board.slug, user_id)
        await stores.moderation.set_score(submit(ladder, user_id, score, at=at), act)

    await set_score(1, 5, challenge.late_until - 1)
    assert await scores(stores, board, challenge, 1, 2, 3) == {2: 20, 3: 30}
    await set_score(2, 5, challenge.late_until)
    await set_score(2, 6, challenge.late_until + 1)
    await set_score(3, 5, challenge.late_until)
    assert await scores(stores, board, challenge, 1, 2, 3) == {2: 20, 3: 30}
    # The removal by a moderator changes the result.
    await stores.moderation.remove(board, 3, AuditEntry(challenge.late_until + 2, "tests", "entry.remove"))
    assert await scores(stores, board, challenge, 1, 2, 3) == {2: 20}


async def test_hidden_players_are_known(stores: Stores) -> None:
    board, other = await stores.board(), await stores.board()
    await stores.players(1, 2, 3, 4)
    await stores.scores.record([submit(Ladder(board), i, 5) for i in (1, 2, 3)])
    await stores.scores.record([submit(Ladder(other), 3, 5)])
    act = AuditEntry(5, "tests", "entry.hide")
    await stores.moderation.set_entry_hidden(board, 1, True, act)
    await stores.moderation.set_player_hidden(4, True, act)
    await stores.moderation.set_entry_hidden(other, 3, True, act)
    assert await stores.challenges.hidden(board, [1, 2, 3, 4]) == {1, 4}
    await stores.moderation.set_player_hidden(4, False, act)
    assert await stores.challenges.hidden(board, [2, 3, 4]) == set()


async def test_blocks_prevent_joining(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1, 2, 3, 4)
    challenge = await create(stores, challenge_on(board))
    await stores.friends.block(1, 2, 5)
    await stores.friends.block(3, 1, 5)
    assert isinstance(await join(stores, challenge, 2), ChallengeBlocked)
    assert isinstance(await join(stores, challenge, 3), ChallengeBlocked)
    await stores.friends.unblock(1, 2)
    assert isinstance(await join(stores, challenge, 2), Challenge)
    # A block between two players who have both joined before does not end their challenge.
    await stores.friends.block(2, 1, 6)
    assert await players(stores, challenge) == [(1, 1), (2, 2)]


async def test_an_erasure_removes_the_player_and_keeps_the_place(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1, 2, 3)
    challenge = await create(stores, challenge_on(board, max_players=2))
    await join(stores, challenge, 2)
    [(exported_board, played)] = (await stores.participation.of_player(2)).challenges
    assert (exported_board.slug, played.challenge.invitation) == (board.slug, challenge.invitation)
    await stores.records.erase(1, AuditEntry(9, "tests", "player.erase"))
    assert await players(stores, challenge) == [(2, 2)]
    assert isinstance(await join(stores, challenge, 3), ChallengeFull)
    await stores.players(1)
    assert (await stores.participation.of_player(1)).challenges == []


async def test_a_removed_challenge_is_gone_with_its_players(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1, 2)
    challenge, other = await create(stores, challenge_on(board)), await create(stores, challenge_on(board))
    await join(stores, challenge, 2)
    await stores.challenges.remove(challenge.invitation, ACT)
    assert await stores.challenges.find(challenge.invitation) is None
    assert await players(stores, challenge) == []
    assert [played.challenge for played in await stores.challenges.of_player(1)] == [other]
    assert [audited.entry for audited in await stores.audit.entries(AuditFilter(action=ACT.action), 9)] == [ACT]
    with pytest.raises(ChallengeNotFound):
        await stores.challenges.remove(challenge.invitation, ACT)


async def test_a_purge_deletes_the_challenges_that_ended_first(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1, 2)
    ended = [challenge_on(board, ends_at=at) for at in (30, 10, 20)]
    for challenge in ended:
        await create(stores, challenge)
    assert await stores.challenges.purge(30, 1) == 1
    assert await stores.challenges.find(ended[1].invitation) is None
    assert await stores.challenges.purge(30, 9) == 1
    assert await stores.challenges.purge(30, 9) == 0
    assert [played.challenge for played in await stores.challenges.of_player(1)] == [ended[0]]


async def test_the_challenges_of_a_deleted_board_do_not_count_and_are_purged(stores: Stores) -> None:
    gone, board = await stores.board(), await stores.board()
    await stores.players(1, 2)
    deleted = [await create(stores, challenge_on(gone)) for _ in range(3)]
    await join(stores, deleted[0], 2)
    await stores.scores.delete_board(gone.slug, ACT)
    assert await stores.challenges.of_player(1) == []
    remaining = await create(stores, challenge_on(board))
    await stores.scores.forget_board(gone)
    assert [await stores.challenges.find(challenge.invitation) for challenge in deleted] == [None] * 3
    assert await players(stores, deleted[0]) == []
    assert [played.challenge for played in await stores.challenges.of_player(1)] == [remaining]
