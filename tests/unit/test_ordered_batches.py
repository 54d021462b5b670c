"""Batches that overlap, with outcomes in order. A failure loses no outcome of the other batches in flight."""

import asyncio
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.services.ordered_batches import OrderedBatches


@given(count=st.integers(0, 12), limit=st.integers(1, 4), random=st.randoms(use_true_random=False))
async def test_outcomes_are_in_order_and_at_most_the_limit_is_in_flight(count: int, limit: int, random: Random) -> None:
    outcomes: list[int] = []
    in_flight: set[int] = set()

    async def work(number: int) -> int:
        in_flight.add(number)
        assert len(in_flight) <= limit
        for _ in range(random.randrange(4)):
            await asyncio.sleep(0)
        in_flight.remove(number)
        return number

    async with OrderedBatches(limit, outcomes.append) as batches:
        for number in range(count):
            await batches.start(work(number))
    assert outcomes == list(range(count))


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
                await batches.start(work(number))
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
                await batches.start(work(number))

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
                await batches.start(work(number))

    task = asyncio.create_task(run())
    for _ in range(2):
        await began.acquire()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert sorted(ended) == [0, 1]
