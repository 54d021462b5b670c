"""Declaration to all processes that this process has pending index updates. It precedes their acknowledgement."""

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
        """True if the store has answered after the declaration took effect."""

    @property
    def may_exist(self) -> bool:
        """Return whether the declaration may be in the store."""
        return self._may_exist

    async def declare(self) -> None:
        """Create or renew the declaration. Raises `StoreUnavailable`.

        After the first commit, wait for `DECLARATION_WAIT_MS`: by then, all processes have read the declaration, and
        none believes an index that lacks the pending updates of this process. Then require an answer of the store.
        Processes that the store does not answer cannot read the declaration, and keep their belief.
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
                    # Read with the time limit of other processes: they consider a slower store an outage.
                    await self._processes.declared()
                    self._is_confirmed = True
            if remaining_s <= 0:
                return
            await asyncio.sleep(remaining_s)

    async def withdraw(self, holds_updates: Callable[[], bool]) -> None:
        """Remove the declaration if it may be in the store and this process has no pending updates.

        Callers of `declare` add their updates before they call it. A withdrawal therefore shows that their updates are
        delivered, and ends their wait. Raises `StoreUnavailable`.
        """
        async with self._lock:
            if self._may_exist and not holds_updates():
                self._renewed_at = None
                await self._processes.withdraw([self.process_id])
                self._may_exist = False
                self._withdrawals += 1

    async def _renew(self) -> None:
        # A catch-up may have removed the expired declaration. Since then, processes may believe the index again: wait
        # until their beliefs end.
        expired = not self._is_younger_than(_LIFE_S)
        began_at = monotonic()
        # Set before the call: a failed call may have committed.
        self._may_exist = True
        await self._processes.declare(self.process_id)
        self._renewed_at = began_at
        if expired:
            self._effective_at = monotonic() + _WAIT_S
            self._is_confirmed = False

    def _is_younger_than(self, seconds: float) -> bool:
        return self._renewed_at is not None and monotonic() - self._renewed_at < seconds
