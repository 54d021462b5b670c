"""Reads at any moment of a random history equal a reference program, for 1, 8 and 32 partitions.

The history has submissions, changes of attributes and teams, acts of moderators, erasures, renames and friends. At each
moment, segment ranks, team scores and friends' ranks are compared. At the end they are compared again at past moments.
The long form takes its size from the environment:

    LEADERFORGE_TEST_HISTORY=200000 .venv/bin/pytest -m long -k postgres --log-cli-level=INFO \
        -o faulthandler_timeout=0 tests/contract/test_any_moment.py
"""

import logging
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from random import Random
from time import perf_counter

import pytest

from leaderforge.adapters.postgres.moment_store import PostgresMoments
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.services.moment_comparison import MomentComparison
from tests.acceptance.conftest import lasting_belief
from tests.contract.index_fixtures import cluster, new_redis_index
from tests.contract.store_fixtures import Database
from tests.history_acts import Acts
from tests.history_checks import Comparison
from tests.history_reference import DAY_MS, View
from tests.history_world import RULES, World
from tests.index_contents import contents

__all__ = ["cluster", "lasting_belief"]

LOG = logging.getLogger(__name__)

pytestmark = pytest.mark.usefixtures("lasting_belief")

PARTITIONS = (1, 8, 32)
SUBMISSIONS_A_MOMENT = 200
LONG = int(os.environ.get("LEADERFORGE_TEST_HISTORY", "4000"))
"""Submissions of the long form."""
CHECKPOINTS = 400
"""Number of submissions of a history, divided by the changes between two checkpoints."""

Views = Mapping[tuple[str, int], View]
"""Views by board and period."""


class Tour:
    """Random history of a world, and the views of all boards at its moments (ms)."""

    def __init__(self, world: World, database: Database) -> None:
        self._world, self._database = world, database
        self._acts = Acts(world)
        self._moments: dict[int, Views] = {}
        self._compared = {"present": 0, "past": 0}

    async def live(self, submissions: int) -> None:
        """Make the history. Compare the reads of all boards at each moment, through every index."""
        world, started = self._world, perf_counter()
        while world.submitted < submissions:
            due = world.submitted + SUBMISSIONS_A_MOMENT
            while world.submitted < due:
                await self._acts.step()
            await world.settle()
            await self._add_checkpoints(submissions // CHECKPOINTS)
            await self._compare_present()
            if len(self._moments) % 50 == 0:
                elapsed = round(perf_counter() - started)
                LOG.info("%d moments, %d submissions, %d s", len(self._moments), world.submitted, elapsed)
            # Some days pass in the course of the history.
            world.set_now(world.now + world.random.choice((1, DAY_MS // 100, DAY_MS // 40)))

    async def look_back(self) -> None:
        """Compare the reads at all moments again, now that they are past."""
        for number, (at, views) in enumerate(self._moments.items()):
            product = self._world.products[number % len(PARTITIONS)]
            for place, view in views.items():
                past = Comparison(self._world, product, place, view, at=at, without=self._world.erased)
                if place[0] in RULES:
                    await past.sample()
                    await past.earlier()
                else:
                    await past.whole()
                self._compared["past"] += past.count
        LOG.info("%d moments, compared answers: %s", len(self._moments), self._compared)

    async def _compare_present(self) -> None:
        world = self._world
        views = {place: world.view(*place) for place in world.places()}
        self._moments[world.now] = views
        for place, view in views.items():
            for product in world.products:
                present = Comparison(world, product, place, view)
                await (present.sample() if place[0] in RULES else present.whole())
                self._compared["present"] += present.count

    async def _add_checkpoints(self, changes: int) -> None:
        for place in self._world.places():
            await self._database.moments.add_checkpoint(self._world.ladder(*place), changes, self._world.now)


@pytest.fixture
async def world(request: pytest.FixtureRequest, database: Database, cluster: Cluster) -> AsyncIterator[World]:
    population: int = request.param
    database = replace(database, moments=PostgresMoments(database.pool, block=16))
    indexes = [new_redis_index(cluster, partitions) for partitions in PARTITIONS]
    history = World(database, indexes, Random(population), population)
    await history.start()
    yield history
    await history.close()


@pytest.mark.parametrize(
    ("world", "submissions"),
    [(40, 800), pytest.param(1_500, LONG, marks=pytest.mark.long)],
    indirect=["world"],
    ids=["short", "long"],
)
async def test_every_read_equals_the_reference_program(
    world: World, submissions: int, database: Database, cluster: Cluster
) -> None:
    tour = Tour(world, database)
    await tour.live(submissions)
    await tour.look_back()
    for product in world.products:
        before = await contents(cluster, product.index, has_all_names=True)
        assert (await product.maintain.verify()).clean
        await product.maintain.rebuild()
        assert await contents(cluster, product.index, has_all_names=True) == before
    assert await world.team_scores.faults() == []
    assert await MomentComparison(database.scores, database.moments).faults() == []
