"""Fed submissions: a submission and all its fed submissions count in one transaction, or none of them counts."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any
from uuid import UUID

import pytest

from leaderforge.domain.acceptance import accept
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy, ScoreLimits
from leaderforge.domain.errors import (
    Conflict,
    LeaderForgeError,
    PlayerNotFound,
    RuleViolated,
    ScoreOutOfRange,
    StoreUnavailable,
    SubmissionConflict,
)
from leaderforge.domain.feeding import with_feeds
from leaderforge.domain.feeds import Feed
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.standings import Standing
from leaderforge.domain.submissions import Recorded, Submission
from tests.contract.interrupting import interrupted
from tests.contract.store_fixtures import Database, Stores, numbers

NOON = 1_795_435_200_000
DAY = 86_400_000
CALENDAR = Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY))
TERMINATE = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where state = 'idle in transaction' and datname = current_database()
"""
ALL_ONCE = {"laps": (80, 1), "coins": (6, 1), "deaths": (1, 1), "runs": (80, 1)}
NOBODY = 99
"""Id of a player who does not exist."""


class World:
    """Board `laps`, which feeds `coins` (a sum), `deaths` (best, ascending) and `runs` (the latest score)."""

    def __init__(self, stores: Stores, laps: Board, targets: Mapping[str, Board]) -> None:
        self.stores = stores
        self.laps = laps
        self.targets = targets

    @classmethod
    async def create(cls, stores: Stores, **limits: ScoreLimits) -> "World":
        """Return a world with four players. `limits` are the limits of the boards."""
        await stores.players(1, 2, 3, 4)
        policies: Mapping[str, dict[str, Any]] = {
            "coins": {"policy": Policy.SUM, "calendar": CALENDAR},
            "deaths": {"policy": Policy.BEST, "order": Order.ASC},
            "runs": {"policy": Policy.LATEST},
        }
        targets = {
            name: await stores.board(**settings, limits=limits.get(name, ScoreLimits()))
            for name, settings in policies.items()
        }
        feeds = tuple(Feed(board.slug, None if name == "runs" else name) for name, board in targets.items())
        own = limits.get("laps", ScoreLimits())
        laps = await stores.board(policy=Policy.BEST, order=Order.ASC, limits=own, feeds=feeds)
        return cls(stores, laps, targets)

    def submission(
        self, score: int, *, user_id: int = 1, number: int | None = None, at: int = 0, **named: int
    ) -> Submission:
        """Return a submission to `laps` with named numbers and its fed submissions. `number` is the submission id."""
        submission_id = UUID(int=next(numbers) if number is None else number)
        plain = self.plain(self.laps, score, user_id=user_id, submission_id=submission_id, at=at, **named)
        by_slug = {board.slug: board for board in self.targets.values()}
        return with_feeds(plain, by_slug, now=NOON + at, grace_ms=0)

    def plain(
        self, board: Board, score: int, *, submission_id: UUID, user_id: int = 1, at: int = 0, **named: int
    ) -> Submission:
        """Return a submission to one board."""
        return accept(
            board,
            user_id=user_id,
            submission_id=submission_id,
            score=score,
            subscore=None,
            metadata=None,
            requested_at=NOON + at,
            received_us=(NOON + at) * 1000 + next(numbers) % 1000,
            now=NOON + at,
            grace_ms=0,
            numbers=json.dumps(named) if named else None,
        )

    async def record(self, *submissions: Submission) -> Sequence[Recorded | LeaderForgeError]:
        return await self.stores.scores.record(submissions)

    async def recorded(self, *submissions: Submission) -> Sequence[Recorded]:
        outcomes = await self.record(*submissions)
        assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
        return [outcome for outcome in outcomes if isinstance(outcome, Recorded)]

    async def scores(self, user_id: int = 1) -> dict[str, tuple[int, int]]:
        """Return score and number of submissions of a player's all-time standings by the name of the board."""
        boards = {"laps": self.laps, **self.targets}
        standings = {name: await self.standing(board, user_id) for name, board in boards.items()}
        return {name: (s.score, s.submissions) for name, s in standings.items() if s is not None and not s.removed}

    async def standing(self, board: Board, user_id: int) -> Standing | None:
        standings = await self.stores.scores.standings(Ladder(board), [user_id])
        return standings[0] if standings else None


