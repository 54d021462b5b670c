"""The scheduled function settles weeks of a league as the reference program does."""

import asyncio
from dataclasses import replace
from functools import partial
from random import Random
from time import time

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board
from leaderforge.domain.league import Inactivity, Zone
from leaderforge.domain.reward_tables import reward_table_of
from leaderforge.embedded import PostgresServer
from local_cloud.stack import LocalCloud
from tests.contract.league_world import START, WEEK_MS, LeagueWorld, Weeks, league
from tests.contract.store_fixtures import opened
from tests.waiting import until

FIRST_PLAYER = 100_000
WEEKS = 2
REWARDS = (
    {"reward": "podium", "last_rank": 3, "payload": {}},
    {"reward": "promoted", "league": {"movement": "promoted"}, "payload": {}},
)


def past_monday() -> int:
    """Return the start (ms) of a past week that is followed by `WEEKS` past weeks."""
    weeks = (int(time() * 1000) - START) // WEEK_MS
    return START + (weeks - WEEKS - 1) * WEEK_MS


@pytest.mark.parametrize("players", [200, pytest.param(5_000, marks=pytest.mark.long)])
async def test_the_scheduled_function_settles_as_the_reference(
    cloud: LocalCloud, cloud_postgres: PostgresServer, players: int
) -> None:
    start = past_monday()
    rules = league(30, promotion=Zone(places=5), relegation=Zone(percent=20), inactive=Inactivity.RELEGATE, since=start)
    table = reward_table_of({"period": "weekly", "rewards": list(REWARDS)}, start)
    async for database in opened(cloud_postgres.dsn):
        world = await LeagueWorld.of(database, rules, table, start)
        await store_league(world, replace(world.board, league=None, rewards=None))
        weeks = Weeks(world, Random(3), [])
        await weeks.create(range(FIRST_PLAYER * players, FIRST_PLAYER * players + players))
        for _ in range(WEEKS):
            await weeks.play(active=0.7, arrivals=players // 20)
            await weeks.moderate(0.01)
            await weeks.require_reference(await weeks.end(partial(settle, cloud, world)))


async def settle(cloud: LocalCloud, world: LeagueWorld) -> None:
    """Return once the scheduled function has settled the week that has been played.

    The played week is in the past, and the scheduled function would settle it while scores are still submitted.
    Therefore the stored board has a league only during this call.
    """
    await store_league(world, world.board)
    await until(lambda: is_settled(cloud, world), "the scheduled function to settle the week", every=1.0)
    await store_league(world, replace(world.board, league=None, rewards=None))
    # The function runs one call at a time. When it accepts this call, an earlier call that still read the league is
    # over.
    await until(lambda: is_maintained(cloud), "the scheduled function to end", every=1.0)


async def store_league(world: LeagueWorld, board: Board) -> None:
    """Store the league and the rewards of this board."""
    entry = AuditEntry(world.now, "tests", "board.change", board.slug)
    await world.database.scores.change_board(
        board.slug, lambda stored: replace(stored, league=board.league, rewards=board.rewards), entry
    )


async def is_settled(cloud: LocalCloud, world: LeagueWorld) -> bool:
    """Call the scheduled function, which searches for due settlements at most every 5 s.

    Return whether all weeks are settled.
    """
    await is_maintained(cloud)
    return not await world.settlement().due()


async def is_maintained(cloud: LocalCloud) -> bool:
    """Call the scheduled function. Return False if the schedule runs it at this moment."""
    functions = cloud.client("lambda")
    try:
        await asyncio.to_thread(functions.invoke, FunctionName="tests-maintain", Payload=b"{}")
    except functions.exceptions.TooManyRequestsException:
        return False
    return True
