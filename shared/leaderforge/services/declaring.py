"""Telling every process that this one has pending index updates, before such an update is acknowledged."""

import asyncio
from collections.abc import Callable
from time import monotonic
from uuid import uuid4

from leaderforge.ports.pending import PendingProcesses

BELIEF_S = 1.0
"""How long a process believes the index after it began to read the declarations, unless it reads them again."""

DECLARATION_MS = 10_000
"""Age of a declaration (ms) at which its process is taken for dead, and a catch-up takes over its updates."""

_RENEWAL_S = DECLARATION_MS / 1000 / 4


class Declaration:
    """This process's entry among the `PendingProcesses`."""

    def __init__(self, processes: PendingProcesses) -> None:
        self.process_id = uuid4()
        self._processes = processes
        self._lock = asyncio.Lock()
        self._may_exist = False
        self._renewed_at: float | None = None
        self._effective_at = 0.0
        self._withdrawals = 0
        self._is_confirmed = False
        """Whether the store has answered since the entry took effect."""

    @property
    def may_exist(self) -> bool:
        """Return whether the store may have the entry."""
        return self._may_exist

    async def declare(self) -> None:
        """Make or renew the entry. Raises `StoreUnavailable`.

        Returns once no process believes an index that lacks what this process holds: `BELIEF_S` after the entry was
        committed first. The store must still answer then, because processes go on believing what they believed when
        it stopped.
        """
        withdrawals: int | None = None
        while True:
            async with self._lock:
                if withdrawals is None:
                    withdrawals = self._withdrawals
                elif withdrawals != self._withdrawals:
                    return  # everything that the caller held has been delivered meanwhile
                is_due = not self._is_confirmed and monotonic() >= self._effective_at
                if is_due or not self._is_younger_than(_RENEWAL_S):
                    await self._renew()
                remaining_s = self._effective_at - monotonic()
            if remaining_s <= 0:
                return
            await asyncio.sleep(remaining_s)

    async def withdraw(self, holds_updates: Callable[[], bool]) -> None:
        """Remove the entry, if it may be there and this process holds nothing. Raises `StoreUnavailable`.

        Callers of `declare` add what they hold before they call it: those that wait there are done with then.
        """
        async with self._lock:
            if self._may_exist and not holds_updates():
                self._renewed_at = None
                await self._processes.withdraw([self.process_id])
                self._may_exist = False
                self._withdrawals += 1

    async def _renew(self) -> None:
        # An entry that expired may have been removed, and believed to be dealt with.
        expired = not self._is_younger_than(DECLARATION_MS / 1000)
        began_at = monotonic()
        self._may_exist = True
        await self._processes.declare(self.process_id)
        self._renewed_at = began_at
        if expired:
            self._effective_at = monotonic() + BELIEF_S
        self._is_confirmed = began_at >= self._effective_at

    def _is_younger_than(self, seconds: float) -> bool:
        return self._renewed_at is not None and monotonic() - self._renewed_at < seconds