def of_feeds(recorded: Recorded) -> dict[int, int]:
    """Return the score on the main ladder of each target, by the board id of the target."""
    return {fed.board.id: of_fed.standing.score for fed, of_fed in recorded.fed}


async def test_all_boards_count_a_submission(stores: Stores) -> None:
    world = await World.create(stores)
    first, second = await world.recorded(
        world.submission(90, coins=5, deaths=2), world.submission(80, user_id=2, coins=7)
    )
    ids = {name: board.id for name, board in world.targets.items()}
    assert of_feeds(first) == {ids["coins"]: 5, ids["deaths"]: 2, ids["runs"]: 90}
    assert of_feeds(second) == {ids["coins"]: 7, ids["runs"]: 80}
    await world.recorded(world.submission(85, coins=10, deaths=3, at=5))
    assert await world.scores() == {"laps": (85, 2), "coins": (15, 2), "deaths": (2, 2), "runs": (85, 2)}
    assert await world.scores(2) == {"laps": (80, 1), "coins": (7, 1), "runs": (80, 1)}
    [today] = [lad for lad in world.targets["coins"].ladders_at(NOON) if lad.period]
    assert [s.score for s in await stores.scores.standings(today, [1])] == [15]


async def test_a_repeat_counts_nowhere_and_shows_all_boards(stores: Stores) -> None:
    world = await World.create(stores)
    [first] = await world.recorded(world.submission(90, number=7, coins=5, deaths=2))
    [again] = await world.recorded(world.submission(90, number=7, coins=5, deaths=2))
    assert (first.duplicate, again.duplicate) == (False, True)
    assert of_feeds(again) == of_feeds(first)
    assert all(of_fed.duplicate for _, of_fed in again.fed)
    [conflict] = await world.record(world.submission(90, number=7, coins=6, deaths=2))
    assert isinstance(conflict, SubmissionConflict)
    assert await world.scores() == {"laps": (90, 1), "coins": (5, 1), "deaths": (2, 1), "runs": (90, 1)}


async def test_copies_in_one_batch_count_once(stores: Stores) -> None:
    world = await World.create(stores)
    copies = [world.submission(90, number=7, coins=5, deaths=2) for _ in range(3)]
    outcomes = await world.recorded(*copies, world.submission(70, coins=1))
    assert [outcome.duplicate for outcome in outcomes] == [False, True, True, False]
    assert {len(outcome.fed) for outcome in outcomes[:3]} == {3}
    assert await world.scores() == {"laps": (70, 2), "coins": (6, 2), "deaths": (2, 1), "runs": (70, 2)}


@pytest.mark.parametrize(
    ("board", "limits"),
    [
        ("laps", ScoreLimits(min_interval_ms=1000)),
        ("coins", ScoreLimits(min_interval_ms=1000)),
        ("deaths", ScoreLimits(max_change=3)),
    ],
)
async def test_a_refusal_by_one_board_refuses_all(stores: Stores, board: str, limits: ScoreLimits) -> None:
    world = await World.create(stores, **{board: limits})
    await world.recorded(world.submission(90, coins=5, deaths=2))
    before = await world.scores()
    refused, other = await world.record(
        world.submission(80, coins=6, deaths=9, at=10, number=8), world.submission(80, user_id=2, coins=6, at=10)
    )
    assert isinstance(refused, RuleViolated)
    if board != "laps":
        slug = world.targets[board].slug
        assert refused.message.startswith(f"board {slug!r}, which board {world.laps.slug!r} feeds: ")
        assert refused.details["board"] == slug
    assert isinstance(other, Recorded)
    assert await world.scores() == before
    # The refused submission left no event: its id is free.
    [later] = await world.recorded(world.submission(80, coins=6, deaths=2, at=5000, number=8))
    assert not later.duplicate
    assert (await world.scores())["coins"] == (11, 2)


