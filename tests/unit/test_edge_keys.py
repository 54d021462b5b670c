"""Key cache of the edge."""

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from functions.edge.access.key_cache import KeyCache
from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.key_store import MemoryKeyStore
from leaderforge.domain.api_keys import ApiKey, digest_of
from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable
from leaderforge.domain.permissions import KeyScope
from leaderforge.domain.timing import KEYS_FRESH_MS, KEYS_STALE_MS
from leaderforge.services.api_keys import KeyService
from tests.unit.edge_fixtures import Ticks


class GatedKeyStore(MemoryKeyStore):
    """Store that counts reads. A read waits while `may_answer` is cleared, and then raises `failure` if set."""

    def __init__(self) -> None:
        super().__init__(MemoryAuditLog())
        self.asked = 0
        self.failure: LeaderForgeError | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def valid(self, now: int) -> Sequence[ApiKey]:
        self.asked += 1
        await self.may_answer.wait()
        if self.failure is not None:
            raise self.failure
        return await super().valid(now)


class Stage:
    """Key cache over a `GatedKeyStore`, with clocks that the test sets."""

    def __init__(self) -> None:
        self.store = GatedKeyStore()
        self.seconds = 1000.0
        self.clock = Ticks()
        self.service = KeyService(self.store, self.clock)
        self.ring = KeyCache(self.store, self.clock, lambda: self.seconds)

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds
        self.clock.now += int(seconds * 1000)

    async def create(self, name: str = "game") -> str:
        return (await self.service.create(name, {KeyScope.SUBMIT}, "cli")).text

    async def name_of(self, key: str) -> str | None:
        """Return the name of the caller with this key, None for an unknown key."""
        caller = await self.ring.find(digest_of(key))
        return None if caller is None else caller.name

    async def settle(self) -> None:
        """Wait for the reads in the background."""
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_keys_are_read_once_for_all(stage: Stage) -> None:
    key = await stage.create()
    found = await asyncio.gather(*(stage.name_of(key) for _ in range(5)), *(stage.name_of("no") for _ in range(5)))
    assert found == ["game"] * 5 + [None] * 5
    assert stage.store.asked == 1


async def test_unknown_keys_ask_the_store_every_two_seconds_at_most(stage: Stage) -> None:
    for _ in range(100):
        assert await stage.name_of("guess") is None
        stage.pass_time(0.1)
    assert stage.store.asked == 5


async def test_a_new_key_is_known_within_two_seconds(stage: Stage) -> None:
    await stage.name_of("anything")
    key = await stage.create()
    assert await stage.name_of(key) is None
    stage.pass_time(KEYS_FRESH_MS / 1000)
    assert await stage.name_of(key) == "game"


@pytest.mark.parametrize("idle_s", [KEYS_STALE_MS / 1000, 1e6])
async def test_a_revoked_key_is_refused_within_five_seconds_however_idle(stage: Stage, idle_s: float) -> None:
    key = await stage.create()
    assert await stage.name_of(key) == "game"
    await stage.service.revoke("game", "cli")
    stage.pass_time(idle_s)
    assert await stage.name_of(key) is None


async def test_keys_that_are_loaded_before_the_first_request_need_no_waiting(stage: Stage) -> None:
    key = await stage.create()
    stage.store.may_answer.clear()
    loading = asyncio.create_task(stage.ring.load())
    await stage.settle()
    assert not loading.done()
    stage.store.may_answer.set()
    await loading
    stage.store.may_answer.clear()
    assert await stage.name_of(key) == "game"
    assert stage.store.asked == 1


async def test_a_key_in_use_is_looked_at_again_without_waiting(stage: Stage) -> None:
    key = await stage.create()
    await stage.name_of(key)
    await stage.service.revoke("game", "cli")
    stage.pass_time(KEYS_FRESH_MS / 1000)
    stage.store.may_answer.clear()
    assert await stage.name_of(key) == "game"
    stage.store.may_answer.set()
    await stage.settle()
    assert await stage.name_of(key) is None


async def test_what_was_changed_here_holds_at_once(stage: Stage) -> None:
    key = await stage.create()
    await stage.name_of(key)
    await stage.service.revoke("game", "cli")
    stage.ring.invalidate()
    assert await stage.name_of(key) is None


async def test_a_reading_begun_before_a_change_here_does_not_count(stage: Stage) -> None:
    key = await stage.create()
    await stage.name_of(key)
    stage.pass_time(KEYS_FRESH_MS / 1000)
    stage.store.may_answer.clear()
    assert await stage.name_of(key) == "game"  # a read of the keys is in flight
    await stage.settle()
    await stage.service.revoke("game", "cli")
    stage.ring.invalidate()
    stage.store.may_answer.set()
    assert await stage.name_of(key) is None
    await stage.settle()
    assert await stage.name_of(key) is None


async def test_a_replaced_key_ends_on_time_without_a_reading(stage: Stage) -> None:
    old = await stage.create()
    new = (await stage.service.rotate("game", 1, "cli")).text
    assert [await stage.name_of(key) for key in (old, new)] == ["game", "game"]
    stage.pass_time(1)
    assert [await stage.name_of(key) for key in (old, new)] == [None, "game"]
    assert stage.store.asked == 1


async def test_known_keys_go_on_working_without_the_store(stage: Stage) -> None:
    key = await stage.create()
    await stage.name_of(key)
    stage.store.available = False
    for _ in range(3):
        stage.pass_time(100)
        assert [await stage.name_of(one) for one in (key, "guess")] == ["game", None]
    assert stage.store.asked == 4


async def test_a_store_that_hangs_is_waited_for_only_now_and_then(stage: Stage) -> None:
    key = await stage.create()
    await stage.name_of(key)
    stage.store.may_answer.clear()
    stage.pass_time(KEYS_STALE_MS / 1000)
    assert await stage.name_of(key) == "game"
    without_waiting = asyncio.create_task(stage.name_of(key))
    await stage.settle()
    assert without_waiting.done()
    assert without_waiting.result() == "game"
    assert stage.store.asked == 2
    stage.store.may_answer.set()


async def test_a_reading_that_was_frozen_is_not_waited_for(stage: Stage) -> None:
    """AWS Lambda may freeze a process for hours during a read of the keys. The next request must start a new read."""
    key = await stage.create()
    await stage.name_of(key)
    stage.pass_time(KEYS_FRESH_MS / 1000)
    open_, thawed = stage.store.may_answer, asyncio.Event()
    stage.store.may_answer = thawed
    assert await stage.name_of(key) == "game"  # a read of the keys is in flight
    await stage.settle()
    stage.store.may_answer = open_
    await stage.service.revoke("game", "cli")
    stage.pass_time(3600)
    assert await stage.name_of(key) is None
    thawed.set()
    await stage.settle()
    assert await stage.name_of(key) is None


async def test_tables_that_are_missing_do_not_lock_known_keys_out(stage: Stage) -> None:
    key = await stage.create()
    await stage.name_of(key)
    stage.store.failure = LeaderForgeError("the database's tables are not those of this version")
    with capture_logs() as logs:
        for _ in range(3):
            stage.pass_time(KEYS_STALE_MS / 1000)
            assert await stage.name_of(key) == "game"
    assert [line["event"] for line in logs] == ["keys_not_read"]


async def test_without_any_reading_nothing_can_be_told(stage: Stage) -> None:
    stage.store.available = False
    with pytest.raises(StoreUnavailable):
        await stage.name_of("guess")
