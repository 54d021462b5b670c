"""Queue of submissions."""

from collections.abc import Sequence
from typing import Protocol

from leaderforge.domain.dead_letters import DeadLetter


class SubmissionQueue(Protocol):
    """Queue of submissions, and its dead letters. All calls raise `QueueUnavailable`."""

    async def put(self, bodies: Sequence[str]) -> None:
        """Queue submissions. After an error, some of them may be queued. A retry is safe due to the submission ids."""
        ...

    async def bury(self, body: str, reason: str) -> None:
        """Add a submission that cannot be counted to the dead letters."""
        ...

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """Return a batch of dead letters, empty if there are none left. For a while, later calls skip these letters."""
        ...

    async def forget(self, letter: DeadLetter) -> None:
        """Remove a dead letter."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
