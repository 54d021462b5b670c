import asyncio

import pytest

from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Board, Ladder
from leaderforge.ports import Applied
from leaderforge.services.entries import Page, Source
from leaderforge.services.top import Top, TopCache

LADDER = Ladder(Board(1, "board", "Board"))
LAST = b"m"


class Loader:
    """Loads tops, each told apart by its total, and can be held up."""

    def __init__(self) -> None:
        self.now = 1000
        self.loads = 0
        self.started = asyncio.Event()
        self.proceed = asyncio.Event()
        self.proceed.set()
        self.last: bytes | None = LAST

    async def __call__(self, ladder: Ladder, size: int) -> Top:
        self.loads += 1
        number = self.loads
        self.started.set()
        await self.proceed.wait()
        return Top(Page([], total=number, as_of=self.now, source=Source.INDEX), self.last)

    def clock(self) -> int:
        return self.now


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def cache(loader: Loader) -> TopCache:
    return TopCache(loader, loader.clock, Fanout([]), ttl_ms=500)


def update(key: bytes, previous: bytes | None = None) -> list[Applied]:
    return [Applied(key, previous, None)]


async def test_a_top_is_loaded_once_and_then_marked_as_cached(cache: TopCache, loader: Loader):
    first, second = await cache.get(LADDER, 10), await cache.get(LADDER, 5)
    assert (first.total, first.source) == (1, Source.INDEX)
    assert (second.total, second.source) == (1, Source.CACHE)
    assert loader.loads == 1


async def test_a_top_is_loaded_again_when_it_has_become_old(cache: TopCache, loader: Loader):
    await cache.get(LADDER, 10)
    loader.now += 499
    assert (await cache.get(LADDER, 10)).total == 1
    loader.now += 1
    assert (await cache.get(LADDER, 10)).total == 2


async def test_concurrent_readers_share_one_load(cache: TopCache, loader: Loader):
    pages = await asyncio.gather(*(cache.get(LADDER, 10) for _ in range(50)))
    assert {page.total for page in pages} == {1}
    assert loader.loads == 1


@pytest.mark.parametrize(
    ("applied", "kept"),
    [
        (update(b"z"), True),
        (update(b"z", b"y"), True),
        (update(b"a"), False),
        (update(LAST), False),
        (update(b"z", b"a"), False),
        ([], True),
    ],
)
async def test_only_updates_within_the_top_drop_it(cache: TopCache, applied, kept):
    await cache.get(LADDER, 10)
    cache.touch(LADDER, applied)
    assert ((await cache.get(LADDER, 10)).total == 1) is kept


async def test_any_update_drops_the_top_of_a_ladder_that_is_shorter(cache: TopCache, loader: Loader):
    loader.last = None
    await cache.get(LADDER, 10)
    cache.touch(LADDER, update(b"z"))
    assert (await cache.get(LADDER, 10)).total == 2


async def test_an_update_during_a_load_is_not_hidden_by_it(cache: TopCache, loader: Loader):
    loader.proceed.clear()
    reading = asyncio.create_task(cache.get(LADDER, 10))
    await loader.started.wait()
    cache.touch(LADDER, update(b"a"))
    loader.proceed.set()
    assert (await reading).total == 2
    assert (await cache.get(LADDER, 10)).total == 2


async def test_an_update_below_the_top_during_a_load_changes_nothing(cache: TopCache, loader: Loader):
    loader.proceed.clear()
    reading = asyncio.create_task(cache.get(LADDER, 10))
    await loader.started.wait()
    cache.touch(LADDER, update(b"z"))
    loader.proceed.set()
    assert (await reading).total == 1


async def test_the_number_of_tops_kept_is_limited(loader: Loader):
    cache = TopCache(loader, loader.clock, Fanout([]), ttl_ms=500, capacity=3)
    for board in range(10):
        await cache.get(Ladder(Board(board, "b", "B")), 10)
    await cache.get(Ladder(Board(9, "b", "B")), 10)
    await cache.get(Ladder(Board(0, "b", "B")), 10)
    assert loader.loads == 11
