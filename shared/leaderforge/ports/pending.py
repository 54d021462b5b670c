"""Processes with pending index updates."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID


class PendingProcess(NamedTuple):
    """Process with declared pending index updates.

    `age_ms` is the time since its last declaration, by the store's clock.
    """

    process_id: UUID
    age_ms: int


class PendingProcesses(Protocol):
    """Declarations of processes with committed changes that the index lacks.

    A process declares itself before it acknowledges such a change. It withdraws its declaration once the index has the
    change.
    """

    async def declare(self, process_id: UUID) -> None:
        """Declare that the process holds pending updates. A repeated call renews the declaration."""
        ...

    async def withdraw(self, process_ids: Collection[UUID], *, older_than_ms: int = 0) -> None:
        """Remove these processes' declarations if they are at least `older_than_ms` old."""
        ...

    async def declared(self) -> Sequence[PendingProcess]:
        """Return all declarations."""
        ...
