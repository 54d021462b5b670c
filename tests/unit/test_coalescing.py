import asyncio
from collections.abc import Sequence

import pytest

from leaderforge.coalescing import Coalescer, Continued
from leaderforge.domain.errors import Overloaded, StoreUnavailable


class Gate:
    """Batch function that records its batches. Each call waits until the test sets `opened`."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.opened = asyncio.Event()
        self.entered = asyncio.Condition()

    async def __call__(self, items: Sequence[int]) -> Sequence[int]:
        async with self.entered:
            self.batches.append(list(items))
            self.entered.notify_all()
        await self.opened.wait()
        return [item * 10 for item in items]

    async def until_entered(self, times: int) -> None:
        async with self.entered:
            await self.entered.wait_for(lambda: len(self.batches) >= times)


async def test_an_idle_coalescer_runs_a_call_at_once():
    gate = Gate()
    gate.opened.set()
    assert await Coalescer(gate)(7) == 70
    assert gate.batches == [[7]]


async def test_calls_queue_while_batches_are_in_flight_and_leave_together():
    gate = Gate()
    coalesce = Coalescer(gate, max_in_flight=1)
    first = asyncio.create_task(coalesce(1))
    await gate.until_entered(1)
    others = [asyncio.create_task(coalesce(i)) for i in range(2, 9)]
    await asyncio.wait(others, timeout=0)
    gate.opened.set()
    assert await asyncio.gather(first, *others) == [i * 10 for i in range(1, 9)]
    assert gate.batches == [[1], [2, 3, 4, 5, 6, 7, 8]]


async def test_batches_have_a_largest_size_and_a_largest_number_in_flight():
    gate = Gate()
    coalesce = Coalescer(gate, max_batch=3, max_in_flight=2)
    calls = [asyncio.create_task(coalesce(i)) for i in range(10)]
    await gate.until_entered(2)
    assert gate.batches == [[0, 1, 2], [3, 4, 5]]
    gate.opened.set()
    assert await asyncio.gather(*calls) == [i * 10 for i in range(10)]
    assert [len(batch) for batch in gate.batches] == [3, 3, 3, 1]


async def test_a_batch_waits_for_the_one_before_but_not_for_one_that_is_held_up():
    gate = Gate()
    coalesce = Coalescer(gate, max_batch=3, max_in_flight=3, stagger_s=1.0)
    calls = [asyncio.create_task(coalesce(0))]
    await gate.until_entered(1)
    calls += [asyncio.create_task(coalesce(i)) for i in (1, 2)]
    await asyncio.wait(calls, timeout=0)
    assert gate.batches == [[0]]
    await gate.until_entered(2)
    gate.opened.set()
    assert await asyncio.gather(*calls) == [0, 10, 20]
    assert gate.batches == [[0], [1, 2]]


async def test_a_full_batch_need_not_wait():
    gate = Gate()
    coalesce = Coalescer(gate, max_batch=3, max_in_flight=2, stagger_s=3600)
    calls = [asyncio.create_task(coalesce(0))]
    await gate.until_entered(1)
    calls += [asyncio.create_task(coalesce(i)) for i in range(1, 6)]
    await gate.until_entered(2)
    assert gate.batches == [[0], [1, 2, 3]]
    gate.opened.set()
    assert await asyncio.gather(*calls) == [0, 10, 20, 30, 40, 50]
    assert gate.batches == [[0], [1, 2, 3], [4, 5]]


async def test_what_waits_leaves_when_the_batch_before_lands():
    gate = Gate()
    coalesce = Coalescer(gate, max_in_flight=2, stagger_s=3600)
    calls = [asyncio.create_task(coalesce(0))]
    await gate.until_entered(1)
    calls += [asyncio.create_task(coalesce(i)) for i in (1, 2)]
    await asyncio.wait(calls, timeout=0)
    gate.opened.set()
    assert await asyncio.gather(*calls) == [0, 10, 20]
    assert gate.batches == [[0], [1, 2]]


async def test_a_call_that_continues_joins_the_next_batch_before_new_calls():
    batches: list[list[int]] = []

    async def run(items: Sequence[int]) -> Sequence[int | Continued[int]]:
        batches.append(list(items))
        await asyncio.sleep(0)
        return [Continued(item - 10) if item >= 10 else item for item in items]

    coalesce = Coalescer(run, max_batch=2, max_in_flight=1)
    assert await asyncio.gather(*(coalesce(i) for i in (21, 12, 3, 4))) == [1, 2, 3, 4]
    assert batches == [[21, 12], [11, 2], [1, 3], [4]]


async def test_a_failing_batch_fails_its_own_callers_only():
    async def run(items: Sequence[int]) -> Sequence[int]:
        if 3 in items:
            raise StoreUnavailable("down")
        return items

    coalesce = Coalescer(run, max_batch=2, max_in_flight=1)
    results = await asyncio.gather(*(coalesce(i) for i in range(6)), return_exceptions=True)
    assert [r if isinstance(r, int) else type(r) for r in results] == [0, 1, StoreUnavailable, StoreUnavailable, 4, 5]


async def test_whoever_waits_too_long_is_told_and_not_served_behind_their_back():
    gate = Gate()
    coalesce = Coalescer(gate, max_in_flight=1, time_limit_s=0.05)
    with pytest.raises(Overloaded):
        await asyncio.gather(coalesce(1), coalesce(2))
    gate.opened.set()
    with pytest.raises(Overloaded):
        await asyncio.gather(*(Coalescer(Gate(), time_limit_s=0.05)(i) for i in range(2)))
    assert await coalesce(3) == 30
    assert gate.batches == [[1, 2], [3]]


async def test_everyone_has_as_much_time_as_the_first():
    gate = Gate()
    coalesce = Coalescer(gate, max_in_flight=3, time_limit_s=0.05)
    began = asyncio.get_running_loop().time()
    first = asyncio.create_task(coalesce(1))
    await asyncio.sleep(0.03)
    second = asyncio.create_task(coalesce(2))
    for call in (first, second):
        with pytest.raises(Overloaded):
            await call
    assert asyncio.get_running_loop().time() - began >= 0.08
    gate.opened.set()
    assert await coalesce(3) == 30
    gate.opened.clear()
    with pytest.raises(Overloaded):
        await coalesce(4)


async def test_a_full_queue_refuses_at_once():
    gate = Gate()
    coalesce = Coalescer(gate, max_in_flight=1, max_waiting=2)
    calls = [asyncio.create_task(coalesce(0))]
    await gate.until_entered(1)
    calls += [asyncio.create_task(coalesce(i)) for i in (1, 2)]
    await asyncio.wait(calls, timeout=0)
    with pytest.raises(Overloaded):
        await coalesce(3)
    gate.opened.set()
    assert await asyncio.gather(*calls) == [0, 10, 20]


async def test_a_caller_that_gives_up_does_not_disturb_the_others():
    gate = Gate()
    coalesce = Coalescer(gate, max_in_flight=1)
    first = asyncio.create_task(coalesce(1))
    await gate.until_entered(1)
    gone, stays = (asyncio.create_task(coalesce(i)) for i in (2, 3))
    await asyncio.wait([gone, stays], timeout=0)
    gone.cancel()
    gate.opened.set()
    assert await asyncio.gather(first, stays) == [10, 30]
    assert gate.batches == [[1], [3]]
