import asyncio
from dataclasses import replace

import pytest

from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Board, Ladder, RankStyle
from leaderforge.domain.changes import LadderChange
from leaderforge.domain.sources import Source
from leaderforge.domain.timing import TOP_LIMIT_MS
from leaderforge.services.entries import Page
from leaderforge.services.top import Top, TopCache
from tests.waiting import PATIENCE_S

LADDER = Ladder(Board(1, "board", "Board"))
LAST = b"m"


class Loader:
    """Loader of tops. The total of each top is the number of loads so far. The test can delay a load."""

    def __init__(self) -> None:
        self.now = 1000
        self.loads = 0
        self.started = asyncio.Event()
        self.proceed = asyncio.Event()
        self.proceed.set()
        self.last: bytes | None = LAST
        self.source = Source.INDEX

    async def __call__(self, ladder: Ladder, size: int) -> Top:
        self.loads += 1
        number = self.loads
        self.started.set()
        await self.proceed.wait()
        return Top(Page([], total=number, as_of=self.now, source=self.source), self.last)

    def clock(self) -> int:
        return self.now


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def cache(loader: Loader) -> TopCache:
    return TopCache(loader, loader.clock, Fanout([]), ttl_ms=500)


def change(best: bytes, *, grown: bool = False) -> LadderChange:
    return LadderChange(best, grown, LADDER.board.id, LADDER.period)


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


async def test_who_joins_a_load_gets_what_may_lack_the_latest_updates(cache: TopCache, loader: Loader):
    """Join a load in flight. The result is marked as cached: it may lack updates since the start of the load."""
    loader.proceed.clear()
    first = asyncio.create_task(cache.get(LADDER, 10))
    await loader.started.wait()
    second = asyncio.create_task(cache.get(LADDER, 10))
    await asyncio.sleep(0)
    loader.proceed.set()
    assert [(page.total, page.source) for page in (await first, await second)] == [(1, Source.INDEX), (1, Source.CACHE)]


async def test_concurrent_readers_share_one_load(cache: TopCache, loader: Loader):
    pages = await asyncio.gather(*(cache.get(LADDER, 10) for _ in range(50)))
    assert {page.total for page in pages} == {1}
    assert loader.loads == 1


@pytest.mark.parametrize(
    ("touched", "kept"),
    [
        (change(b"z"), True),
        (change(b"z", grown=True), True),
        (change(b"a"), False),
        (change(LAST), False),
        (LadderChange(), False),
        (LadderChange(board_id=1), False),
        (LadderChange(board_id=2), True),
        (LadderChange(board_id=1, period=1), True),
    ],
)
async def test_only_updates_within_the_top_drop_it(cache: TopCache, touched, kept):
    await cache.get(LADDER, 10)
    cache.invalidate(touched)
    assert ((await cache.get(LADDER, 10)).total == 1) is kept


async def test_any_update_drops_the_top_of_a_ladder_that_is_shorter(cache: TopCache, loader: Loader):
    loader.last = None
    await cache.get(LADDER, 10)
    cache.invalidate(change(b"z"))
    assert (await cache.get(LADDER, 10)).total == 2


async def test_an_update_during_a_load_is_not_hidden_by_it(cache: TopCache, loader: Loader):
    loader.proceed.clear()
    reading = asyncio.create_task(cache.get(LADDER, 10))
    await loader.started.wait()
    cache.invalidate(change(b"a"))
    loader.proceed.set()
    assert (await reading).total == 2
    assert (await cache.get(LADDER, 10)).total == 2


async def test_an_update_below_the_top_during_a_load_changes_nothing(cache: TopCache, loader: Loader):
    loader.proceed.clear()
    reading = asyncio.create_task(cache.get(LADDER, 10))
    await loader.started.wait()
    cache.invalidate(change(b"z"))
    loader.proceed.set()
    assert (await reading).total == 1


async def test_the_number_of_tops_kept_is_limited(loader: Loader):
    cache = TopCache(loader, loader.clock, Fanout([]), ttl_ms=500, capacity=3)
    for board in range(10):
        await cache.get(Ladder(Board(board, "b", "B")), 10)
    await cache.get(Ladder(Board(9, "b", "B")), 10)
    await cache.get(Ladder(Board(0, "b", "B")), 10)
    assert loader.loads == 11


