"""Board cache of the edge."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest

from functions.edge.board_cache import BoardCache
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import BoardNotFound, StoreUnavailable
from leaderforge.domain.timing import BOARD_FRESH_MS, BOARD_STALE_MS

CHANGE = AuditEntry(0, "tests", "board.change")


class GatedBoardStore(MemoryScoreStore):
    """Store that counts lookups. A lookup waits while the test has cleared `may_answer`."""

    def __init__(self) -> None:
        super().__init__(MemoryPlayerStore())
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def boards_named(self, slugs: Collection[str]) -> Mapping[str, Board]:
        self.asked += 1
        await self.may_answer.wait()
        return await super().boards_named(slugs)


class Stopwatch:
    """Clock in seconds that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


async def settle() -> None:
    """Wait for the lookups in the background."""
    for _ in range(9):
        await asyncio.sleep(0)


async def test_a_board_is_looked_up_once(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    cache = BoardCache(store, watch)
    assert {(await cache.get("default")).id for _ in range(5)} == {1}
    assert store.asked == 1


async def test_many_at_once_share_one_look_up(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    cache = BoardCache(store, watch)
    await asyncio.gather(*(cache.get("default") for _ in range(5)))
    assert store.asked == 1


async def test_what_does_not_exist_is_looked_up_each_time(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    cache = BoardCache(store, watch)
    for _ in range(2):
        with pytest.raises(BoardNotFound):
            await cache.get("nowhere")
    assert store.asked == 2


async def test_a_board_in_use_is_looked_up_again_without_waiting(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    cache = BoardCache(store, watch)
    await cache.get("default")
    watch.now += BOARD_FRESH_MS / 1000
    store.may_answer.clear()
    await cache.get("default")
    await settle()
    assert store.asked == 2
    store.may_answer.set()


async def test_no_board_is_older_than_five_seconds(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    cache = BoardCache(store, watch)
    await cache.get("default")
    await store.delete_board("default", CHANGE)
    watch.now += BOARD_STALE_MS / 1000
    with pytest.raises(BoardNotFound):
        await cache.get("default")


async def test_known_boards_survive_the_loss_of_the_store(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    cache = BoardCache(store, watch)
    await cache.get("default")
    store.available = False
    for _ in range(3):
        watch.now += BOARD_STALE_MS / 1000
        assert (await cache.get("default")).id == 1


async def test_a_store_that_hangs_is_waited_for_only_now_and_then(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    cache = BoardCache(store, watch)
    await cache.get("default")
    store.may_answer.clear()
    watch.now += BOARD_STALE_MS / 1000
    assert (await cache.get("default")).id == 1
    without_waiting = asyncio.create_task(cache.get("default"))
    await settle()
    assert without_waiting.done()
    assert without_waiting.result().id == 1
    assert store.asked == 2
    store.may_answer.set()


async def test_an_answer_that_takes_too_long_is_not_used(watch: Stopwatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache waits for the store for `CACHE_LIMIT_MS` at most: a board in a later answer would be too old to use."""
    monkeypatch.setattr("functions.edge.board_cache.CACHE_LIMIT_MS", 10)
    store = GatedBoardStore()
    store.may_answer.clear()
    cache = BoardCache(store, watch)
    with pytest.raises(StoreUnavailable):
        await cache.get_current("default")
    store.may_answer.set()
    assert (await cache.get_current("default")).id == 1


async def test_an_unknown_board_has_to_wait_for_the_store(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    store.available = False
    with pytest.raises(StoreUnavailable):
        await BoardCache(store, watch).get("default")


async def test_look_ups_of_many_boards_are_few_queries(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    slugs = [f"board-{i}" for i in range(1000)]
    for slug in slugs:
        await store.create_board(Board(0, slug, slug))
    cache = BoardCache(store, watch)
    for seconds in (0, BOARD_STALE_MS / 1000):
        watch.now += seconds
        store.asked = 0
        found = await asyncio.gather(*map(cache.get, slugs))
        assert [board.slug for board in found] == slugs
        assert store.asked <= 5


async def test_what_counts_is_never_counted_by_an_old_board(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    cache = BoardCache(store, watch)
    await cache.get("default")
    store.available = False
    watch.now += BOARD_STALE_MS / 1000
    assert (await cache.get("default")).id == 1
    with pytest.raises(StoreUnavailable):
        await cache.get_current("default")


async def test_a_board_changed_here_is_looked_up_at_once(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    cache = BoardCache(store, watch)
    await cache.get("default")
    await store.change_board("default", lambda board: replace(board, name="Changed"), CHANGE)
    assert (await cache.get("default")).name == "Default"
    cache.invalidate("default")
    assert (await cache.get("default")).name == "Changed"


async def test_a_look_up_from_before_a_change_here_does_not_bring_the_old_board_back(watch: Stopwatch) -> None:
    store = GatedBoardStore()
    cache = BoardCache(store, watch)
    store.may_answer.clear()
    asking = asyncio.create_task(cache.get("default"))
    await settle()
    cache.invalidate("default")
    store.may_answer.set()
    await asking
    store.asked = 0
    await cache.get("default")
    assert store.asked == 1


async def test_a_board_created_during_a_shared_look_up_is_found(watch: Stopwatch) -> None:
    """Create the board during a lookup that has already read the store. A later caller must find the board."""

    class Early(GatedBoardStore):
        async def boards_named(self, slugs: Collection[str]) -> Mapping[str, Board]:
            found = await MemoryScoreStore.boards_named(self, slugs)
            self.asked += 1
            await self.may_answer.wait()
            return found

    store = Early()
    cache = BoardCache(store)
    store.may_answer.clear()
    early = asyncio.create_task(cache.get("new"))
    await settle()
    created = await store.create_board(Board(0, "new", "New"))
    late = asyncio.create_task(cache.get("new"))
    await settle()
    store.may_answer.set()
    with pytest.raises(BoardNotFound):
        await early
    assert await late == created
    assert store.asked == 2