async def test_a_sum_beyond_the_range_refuses_all(stores: Stores) -> None:
    world = await World.create(stores)
    await world.recorded(world.submission(90, coins=MAX_INTEGER))
    refused, other = await world.record(world.submission(80, coins=1), world.submission(80, user_id=2, coins=1))
    assert isinstance(refused, ScoreOutOfRange)
    slug = world.targets["coins"].slug
    assert refused.message.startswith(f"board {slug!r}, which board {world.laps.slug!r} feeds: ")
    assert refused.details == {"user_id": 1, "board": slug}
    assert isinstance(other, Recorded)
    assert await world.scores() == {"laps": (90, 1), "coins": (MAX_INTEGER, 1), "runs": (90, 1)}


async def test_the_refusal_of_a_sum_names_the_board_whose_sum_it_is(stores: Stores) -> None:
    await stores.players(1)
    targets = [await stores.board(policy=Policy.SUM) for _ in range(2)]
    feeds = tuple(Feed(board.slug, name) for board, name in zip(targets, ("gold", "gems"), strict=True))
    world = World(stores, await stores.board(policy=Policy.SUM, feeds=feeds), {board.slug: board for board in targets})
    full = {"score": MAX_INTEGER - 1, "gold": MAX_INTEGER - 1, "gems": MAX_INTEGER - 1}
    await world.recorded(world.submission(**full))
    for name, concerned in ("score", {}), ("gold", {"board": targets[0].slug}), ("gems", {"board": targets[1].slug}):
        [refused] = await world.record(world.submission(**{"score": 0, "gold": 0, "gems": 0, name: 2}))
        assert isinstance(refused, ScoreOutOfRange)
        assert refused.details == {"user_id": 1, **concerned}


async def test_a_sum_that_leaves_the_range_within_a_batch_refuses_all(stores: Stores) -> None:
    world = await World.create(stores)
    batch = [world.submission(90 - number, coins=MAX_INTEGER, number=number) for number in (1, 2)]
    counted, refused, other = await world.record(*batch, world.submission(80, user_id=2, coins=1))
    assert [type(counted), type(refused), type(other)] == [Recorded, ScoreOutOfRange, Recorded]
    assert await world.scores() == {"laps": (89, 1), "coins": (MAX_INTEGER, 1), "runs": (89, 1)}


async def test_an_unknown_player_affects_no_other_submission(stores: Stores) -> None:
    world = await World.create(stores)
    missing, counted = await world.record(world.submission(1, user_id=NOBODY, coins=1), world.submission(2, coins=2))
    assert isinstance(missing, PlayerNotFound)
    assert isinstance(counted, Recorded)
    assert await world.scores() == {"laps": (2, 1), "coins": (2, 1), "runs": (2, 1)}


async def test_an_id_that_a_target_has_already_is_refused(stores: Stores) -> None:
    world = await World.create(stores)
    await world.recorded(world.plain(world.targets["coins"], 3, submission_id=UUID(int=5)))
    [refused] = await world.record(world.submission(90, number=5, coins=3))
    assert isinstance(refused, Conflict)
    assert refused.details["board"] == world.targets["coins"].slug
    assert await world.scores() == {"coins": (3, 1)}
    # Without the named number of the feed, the submission does not concern this target.
    await world.recorded(world.submission(90, number=5))
    assert await world.scores() == {"laps": (90, 1), "coins": (3, 1), "runs": (90, 1)}