class TestFollowed:
    """Cached tops while the cache follows the change feed, which reports every change."""

    @pytest.fixture(autouse=True)
    def followed(self, cache: TopCache) -> None:
        cache.follow(1000, 1000)

    async def test_a_top_stays_for_as_long_as_nothing_touches_it(self, cache: TopCache, loader: Loader) -> None:
        await cache.get(LADDER, 10)
        for _ in range(20):
            loader.now += 400
            cache.follow(1000, loader.now)
            await cache.get(LADDER, 10)
        assert loader.loads == 1
        cache.invalidate(change(LAST))
        assert (await cache.get(LADDER, 10)).total == 2

    async def test_a_top_is_no_older_than_what_is_known(self, cache: TopCache, loader: Loader) -> None:
        await cache.get(LADDER, 10)
        loader.now += 400
        cache.follow(1000, loader.now)
        loader.now += 499
        assert (await cache.get(LADDER, 10)).total == 1
        loader.now += 1
        assert (await cache.get(LADDER, 10)).total == 2

    async def test_a_top_from_before_a_gap_is_not_trusted(self, cache: TopCache, loader: Loader) -> None:
        await cache.get(LADDER, 10)
        loader.now += 600
        cache.follow(loader.now - 100, loader.now)
        assert (await cache.get(LADDER, 10)).total == 2

    async def test_a_total_that_may_have_changed_is_no_older_than_any_top(
        self, cache: TopCache, loader: Loader
    ) -> None:
        await cache.get(LADDER, 10)
        loader.now += 2000
        cache.follow(1000, loader.now)
        cache.invalidate(change(b"z", grown=True))
        loader.now += 499
        cache.follow(1000, loader.now)
        assert (await cache.get(LADDER, 10)).total == 1
        loader.now += 1
        cache.follow(1000, loader.now)
        assert (await cache.get(LADDER, 10)).total == 2

    async def test_a_change_of_the_total_does_not_bring_an_old_top_back(self, cache: TopCache, loader: Loader) -> None:
        await cache.get(LADDER, 10)
        loader.now += 2000
        cache.invalidate(change(b"z", grown=True))
        assert (await cache.get(LADDER, 10)).total == 2

    async def test_a_total_that_changed_during_the_load_counts_as_old(self, cache: TopCache, loader: Loader) -> None:
        loader.proceed.clear()
        reading = asyncio.create_task(cache.get(LADDER, 10))
        await loader.started.wait()
        cache.invalidate(change(b"z", grown=True))
        loader.proceed.set()
        assert (await reading).total == 1
        loader.now += 500
        cache.follow(1000, loader.now)
        assert (await cache.get(LADDER, 10)).total == 2

    async def test_a_top_from_the_store_is_not_trusted(self, cache: TopCache, loader: Loader) -> None:
        loader.source = Source.STORE
        await cache.get(LADDER, 10)
        loader.now += 500
        cache.follow(1000, loader.now)
        assert (await cache.get(LADDER, 10)).total == 2

    async def test_a_top_is_loaded_again_now_and_then_all_the_same(self, cache: TopCache, loader: Loader) -> None:
        await cache.get(LADDER, 10)
        loader.now += TOP_LIMIT_MS
        cache.follow(1000, loader.now)
        assert (await cache.get(LADDER, 10)).total == 2


async def test_a_board_whose_settings_changed_is_loaded_again(cache: TopCache) -> None:
    await cache.get(LADDER, 10)
    assert (await cache.get(Ladder(replace(LADDER.board, rank_style=RankStyle.SHARED)), 10)).total == 2


async def test_whoever_waits_learns_that_a_top_was_touched(cache: TopCache) -> None:
    await cache.get(LADDER, 10)
    waiting = asyncio.create_task(cache.until_invalidated(LADDER, 10))
    cache.invalidate(change(b"z"))
    await asyncio.sleep(0)
    assert not waiting.done()
    cache.invalidate(change(b"a"))
    async with asyncio.timeout(PATIENCE_S):
        await waiting


async def test_a_top_of_before_a_clock_was_set_back_is_loaded_again(cache: TopCache, loader: Loader) -> None:
    await cache.get(LADDER, 10)
    loader.now -= 100
    assert (await cache.get(LADDER, 10)).total == 2
