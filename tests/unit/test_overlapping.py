"""Concurrent work on a few items, while the next items are read. A failure ends both reading and work."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.services.overlapping import for_each, in_order


async def read(items: int, *, fail_at: int | None = None) -> AsyncGenerator[int, None]:
    for item in range(items):
        await asyncio.sleep(0)
        if item == fail_at:
            raise OSError("the source is gone")
        yield item


@given(items=st.integers(0, 12), at_once=st.integers(1, 5))
async def test_every_item_is_worked_on_once_and_few_at_a_time(items: int, at_once: int) -> None:
    done: list[int] = []
    most = under_way = 0

    async def work(item: int) -> None:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        for _ in range(item % 3):
            await asyncio.sleep(0)
        under_way -= 1
        done.append(item)

    await for_each(read(items), work, at_once=at_once)
    assert sorted(done) == list(range(items))
    assert most <= at_once


async def test_the_next_item_is_read_while_others_are_worked_on() -> None:
    third_is_read = asyncio.Event()

    async def work(item: int) -> None:
        if item == 2:
            third_is_read.set()
        await third_is_read.wait()

    await for_each(read(3), work, at_once=3)


@pytest.mark.parametrize(("source", "error"), [(read(5), LookupError), (read(5, fail_at=2), OSError)])
async def test_a_failure_ends_all_work(source: AsyncGenerator[int, None], error: type[Exception]) -> None:
    begun: list[int] = []
    ended: list[int] = []

    async def work(item: int) -> None:
        begun.append(item)
        try:
            if item == 1 and error is LookupError:
                raise LookupError(item)
            await asyncio.Event().wait()
        finally:
            ended.append(item)

    with pytest.raises(error):
        await for_each(source, work, at_once=3)
    assert begun
    assert sorted(ended) == sorted(begun)


class Source:
    """Stream of items that records whether it is open and holds its connection."""

    def __init__(self) -> None:
        self.is_open = False

    async def items(self) -> AsyncGenerator[int, None]:
        self.is_open = True
        try:
            for item in range(100):
                yield item
        finally:
            await asyncio.sleep(0)
            self.is_open = False


async def test_a_failure_closes_the_source() -> None:
    source = Source()
    items = source.items()

    async def work(item: int) -> None:
        raise LookupError(item)

    with pytest.raises(LookupError):
        await for_each(items, work)
    assert not source.is_open


async def test_a_cancellation_closes_the_source() -> None:
    source, is_busy = Source(), asyncio.Event()
    items = source.items()

    async def work(_: int) -> None:
        is_busy.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(for_each(items, work))
    await is_busy.wait()
    assert source.is_open
    running.cancel()
    await asyncio.wait([running])
    assert not source.is_open


@given(items=st.integers(0, 12), at_once=st.integers(1, 5))
async def test_results_come_in_the_order_of_the_items(items: int, at_once: int) -> None:
    most = under_way = 0

    async def work(item: int) -> int:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        for _ in range(-item % 4):
            await asyncio.sleep(0)
        under_way -= 1
        return item

    assert [result async for result in in_order(read(items), work, at_once=at_once)] == list(range(items))
    assert most <= at_once


@pytest.mark.parametrize("fail_at", [None, 3])
async def test_started_work_ends_before_its_generator(fail_at: int | None) -> None:
    started, ended = 0, 0

    async def work(item: int) -> int:
        nonlocal started, ended
        started += 1
        for _ in range(10):
            await asyncio.sleep(0)
        ended += 1
        return item

    results = in_order(read(9, fail_at=fail_at), work)
    if fail_at is None:
        assert await anext(results) == 0
        await results.aclose()
    else:
        with pytest.raises(OSError, match="gone"):
            _ = [result async for result in results]
    assert started == ended > 0
