"""The processes with pending index updates."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID


class PendingProcess(NamedTuple):
    """A process that has declared pending index updates, and how long ago it last did so, by the store's clock."""

    process_id: UUID
    age_ms: int


class PendingProcesses(Protocol):
    """The processes that hold committed changes which the index lacks.

    A process declares itself before it acknowledges such a change, and withdraws once the index has it.
    """

    async def declare(self, process_id: UUID) -> None:
        """Declare that the process holds pending updates, or that it still does."""
        ...

    async def withdraw(self, process_ids: Collection[UUID], *, older_than_ms: int = 0) -> None:
        """Remove the declarations of these processes that are at least so old."""
        ...

    async def declared(self) -> Sequence[PendingProcess]:
        """Return all declarations."""
        ...
