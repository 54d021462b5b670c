"""Declaration of a process that it has pending index updates. Other processes then read the store."""

import asyncio
from collections.abc import Callable
from time import monotonic
from uuid import uuid4

from leaderforge.domain.timing import DECLARATION_MS, DECLARATION_RENEWAL_MS, DECLARATION_WAIT_MS
from leaderforge.ports.pending import PendingProcesses

_LIFE_S = DECLARATION_MS / 1000
_RENEWAL_S = DECLARATION_RENEWAL_MS / 1000
_WAIT_S = DECLARATION_WAIT_MS / 1000


class Declaration:
    """Declaration of this process in `PendingProcesses`."""

    def __init__(self, processes: PendingProcesses) -> None:
        self.process_id = uuid4()
        self._processes = processes
        self._lock = asyncio.Lock()
        self._may_exist = False
        self._renewed_at: float | None = None
        self._effective_at = 0.0
        self._withdrawals = 0
        self._is_confirmed = False
        """True once the store has answered a read after `_effective_at`."""

    @property
    def may_exist(self) -> bool:
        """Return whether the declaration may be in the store."""
        return self._may_exist

    async def declare(self) -> None:
        """Create or renew the declaration. Return once no process reads an index that lacks this process's updates.

        The first declaration waits `DECLARATION_WAIT_MS`, until no process relies on an earlier check of the index.
        Then it reads the store once, to exclude an outage: during an outage, processes would continue to treat the
        index as current. Raises `StoreUnavailable`.
        """
        withdrawals: int | None = None
        while True:
            async with self._lock:
                if withdrawals is None:
                    withdrawals = self._withdrawals
                elif withdrawals != self._withdrawals:
                    return  # the withdrawal shows that the updates of this caller are delivered
                if not self._is_younger_than(_RENEWAL_S):
                    await self._renew()
                remaining_s = self._effective_at - monotonic()
                if remaining_s <= 0 and not self._is_confirmed:
                    # Other processes cannot see the declaration during an outage of the store, and would still answer
                    # from the index. A successful read proves that they can see the declaration, because their reads
                    # have the same short time limit.
                    await self._processes.declared()
                    self._is_confirmed = True
            if remaining_s <= 0:
                return
            await asyncio.sleep(remaining_s)

    async def withdraw(self, holds_updates: Callable[[], bool]) -> None:
        """Remove the declaration if it may be in the store and this process has no pending updates.

        A withdrawal also ends concurrent calls of `declare`, because the updates of their callers are then delivered.
        Raises `StoreUnavailable`.
        """
        async with self._lock:
            if self._may_exist and not holds_updates():
                self._renewed_at = None
                await self._processes.withdraw([self.process_id])
                self._may_exist = False
                self._withdrawals += 1

    async def _renew(self) -> None:
        # If the declaration has expired, a catch-up may have removed it, and processes may have begun to treat the
        # index as current. Therefore `declare` then waits again, as after the first declaration.
        expired = not self._is_younger_than(_LIFE_S)
        began_at = monotonic()
        # Set the flag before the call, because a failed call may have committed.
        self._may_exist = True
        await self._processes.declare(self.process_id)
        self._renewed_at = began_at
        if expired:
            self._effective_at = monotonic() + _WAIT_S
            self._is_confirmed = False

    def _is_younger_than(self, seconds: float) -> bool:
        return self._renewed_at is not None and monotonic() - self._renewed_at < seconds