async def test_a_target_takes_submissions_of_its_own_in_order(stores: Stores) -> None:
    world = await World.create(stores, coins=ScoreLimits(min_interval_ms=10))
    coins = world.targets["coins"]
    outcomes = await world.record(
        world.plain(coins, 1, submission_id=UUID(int=1), user_id=2),
        world.submission(90, number=2, coins=3),
        world.plain(coins, 3, submission_id=UUID(int=2)),
        world.plain(coins, 4, submission_id=UUID(int=3), at=5),
        world.submission(80, coins=5, at=20),
    )
    duplicates = [outcome.duplicate if isinstance(outcome, Recorded) else outcome.code for outcome in outcomes]
    assert duplicates == [False, False, True, "rule_violated", False]
    assert await world.scores() == {"laps": (80, 2), "coins": (8, 2), "runs": (80, 2)}


async def test_feeds_that_are_newer_than_a_submission_do_not_count_it(stores: Stores) -> None:
    world = await World.create(stores)
    unfed = world.submission(90, number=7, coins=5)._replace(fed=())
    await world.recorded(unfed)
    [again] = await world.recorded(world.submission(90, number=7, coins=5))
    assert (again.duplicate, again.fed) == (True, ())
    assert await world.scores() == {"laps": (90, 1)}


async def test_previous_standings_of_all_boards(stores: Stores) -> None:
    world = await World.create(stores)
    await world.recorded(world.submission(90, coins=5))
    [outcome] = await stores.scores.record([world.submission(80, coins=6, deaths=1)], previous=True)
    assert isinstance(outcome, Recorded)
    assert [place and place.score for place in outcome.previous] == [90]
    by_board = {fed.board.id: [place and place.score for place in o.previous] for fed, o in outcome.fed}
    ids = {name: board.id for name, board in world.targets.items()}
    assert by_board == {ids["coins"]: [5, 5], ids["deaths"]: [None], ids["runs"]: [90]}


async def test_removal_and_restoration_concern_all_boards(stores: Stores) -> None:
    world = await World.create(stores)
    await world.recorded(world.submission(90, coins=5), world.submission(80, number=7, coins=6, deaths=1, at=9))
    everything = await world.scores()
    changed = await set_removed(world, world.laps, 7, removed=True)
    assert {ladder.board.id for ladder, _ in changed} == {world.laps.id, *(b.id for b in world.targets.values())}
    assert await world.scores() == {"laps": (90, 1), "coins": (5, 1), "runs": (90, 1)}
    [gone] = await world.record(world.submission(80, number=7, coins=6, deaths=1, at=9))
    assert isinstance(gone, Conflict)
    assert await set_removed(world, world.laps, 7, removed=True) == []
    await set_removed(world, world.laps, 7, removed=False)
    assert await world.scores() == everything


async def test_removal_from_a_target_concerns_this_target_only(stores: Stores) -> None:
    world = await World.create(stores)
    await world.recorded(world.submission(80, number=7, coins=6, deaths=1))
    await set_removed(world, world.targets["coins"], 7, removed=True)
    assert await world.scores() == {"laps": (80, 1), "deaths": (1, 1), "runs": (80, 1)}
    [again] = await world.recorded(world.submission(80, number=7, coins=6, deaths=1))
    assert {fed.board.id for fed, _ in again.fed} == {world.targets["deaths"].id, world.targets["runs"].id}


@pytest.mark.parametrize("steps", [("set", True, False, True), (True, "set", False, True, False)])
async def test_a_set_score_replaces_fed_submissions_for_good(stores: Stores, steps: Sequence[str | bool]) -> None:
    """`steps` are setting the score of a target, and removals (True) and restorations (False) of the origin."""
    world = await World.create(stores)
    await world.recorded(world.submission(80, number=7, coins=6))
    coins = world.targets["coins"]
    for step in steps:
        if isinstance(step, bool):
            await set_removed(world, world.laps, 7, removed=step)
        else:
            new = world.plain(coins, 2, submission_id=UUID(int=8), at=1)
            await stores.moderation.set_score(new, AuditEntry(NOON + 1, "tests", "entry.set", coins.slug, 1))
    assert (await world.scores())["coins"] == (2, 1)
    # A restoration of the fed submission itself lets it count again.
    await set_removed(world, coins, 7, removed=False)
    assert (await world.scores())["coins"] == (8, 2)


