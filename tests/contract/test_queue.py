"""Queue contract on the in-memory queue."""

from collections.abc import Sequence

import pytest

from leaderforge.adapters.memory.queue import MemoryQueue
from tests.contract.queue_contract import QueueContract, Queued


class InMemory(Queued):
    """In-memory queue."""

    def __init__(self) -> None:
        self.queue: MemoryQueue = MemoryQueue()

    async def received(self) -> Sequence[str]:
        taken, self.queue.bodies = self.queue.bodies, []
        return taken

    async def lose(self) -> None:
        self.queue.down = True


class TestMemoryQueue(QueueContract):
    @pytest.fixture
    def queued(self) -> InMemory:
        return InMemory()
