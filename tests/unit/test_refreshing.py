"""Cache that refreshes its values in the background."""

import asyncio
from collections import defaultdict

import pytest

from leaderforge.domain.errors import StoreUnavailable
from leaderforge.services.refreshing import RefreshingCache

FRESH_S, STALE_S = 2.0, 4.0


class Source:
    """Source of values. It counts the loads of each key. A load reads its value, then waits until `is_open` is set."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {"a": 1}
        self.loads: defaultdict[str, int] = defaultdict(int)
        self.is_available = True
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def load(self, key: str) -> int | None:
        self.loads[key] += 1
        value = self.values.get(key)
        await self.is_open.wait()
        if not self.is_available:
            raise StoreUnavailable("the source is unavailable")
        return value


class Stage:
    """Cache over a source, with a clock in seconds that the test sets."""

    def __init__(self) -> None:
        self.source = Source()
        self.now = 1000.0
        self.cache: RefreshingCache[str, int] = RefreshingCache(
            self.source.load, fresh_s=FRESH_S, stale_s=STALE_S, patience_s=0.01, now=lambda: self.now
        )

    async def settle(self) -> None:
        """Wait for the loads in the background."""
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.fixture
async def stage() -> Stage:
    """Stage whose cache contains the key `a`, which was loaded just now."""
    stage = Stage()
    assert await stage.cache.get("a") == 1
    return stage


async def test_concurrent_first_calls_share_a_load() -> None:
    stage = Stage()
    assert await asyncio.gather(*(stage.cache.get("a") for _ in range(5))) == [1] * 5
    assert stage.source.loads["a"] == 1


async def test_a_fresh_value_is_not_loaded_again(stage: Stage) -> None:
    stage.now += FRESH_S - 0.1
    stage.source.values["a"] = 2
    assert await stage.cache.get("a") == 1
    await stage.settle()
    assert stage.source.loads["a"] == 1


async def test_a_value_in_use_is_refreshed_without_waiting(stage: Stage) -> None:
    stage.now += FRESH_S
    stage.source.values["a"] = 2
    assert await stage.cache.get("a") == 1
    await stage.settle()
    assert await stage.cache.get("a") == 2
    assert stage.source.loads["a"] == 2


@pytest.mark.parametrize("idle_s", [STALE_S, 1e6])
async def test_a_stale_value_waits_for_its_refresh(stage: Stage, idle_s: float) -> None:
    stage.now += idle_s
    stage.source.values["a"] = 2
    assert await stage.cache.get("a") == 2


async def test_a_value_is_as_old_as_the_start_of_its_load(stage: Stage) -> None:
    stage.cache.invalidate("a")
    stage.source.is_open.clear()
    load = asyncio.create_task(stage.cache.get("a"))
    await stage.settle()
    stage.now += STALE_S - 0.1
    stage.source.is_open.set()
    assert await load == 1
    stage.source.values["a"] = 2
    stage.now += 0.1
    assert await stage.cache.get("a") == 2


async def test_missing_values_are_not_cached() -> None:
    stage = Stage()
    for loads in (1, 2):
        assert await stage.cache.get("missing") is None
        assert stage.source.loads["missing"] == loads


async def test_a_value_that_disappears_is_gone_after_its_refresh(stage: Stage) -> None:
    del stage.source.values["a"]
    stage.now += STALE_S
    assert await stage.cache.get("a") is None


async def test_the_first_load_passes_its_error_on() -> None:
    stage = Stage()
    stage.source.is_available = False
    with pytest.raises(StoreUnavailable):
        await stage.cache.get("a")


async def test_cached_values_survive_the_loss_of_the_source(stage: Stage) -> None:
    stage.source.is_available = False
    for _ in range(3):
        stage.now += 100
        assert await stage.cache.get("a") == 1


async def test_a_failed_refresh_is_not_retried_before_the_value_would_have_been_due_again(stage: Stage) -> None:
    stage.source.is_available = False
    for _ in range(100):
        stage.now += 0.1
        await stage.cache.get("a")
        await stage.settle()
    assert stage.source.loads["a"] == 1 + 5


async def test_current_values_are_never_stale(stage: Stage) -> None:
    stage.source.is_available = False
    stage.now += STALE_S - 0.1
    assert await stage.cache.get_current("a") == 1
    stage.now += 0.1
    with pytest.raises(StoreUnavailable):
        await stage.cache.get_current("a")
    assert await stage.cache.get("a") == 1


async def test_a_source_that_hangs_is_waited_for_only_once_in_a_while(stage: Stage) -> None:
    stage.source.is_open.clear()
    stage.now += STALE_S
    assert await stage.cache.get("a") == 1  # the caller has waited for `patience_s`
    without_waiting = asyncio.create_task(stage.cache.get("a"))
    await stage.settle()
    assert without_waiting.done()
    stage.now += FRESH_S
    waiting = asyncio.create_task(stage.cache.get("a"))
    await stage.settle()
    assert not waiting.done()
    stage.source.is_open.set()
    assert await waiting == 1
    assert stage.source.loads["a"] == 2


async def test_a_load_that_was_frozen_is_replaced_and_does_not_overwrite_a_newer_value(stage: Stage) -> None:
    stage.now += FRESH_S
    opened, frozen = stage.source.is_open, asyncio.Event()
    stage.source.is_open = frozen
    assert await stage.cache.get("a") == 1  # the load has read 1, and is still in flight
    await stage.settle()
    stage.source.is_open = opened
    stage.source.values["a"] = 2
    stage.now += STALE_S
    assert await stage.cache.get("a") == 2
    frozen.set()
    await stage.settle()
    assert await stage.cache.get("a") == 2


async def test_whoever_misses_something_can_wait_for_the_load_in_flight(stage: Stage) -> None:
    assert await stage.cache.get_refreshed("a") == 1
    assert stage.source.loads["a"] == 1  # no load was in flight
    stage.now += FRESH_S
    stage.source.values["a"] = 2
    assert await stage.cache.get("a") == 1
    assert await stage.cache.get_refreshed("a") == 2


async def test_the_first_load_can_be_waited_for_with_patience() -> None:
    stage = Stage()
    assert await stage.cache.get_limited("a") == 1
    stage.cache.invalidate("a")
    stage.source.is_available = False
    assert await stage.cache.get_limited("a") is None
    stage.source.is_open.clear()
    assert await stage.cache.get_limited("a") is None
    assert stage.cache.fresh("a") is None
    stage.source.is_open.set()


async def test_an_invalidated_value_is_loaded_again(stage: Stage) -> None:
    stage.source.values["a"] = 2
    stage.cache.invalidate("a")
    assert await stage.cache.get("a") == 2
    stage.cache.invalidate("a")
    stage.source.is_available = False
    with pytest.raises(StoreUnavailable):
        await stage.cache.get("a")


async def test_an_expired_value_is_refreshed_first_and_served_if_that_fails(stage: Stage) -> None:
    stage.source.values["a"] = 2
    stage.cache.expire("a")
    assert await stage.cache.get("a") == 2
    stage.cache.expire("a")
    stage.source.is_available = False
    assert await stage.cache.get("a") == 2
    stage.cache.expire("missing")
    stage.source.is_available = True
    assert await stage.cache.get("missing") is None


@pytest.mark.parametrize("mark", ["invalidate", "expire"])
async def test_a_load_from_before_a_mark_does_not_count(stage: Stage, mark: str) -> None:
    stage.now += FRESH_S
    stage.source.is_open.clear()
    assert await stage.cache.get("a") == 1
    await stage.settle()  # the load has read 1 by now
    stage.source.values["a"] = 2
    getattr(stage.cache, mark)("a")
    stage.source.is_open.set()
    assert await stage.cache.get("a") == 2
    await stage.settle()
    assert await stage.cache.get("a") == 2
