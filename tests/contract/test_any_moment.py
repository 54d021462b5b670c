"""Reads at any moment of a random history equal a reference program, for 1, 8 and 32 partitions.

The history has submissions, changes of attributes and teams, acts of moderators, erasures, renames, friends, and
changes of the rank styles and tiers of boards. At each moment, segment ranks, team scores, friends' ranks, and tiers
are compared. At the end they are compared again at past moments, with the rank styles and tiers of then.
The long form takes its size from the environment:

    LEADERFORGE_TEST_HISTORY=200000 .venv/bin/pytest -m long -k postgres --log-cli-level=INFO \
        -o faulthandler_timeout=0 tests/contract/test_any_moment.py
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from time import perf_counter

import pytest

from leaderforge.adapters.postgres.moment_store import PostgresMoments
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.domain.boards import Ladder
from leaderforge.services.moment_comparison import MomentComparison
from tests.acceptance.conftest import lasting_belief
from tests.contract.index_fixtures import cluster, new_redis_index
from tests.contract.store_fixtures import Database
from tests.history_acts import Acts
from tests.history_checks import Comparison, Expected, Read
from tests.history_reference import DAY_MS, View
from tests.history_world import World
from tests.index_contents import contents

__all__ = ["cluster", "lasting_belief"]

LOG = logging.getLogger(__name__)

pytestmark = pytest.mark.usefixtures("lasting_belief")

PARTITIONS = (1, 8, 32)
LONG = int(os.environ.get("LEADERFORGE_TEST_HISTORY", "4000"))
"""Submissions of the long form."""
MOMENTS = int(os.environ.get("LEADERFORGE_TEST_MOMENTS", LONG // 200))
"""Moments of the long form."""
LIVE_S = float(os.environ.get("LEADERFORGE_TEST_SECONDS", "inf")) * 0.7
"""Time in s after which the long history ends early. The comparison with past moments takes the rest of the time."""
IN_FLIGHT = 12
"""Maximum number of concurrent reads. With more, reads on a slow machine would exceed their time limit of 10 s."""
REPORTED = 50
"""Number of moments after which the progress is logged."""
CHECKPOINTS = 400
"""Number of submissions of a history, divided by the changes between two checkpoints."""
NEW_STATES = 4_000
"""Number of new states after which a checkpoint gets new keys. It is small, so that a long history has many scans."""

Views = Mapping[tuple[str, int], View]
"""Views by board and period."""


class Tour:
    """Random history of a world, and the views of all boards at its moments (ms).

    Reads of a moment run concurrently. The history goes on only after all of them. `players` is the number of players
    whose reads are compared for each board and moment.
    """

    def __init__(self, world: World, players: int) -> None:
        self._world, self._acts = world, Acts(world)
        self._players = players
        self._moments: dict[int, Views] = {}
        self._compared = {"present": 0, "past": 0}
        self._elapsed_s = dict.fromkeys(("history", "teams", "checkpoints", "present", "past"), 0.0)

    async def live(self, submissions: int, moments: int) -> None:
        """Make the history. Compare the reads of all boards at each moment, through every index."""
        world = self._world
        for number in range(1, moments + 1):
            with self._timed("history"):
                await self._submit(submissions * number // moments)
            with self._timed("teams"):
                await world.settle()
            with self._timed("checkpoints"):
                await self._add_checkpoints(submissions // CHECKPOINTS)
            with self._timed("present"):
                await self._compare_present()
            self._report(number, moments)
            # Some days pass in the course of the history.
            world.set_now(world.now + world.random.choice((1, DAY_MS // 100, DAY_MS // 40)))
            if sum(self._elapsed_s.values()) > LIVE_S:
                break

    async def look_back(self) -> None:
        """Compare the reads at all moments again, now that they are past."""
        world = self._world
        for number, (at, views) in enumerate(self._moments.items(), 1):
            product = world.products[number % len(PARTITIONS)]
            expected = {place: Expected(view, world.erased) for place, view in views.items()}
            with self._timed("past"):
                past = [Comparison(world, product, place, expected[place], at=at) for place in views]
                self._compared["past"] += await self._compare(past)
            self._report(number, len(self._moments))

    async def _submit(self, due: int) -> None:
        while self._world.submitted < due:
            await self._acts.step()

    async def _compare_present(self) -> None:
        world = self._world
        views = {place: world.view(*place) for place in world.places()}
        self._moments[world.now] = views
        expected = {place: Expected(view) for place, view in views.items()}
        present = [Comparison(world, p, place, expected[place]) for place in views for p in world.products]
        self._compared["present"] += await self._compare(present)

    async def _compare(self, comparisons: Sequence[Comparison]) -> int:
        """Make the reads of all comparisons, many at a time. Return the number of compared answers."""
        reads = (read for comparison in comparisons for read in comparison.reads(self._players))
        async with asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(make(reads))
        return sum(comparison.count for comparison in comparisons)

    async def _add_checkpoints(self, changes: int) -> None:
        async def add(ladder: Ladder) -> None:
            while await self._world.stores.moments.add_checkpoint(ladder, changes, self._world.now):
                pass

        await asyncio.gather(*(add(self._world.ladder(*place)) for place in self._world.places()))

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        started = perf_counter()
        yield
        self._elapsed_s[part] += perf_counter() - started

    def _report(self, number: int, moments: int) -> None:
        if number % REPORTED == 0 or number == moments:
            seconds = {part: round(elapsed, 1) for part, elapsed in self._elapsed_s.items()}
            counts = self._world.submitted, self._compared, seconds
            LOG.info("moment %d of %d, %d submissions, compared answers %s, seconds %s", number, moments, *counts)


async def make(reads: Iterator[Read]) -> None:
    """Make reads one after another. Concurrent calls share the iterator."""
    for read in reads:
        await read


@pytest.fixture
async def world(request: pytest.FixtureRequest, database: Database, cluster: Cluster) -> AsyncIterator[World]:
    population: int = request.param
    database = replace(database, moments=PostgresMoments(database.pool, block=64, new_states=NEW_STATES))
    indexes = [new_redis_index(cluster, partitions) for partitions in PARTITIONS]
    history = World(database, indexes, Random(population), population)
    await history.start()
    yield history
    await history.close()


@pytest.mark.parametrize(
    ("world", "submissions", "moments", "players"),
    [(40, 800, 4, 2), pytest.param(1_500, LONG, MOMENTS, 1, marks=pytest.mark.long)],
    indirect=["world"],
    ids=["short", "long"],
)
async def test_every_read_equals_the_reference_program(
    world: World, submissions: int, moments: int, players: int, database: Database, cluster: Cluster
) -> None:
    tour = Tour(world, players)
    await tour.live(submissions, moments)
    assert any(board.earlier_settings for board in world.boards.values())
    await tour.look_back()
    for product in world.products:
        before = await contents(cluster, product.index, has_all_names=True)
        assert (await product.maintain.verify()).clean
        await product.maintain.rebuild()
        assert await contents(cluster, product.index, has_all_names=True) == before
    assert await world.team_scores.faults() == []
    assert await MomentComparison(database.scores, database.moments).faults() == []
