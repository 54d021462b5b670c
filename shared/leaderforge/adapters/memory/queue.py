"""An in-memory twin of the queue of submissions."""

from collections.abc import Sequence
from itertools import count

from leaderforge.domain.dead_letters import DeadLetter
from leaderforge.domain.errors import QueueUnavailable

_MOST = 10


class MemoryQueue:
    """Holds what is queued in `bodies`, and the dead letters. With `down`, it cannot be used."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.down = False
        self._dead: dict[str, DeadLetter] = {}
        self._hidden: set[str] = set()
        self._receipts = count()

    async def put(self, bodies: Sequence[str]) -> None:
        self._require()
        self.bodies += bodies

    async def bury(self, body: str, reason: str) -> None:
        self._require()
        receipt = str(next(self._receipts))
        self._dead[receipt] = DeadLetter(body, reason, receipt)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        self._require()
        found = [letter for receipt, letter in self._dead.items() if receipt not in self._hidden][:_MOST]
        self._hidden |= {letter.receipt for letter in found}
        return found

    async def forget(self, letter: DeadLetter) -> None:
        self._require()
        self._dead.pop(letter.receipt, None)

    async def close(self) -> None:
        pass

    def _require(self) -> None:
        if self.down:
            raise QueueUnavailable("the queue cannot be used")
