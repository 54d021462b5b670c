"""In-memory declarations of pending index updates."""

from collections.abc import Collection, Sequence
from time import monotonic
from uuid import UUID

from leaderforge.domain.errors import StoreUnavailable
from leaderforge.ports.pending import PendingProcess


class MemoryPendingProcesses:
    """`PendingProcesses` in a dict. While `available` is false, every call raises `StoreUnavailable`."""

    def __init__(self) -> None:
        self.available = True
        self._declared_at: dict[UUID, float] = {}

    async def declare(self, process_id: UUID) -> None:
        self._require_available()
        self._declared_at[process_id] = monotonic()

    async def withdraw(self, process_ids: Collection[UUID], *, older_than_ms: int = 0) -> None:
        for process in await self.declared():
            if process.process_id in process_ids and process.age_ms >= older_than_ms:
                del self._declared_at[process.process_id]

    async def declared(self) -> Sequence[PendingProcess]:
        self._require_available()
        now = monotonic()
        return [PendingProcess(i, int((now - at) * 1000)) for i, at in self._declared_at.items()]

    def _require_available(self) -> None:
        if not self.available:
            raise StoreUnavailable("the store is unavailable")
