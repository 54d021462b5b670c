"""The queue of submissions."""

from collections.abc import Sequence
from typing import Protocol

from leaderforge.domain.dead_letters import DeadLetter


class SubmissionQueue(Protocol):
    """Where submissions wait for being counted, and those that could not be. Calls raise `QueueUnavailable`."""

    async def put(self, bodies: Sequence[str]) -> None:
        """Queue submissions. Should it fail, some may have been queued."""
        ...

    async def bury(self, body: str, reason: str) -> None:
        """Put a submission that cannot be counted among the dead letters."""
        ...

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """Return some of the dead letters, none if there are no more; what is returned is hidden for a while."""
        ...

    async def forget(self, letter: DeadLetter) -> None:
        """Remove a dead letter."""
        ...

    async def close(self) -> None: ...
