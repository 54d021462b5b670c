"""Batches that overlap, with outcomes in order. Failures lose no outcome of a batch in flight."""

import asyncio
from collections.abc import Set
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.services.ordered_batches import OrderedBatches


@given(
    keys=st.lists(st.none() | st.sets(st.integers(0, 3), max_size=2), max_size=12),
    limit=st.integers(1, 4),
    random=st.randoms(use_true_random=False),
)
async def test_outcomes_are_in_order_and_batches_with_a_common_key_do_not_overlap(
    keys: list[set[int] | None], limit: int, random: Random
) -> None:
    outcomes: list[int] = []
    in_flight: dict[int, Set[int] | None] = {}

    async def work(number: int) -> int:
        for other in in_flight.values():
            mine = keys[number]
            assert mine is not None
            assert other is not None
            assert mine.isdisjoint(other)
        in_flight[number] = keys[number]
        assert len(in_flight) <= limit
        for _ in range(random.randrange(4)):
            await asyncio.sleep(0)
        del in_flight[number]
        return number

    async with OrderedBatches(limit, outcomes.append) as batches:
        for number, keys_of_batch in enumerate(keys):
            await batches.start(work(number), keys_of_batch)
    assert outcomes == list(range(len(keys)))


@pytest.mark.parametrize("failing", ["batch", "outcome", "caller"])
async def test_after_a_failure_the_batches_in_flight_are_completed(failing: str) -> None:
    outcomes: list[int] = []

    def take(outcome: int) -> None:
        if failing == "outcome" and outcome == 0:
            raise OSError("outcome")
        outcomes.append(outcome)

    async def work(number: int) -> int:
        await asyncio.sleep(0)
        if failing == "batch" and number == 0:
            raise OSError("batch")
        return number

    async def run() -> None:
        async with OrderedBatches(3, take) as batches:
            for number in range(3):
                await batches.start(work(number), set())
            if failing == "caller":
                raise OSError("caller")

    with pytest.raises(OSError, match=failing):
        await run()
    assert outcomes == ([0, 1, 2] if failing == "caller" else [1, 2])


async def test_no_batch_starts_after_a_failure() -> None:
    started: list[int] = []

    async def work(number: int) -> int:
        started.append(number)
        raise OSError(f"batch {number}")

    async def run() -> None:
        async with OrderedBatches(2, started.append) as batches:
            for number in range(9):
                await batches.start(work(number), set())

    with pytest.raises(OSError, match="batch 0"):
        await run()
    assert started == [0, 1]


async def test_a_cancellation_cancels_all_batches() -> None:
    began, ended = asyncio.Semaphore(0), []

    async def work(number: int) -> None:
        began.release()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    async def run() -> None:
        async with OrderedBatches[None](2, lambda _: None) as batches:
            for number in range(3):
                await batches.start(work(number), set())

    task = asyncio.create_task(run())
    for _ in range(2):
        await began.acquire()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert sorted(ended) == [0, 1]
