"""In-memory queue of submissions."""

from collections.abc import Sequence
from itertools import count

from leaderforge.domain.dead_letters import DeadLetter
from leaderforge.domain.errors import QueueUnavailable

_BATCH_SIZE = 10
"""Maximum dead letters of a call, as in SQS."""


class MemoryQueue:
    """`SubmissionQueue` in the list `bodies` and a dict of dead letters.

    While `down` is true, all calls raise `QueueUnavailable`.
    """

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.down = False
        self._dead: dict[str, DeadLetter] = {}
        self._hidden: set[str] = set()
        self._receipts = count()

    async def put(self, bodies: Sequence[str]) -> None:
        self._require_available()
        self.bodies += bodies

    async def bury(self, body: str, reason: str) -> None:
        self._require_available()
        receipt = str(next(self._receipts))
        self._dead[receipt] = DeadLetter(body, reason, receipt)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        self._require_available()
        letters = [letter for receipt, letter in self._dead.items() if receipt not in self._hidden][:_BATCH_SIZE]
        self._hidden |= {letter.receipt for letter in letters}
        return letters

    async def forget(self, letter: DeadLetter) -> None:
        self._require_available()
        self._dead.pop(letter.receipt, None)

    async def close(self) -> None:
        pass

    def _require_available(self) -> None:
        if self.down:
            raise QueueUnavailable("the queue is unavailable")
