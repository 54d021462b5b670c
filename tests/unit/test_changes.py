"""Announcements of changes between processes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest

from leaderforge.adapters.clock import now_ms
from leaderforge.adapters.memory.feed import MemoryChannel, MemoryFeed
from leaderforge.adapters.telemetry.prometheus import Prometheus
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.changes import LadderChange
from leaderforge.ports.index import Applied
from leaderforge.services.changes import Changes
from leaderforge.services.top import TopCache
from tests.unit.test_top_cache import LADDER, LAST, Loader
from tests.waiting import PATIENCE_S, until

OTHER = Ladder(Board(2, "other", "Other"))


async def believed() -> bool:
    return True


class Process:
    """Process with a top cache and a change feed. The TTL of a top is 1 s, and the feed extends this TTL."""

    def __init__(self, channel: MemoryChannel) -> None:
        self.loader = Loader()
        self.telemetry = Prometheus()
        self.tops = TopCache(self._load, now_ms, self.telemetry, ttl_ms=1000)
        self.changes = Changes(MemoryFeed(channel), self.tops, now_ms, self.telemetry, believed)

    async def _load(self, ladder, size):
        self.loader.now = now_ms()
        return await self.loader(ladder, size)

    async def total(self) -> int:
        return (await self.tops.get(LADDER, 10)).total

    def metric(self, line: str) -> bool:
        return f"leaderforge_{line}\n" in self.telemetry.exposition()[0].decode()


@pytest.fixture
def channel() -> MemoryChannel:
    return MemoryChannel()


@pytest.fixture
async def processes(channel: MemoryChannel) -> AsyncIterator[list[Process]]:
    """Two processes on one channel."""
    both = [Process(channel), Process(channel)]
    following = [asyncio.create_task(process.changes.follow()) for process in both]

    async def connected() -> bool:
        return all(process.metric("change_feed_connected 1.0") for process in both)

    await until(connected, "the feed to be connected")
    yield both
    for process, task in zip(both, following, strict=True):
        await process.changes.close()
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)


async def test_what_one_process_changes_is_dropped_in_all(processes: list[Process]) -> None:
    one, other = processes
    assert (await one.total(), await other.total()) == (1, 1)
    one.changes.note_applied(LADDER, [Applied(b"z", LAST, None)])
    assert await one.total() == 2

    async def dropped() -> bool:
        return await other.total() == 2

    await until(dropped, "the top to be dropped")


async def test_what_does_not_concern_a_top_leaves_it(processes: list[Process]) -> None:
    one, other = processes
    await other.total()
    one.changes.note_applied(LADDER, [Applied(b"z", b"y", None)])
    one.changes.discard_ladder(OTHER)
    one.changes.note_applied(LADDER, [])
    await one.changes.settle()
    assert one.metric("changes_announced_total 2.0")
    assert await other.total() == 1


@pytest.mark.parametrize(
    "discard",
    [
        lambda changes: changes.discard_ladder(LADDER),
        lambda changes: changes.discard_board(LADDER.board.id),
        lambda changes: changes.discard_all(),
    ],
    ids=["ladder", "board", "everything"],
)
async def test_all_ways_to_tell(processes: list[Process], discard: Callable[[Changes], None]) -> None:
    one, other = processes
    await other.total()
    discard(one.changes)

    async def dropped() -> bool:
        return await other.total() == 2

    await until(dropped, "the top to be dropped")


async def test_a_top_stays_while_nothing_changes_and_the_feed_is_heard(processes: list[Process]) -> None:
    one, _ = processes
    await one.total()
    begin = now_ms()

    async def long_after() -> bool:
        assert await one.total() == 1
        return now_ms() > begin + 2500

    await until(long_after, "the time to have passed")


async def test_a_top_grows_old_when_the_feed_is_lost(processes: list[Process], channel: MemoryChannel) -> None:
    one, _ = processes
    await one.total()
    channel.break_off()

    async def loaded_again() -> bool:
        return await one.total() >= 2

    begin = now_ms()
    await until(loaded_again, "the top to be loaded again")
    assert now_ms() - begin < 20_000
    assert one.metric("change_feed_connected 0.0")


async def test_what_could_not_be_announced_is_announced_later(channel: MemoryChannel) -> None:
    process = Process(channel)
    channel.broken = True
    process.changes.discard_ladder(LADDER)
    process.changes.discard_board(7)
    await process.changes.settle()
    channel.broken = False
    async with aclosing(MemoryFeed(channel).hear(now_ms)) as hearing:
        await anext(hearing)
        async with asyncio.timeout(PATIENCE_S):
            while not (heard := await anext(hearing)).changes:
                pass
    assert {(c.board_id, c.period) for c in heard.changes} == {(1, 0), (7, None)}
    assert process.metric("changes_announced_total 2.0")
    await process.changes.close()


async def test_announcements_of_a_moment_leave_together(channel: MemoryChannel) -> None:
    process = Process(channel)
    async with aclosing(MemoryFeed(channel).hear(now_ms)) as hearing:
        await anext(hearing)
        for key in (b"c", b"a", b"b"):
            process.changes.note_applied(LADDER, [Applied(key, None if key == b"b" else key, None)])
        async with asyncio.timeout(PATIENCE_S):
            while not (heard := await anext(hearing)).changes:
                pass
    assert list(heard.changes) == [LadderChange(b"a", grown=True, board_id=1, period=0)]
    await process.changes.close()


async def test_what_is_to_be_announced_has_a_bound(channel: MemoryChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leaderforge.services.changes._MOST", 3)
    process = Process(channel)
    async with aclosing(MemoryFeed(channel).hear(now_ms)) as hearing:
        await anext(hearing)
        for board_id in range(4):
            process.changes.discard_board(board_id)
        async with asyncio.timeout(PATIENCE_S):
            while not (heard := await anext(hearing)).changes:
                pass
    assert list(heard.changes) == [LadderChange()]
    await process.changes.close()