async def set_removed(world: World, board: Board, number: int, *, removed: bool) -> Sequence[tuple[Ladder, Standing]]:
    act = AuditEntry(NOON, "tests", "submission.remove", board.slug, 1, "", {"submission_id": str(UUID(int=number))})
    fed = {feed.board for feed in board.feeds}
    targets = [target for target in world.targets.values() if target.slug in fed]
    return await world.stores.moderation.set_submission_removed(board, 1, UUID(int=number), removed, act, targets)


async def test_concurrent_batches_lose_nothing(stores: Stores) -> None:
    """Submit overlapping batches concurrently, with repeats, and compare with the set of all submissions."""
    world, random = await World.create(stores, coins=ScoreLimits(min_interval_ms=1)), Random(3)
    runs = [
        world.submission(random.randint(1, 99), user_id=random.randint(1, 4), at=i, coins=random.randint(1, 60))
        for i in range(60)
    ]
    batches = [random.sample(runs, 20) for _ in range(12)]
    results = await asyncio.gather(*(world.record(*batch) for batch in batches))
    sent = {s.event.submission_id: s for batch in batches for s in batch}
    outcomes = [outcome for result in results for outcome in result]
    assert all(isinstance(outcome, Recorded) and len(outcome.fed) == 2 for outcome in outcomes)
    assert sum(isinstance(outcome, Recorded) and not outcome.duplicate for outcome in outcomes) == len(sent)
    for user_id in range(1, 5):
        counted = [s for s in sent.values() if s.event.user_id == user_id]
        coins = sum(s.fed[0].event.score for s in counted)
        latest = max(counted, key=lambda s: s.event.achieved_at).event.score
        best = min(s.event.score for s in counted)
        expected = {"laps": (best, len(counted)), "coins": (coins, len(counted)), "runs": (latest, len(counted))}
        assert await world.scores(user_id) == expected


@pytest.mark.parametrize("statement", ["insert into standings", "select user_id from users where user_id"])
async def test_a_lost_connection_between_two_statements_counts_nothing(database: Database, statement: str) -> None:
    """End the connection of the transaction after the events are written, as a killed process or server would."""
    limited = ScoreLimits(min_interval_ms=1)
    world = await World.create(database, coins=limited, laps=limited)
    await world.recorded(world.submission(90, coins=5, deaths=2))
    before = await world.scores()
    submission = world.submission(80, coins=6, deaths=1, at=10)
    async with interrupted(database) as (stores, pool):
        pool.before(statement, lambda: database.run(TERMINATE))
        with pytest.raises(StoreUnavailable):
            await stores.scores.record([submission])
    assert await world.scores() == before
    [[events]] = await database.run("select count(*) from score_events")
    assert events == 4
    [counted] = await world.recorded(submission)
    assert (counted.duplicate, len(counted.fed)) == (False, 3)
    assert await world.scores() == {"laps": (80, 2), "coins": (11, 2), "deaths": (1, 2), "runs": (80, 2)}


async def test_a_failure_at_the_commit_counts_all_or_nothing(database: Database) -> None:
    """Repeat a submission whose answer was lost. Whether it was committed or not, it counts once on all boards."""
    world = await World.create(database)
    submission = world.submission(80, coins=6, deaths=1)
    task = asyncio.create_task(world.record(submission))
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await world.scores() in ({}, ALL_ONCE)
    [repeated] = await world.recorded(submission)
    assert len(repeated.fed) == 3
    assert await world.scores() == ALL_ONCE
