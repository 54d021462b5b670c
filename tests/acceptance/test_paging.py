"""Stable pages. A player whose rank does not change appears exactly once, in both directions of paging."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from random import Random
from typing import Any, NamedTuple

import pytest

from leaderforge.domain.players import Player
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.acceptance.crowds import crowd

BATCH, RATE = 10, 40
"""Submissions per batch, and batches per second."""
A_PAGE = 2
"""Minimum number of submissions between the reads of two pages."""
_IN_FLIGHT = 5


class Size(NamedTuple):
    """Size of a board, in players and in pages."""

    players: int
    pages: int

    @property
    def limit(self) -> int:
        """Number of entries on a page."""
        return self.players // self.pages

    @property
    def newcomers(self) -> range:
        return range(self.players + 1, self.players + 501)

    @property
    def moving(self) -> set[int]:
        """Players that submit during the paging."""
        return {*range(1, self.players, 50), *self.newcomers}


@pytest.fixture(
    params=[
        Size(3_000, pages=30),
        *(pytest.param(Size(players, pages=100), marks=pytest.mark.long) for players in (20_000, 100_000)),
    ],
    ids=lambda s: str(s.players),
)
def size(request: pytest.FixtureRequest) -> Size:
    chosen: Size = request.param
    return chosen


@pytest.fixture
async def api(valkey, postgres, size: Size) -> AsyncIterator[Served]:
    async with served(environment(valkey.addresses, await new_database(postgres.dsn))) as api:
        await api.until_healthy()
        await crowd(api.services, size.players)
        await api.services.parts.users.create([Player(i, f"newcomer {i}", None, 0) for i in size.newcomers])
        yield api


class Load:
    """Submissions, at a constant rate, of players who move across the board."""

    def __init__(self, api: Served, size: Size) -> None:
        self._api = api
        self._random = Random(7)
        self._movers = sorted(size.moving)
        self._places = asyncio.Semaphore(_IN_FLIGHT)
        self._one_more = asyncio.Condition()
        self.accepted = 0

    async def run(self) -> None:
        """Submit until cancelled, with few submissions in flight."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        async with asyncio.TaskGroup() as submissions:
            for number in count():
                await asyncio.sleep(max(0.0, begun + number / RATE - clock()))
                await self._places.acquire()
                submissions.create_task(self._submit())

    async def reached(self, accepted: int) -> None:
        """Return once `accepted` submissions have been accepted."""
        async with self._one_more:
            await self._one_more.wait_for(lambda: self.accepted >= accepted)

    def _chosen(self) -> list[int]:
        return self._random.sample(self._movers, BATCH)

    async def _submit(self) -> None:
        try:
            batch = [{"user_id": i, "score": self._random.randint(-500, 2000)} for i in self._chosen()]
            answer = await self._api.post("/api/scores/batch?rank=none", {"submissions": batch})
            assert all("score" in one for one in answer.json()["results"]), answer.text
            async with self._one_more:
                self.accepted += BATCH
                self._one_more.notify_all()
        finally:
            self._places.release()


@asynccontextmanager
async def loaded(api: Served, size: Size) -> AsyncIterator[Load]:
    load = Load(api, size)
    running = asyncio.create_task(load.run())
    try:
        yield load
        assert not running.done(), running.result()
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_every_untouched_player_is_met_once_in_both_directions(api: Served, size: Size) -> None:
    untouched = set(range(1, size.players + 1)) - size.moving
    async with loaded(api, size) as load:
        forwards, last = await paged(api, load, f"rank=1&limit={size.limit}", "next")
        backwards, first = await paged(api, load, f"cursor={last['previous']}&limit={size.limit}", "previous")
    backwards.update(ids(last))
    for seen in (forwards, backwards):
        assert {user_id for user_id in untouched if seen[user_id] != 1} == set()
        assert set(seen) <= untouched | size.moving
    assert first["previous"] is None
    assert first["as_of"] > last["as_of"]


async def paged(api: Served, load: Load, query: str, follow: str) -> tuple[Counter[int], Any]:
    """Read the page of `query`, then all pages to an end of the board, by the cursors in the JSON member `follow`.

    Return how often each player appeared, and the last page.
    """
    seen: Counter[int] = Counter()
    limit = query.rpartition("limit=")[2]
    while True:
        answer = await api.get(f"/api/boards/default/page?{query}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen.update(ids(page))
        if page[follow] is None:
            return seen, page
        query = f"cursor={page[follow]}&limit={limit}"
        await load.reached(load.accepted + A_PAGE)


def ids(page: Any) -> list[int]:
    return [entry["user_id"] for entry in page["entries"]]
