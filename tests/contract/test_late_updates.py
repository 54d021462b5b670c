"""Late updates of the index by a frozen process. They do not bring back data that was erased meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from leaderforge.adapters.clock import now_ms
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.domain.boards import Ladder
from leaderforge.domain.players import Player
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.ports.index import LadderUpdate
from leaderforge.services.entries import Lookup
from leaderforge.services.receipts import WITHOUT_RANK
from leaderforge.services.submit import SubmitService
from tests.contract.index_fixtures import cluster, new_redis_index
from tests.contract.store_fixtures import Database
from tests.delivering import Link, Process
from tests.waiting import until

__all__ = ["cluster"]


class Freezer(Link):
    """Access of a process to the index. The process freezes between its commit and the update of the index."""

    def __init__(self, index: RedisIndex) -> None:
        super().__init__(index)
        self.frozen, self.thaw = asyncio.Event(), asyncio.Event()

    async def apply_all(self, updates: Sequence[LadderUpdate]) -> Any:
        self.frozen.set()
        await self.thaw.wait()
        return await self._index.apply_all(updates)


class Late:
    """Two processes on one store and one index. The first one commits a submission and freezes."""

    def __init__(self, database: Database, index: RedisIndex, ladder: Ladder) -> None:
        self.database, self.index, self.ladder = database, index, ladder
        parts = database.scores, database.users
        self.way = Freezer(index)
        self.frozen = Process(*parts, self.way, database.processes)  # type: ignore[arg-type]  # forwards all calls
        self.process = Process(*parts, index, database.processes)
        self.records = database.record_service(self.process.delivery, now_ms)

    async def freeze(self) -> asyncio.Task[Any]:
        """Commit a score of player 1, and freeze the process. Return the task, which continues after `thaw`."""
        process = self.frozen
        submits = SubmitService(self.database.scores, process.delivery, process.trust, process.telemetry)
        event = Event(1, UUID(int=1), 5, now_ms())
        submitting = asyncio.create_task(submits.submit(Submission([self.ladder], event), WITHOUT_RANK))
        await self.way.frozen.wait()
        return submitting

    async def ranked(self) -> Sequence[int]:
        """Return the players among 1 and 2 that are ranked in the index."""
        lookup = await self._looked_up()
        # On a loaded machine, a read may stop waiting for the catch-up, and read from the store. Then retry.
        while lookup.source is not Source.INDEX:
            await until(self.process.trust.is_believed, "the index to be believed")
            lookup = await self._looked_up()
        assert (await self.process.query.top(self.ladder, 10)).total == len(lookup.entries)
        return [entry.user_id for entry, _ in lookup.entries]

    async def _looked_up(self) -> Lookup:
        return await self.process.query.lookup(self.ladder, [1, 2])


@pytest.fixture
async def late(database: Database, cluster: Cluster) -> AsyncIterator[Late]:
    ladder = await database.ladder()
    made = Late(database, new_redis_index(cluster, 3), ladder)
    await database.players(1, 2)
    await made.process.maintain.rebuild()
    [recorded] = await database.scores.record([Submission([ladder], Event(2, UUID(int=2), 3, now_ms()))])
    await made.process.delivery.moderated([(ladder, recorded.standing)])  # type: ignore[union-attr]
    yield made
    await asyncio.gather(made.frozen.trust.close(), made.process.trust.close())


@pytest.mark.parametrize("repair", ["rebuild", "nothing"])
async def test_an_erased_player_stays_gone(late: Late, repair: str) -> None:
    submitting = await late.freeze()
    await late.records.erase(1, "key:ops")
    if repair == "rebuild":
        await late.process.maintain.rebuild()
    late.way.thaw.set()
    await submitting
    assert await late.ranked() == [2]
    assert (await late.process.maintain.verify()).clean


async def test_an_erased_player_stays_gone_though_the_process_of_the_erasure_died(late: Late) -> None:
    submitting = await late.freeze()
    await late.records.erase(1, "key:ops")
    # Empty the index: then only the store has the erasure, as if the erasing process had died before it updated the
    # index.
    await late.index.begin_rebuild([late.ladder], range(3))
    assert await late.process.maintain.reconcile() == 1
    late.way.thaw.set()
    await submitting
    assert await late.ranked() == [2]


async def test_a_player_created_anew_is_not_replaced_by_the_erased_one(late: Late) -> None:
    submitting = await late.freeze()
    await late.records.erase(1, "key:ops")
    await late.database.users.create([Player(1, "Ada", None, now_ms())])
    await late.process.maintain.rebuild()
    anew = Submission([late.ladder], Event(1, UUID(int=3), 1, now_ms()))
    [recorded] = await late.database.scores.record([anew])
    await late.process.delivery.moderated([(late.ladder, recorded.standing)])  # type: ignore[union-attr]
    late.way.thaw.set()
    await submitting
    assert await late.ranked() == [2, 1]
    assert (await late.index.rows(late.ladder, [1]))[1].submissions == 1
    assert (await late.process.maintain.verify()).clean
