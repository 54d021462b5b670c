"""Contract of submission queues. tests/contract runs it on the in-memory queue, tests/cloud on Amazon SQS."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import pytest

from leaderforge.domain.dead_letters import DeadLetter
from leaderforge.domain.errors import QueueUnavailable
from leaderforge.ports.queue import SubmissionQueue

_LOOKS = 30


class Queued(ABC):
    """New, empty queue, and its consumer."""

    queue: SubmissionQueue

    @abstractmethod
    async def received(self) -> Sequence[str]:
        """Receive some of the queued messages."""

    @abstractmethod
    async def lose(self) -> None:
        """Make the queue unusable."""

    async def all_received(self, count: int) -> list[str]:
        """Receive until there are `count` messages, and return them sorted."""
        found: list[str] = []
        for _ in range(_LOOKS):
            found += await self.received()
            if len(found) >= count:
                break
        return sorted([*found, *await self.received()])

    async def buried(self, count: int) -> list[DeadLetter]:
        """Return all visible dead letters, `count` of them."""
        found: list[DeadLetter] = []
        for _ in range(_LOOKS):
            found += await self.queue.dead_letters()
            if len(found) >= count:
                break
        return [*found, *await self.queue.dead_letters()]


class QueueContract:
    """Contract suite. Each subclass defines a fixture `queued`, which yields the queue to test."""

    async def test_all_that_is_put_is_received_once(self, queued: Queued) -> None:
        bodies = [f'{{"number":{i},"name":"☃ \\"é"}}' for i in range(25)]
        await queued.queue.put(bodies)
        assert await queued.all_received(25) == sorted(bodies)

    async def test_bodies_that_do_not_fit_into_one_call_are_put_too(self, queued: Queued) -> None:
        bodies = [letter * 200_000 for letter in "abc"]
        await queued.queue.put(bodies)
        assert await queued.all_received(3) == bodies

    async def test_putting_nothing_puts_nothing(self, queued: Queued) -> None:
        await queued.queue.put([])
        assert await queued.all_received(0) == []

    async def test_dead_letters_tell_their_reasons_and_are_not_received(self, queued: Queued) -> None:
        told = {f"body {i}": f"user_not_found: there is no player {i} ☃" for i in range(12)}
        for body, reason in told.items():
            await queued.queue.bury(body, reason)
        assert {letter.body: letter.reason for letter in await queued.buried(12)} == told
        assert await queued.all_received(0) == []

    async def test_a_dead_letter_is_hidden_once_it_was_given_out(self, queued: Queued) -> None:
        await queued.queue.bury("poison", "malformed")
        assert [letter.body for letter in await queued.buried(1)] == ["poison"]
        assert await queued.buried(0) == []

    async def test_the_same_body_may_die_twice_and_each_is_forgotten_by_itself(self, queued: Queued) -> None:
        for _ in range(2):
            await queued.queue.bury("poison", "malformed")
        letters = await queued.buried(2)
        assert len({letter.receipt for letter in letters}) == 2
        for letter in letters:
            await queued.queue.forget(letter)
            # A caller that loses the reply repeats the deletion. Therefore deleting a dead letter twice must succeed.
            await queued.queue.forget(letter)
        assert await queued.buried(0) == []

    async def test_a_queue_that_cannot_be_used_says_so(self, queued: Queued) -> None:
        await queued.lose()
        for use in (queued.queue.put(["x"]), queued.queue.bury("x", "y"), queued.queue.dead_letters()):
            with pytest.raises(QueueUnavailable):
                await use
