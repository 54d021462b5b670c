"""Leases for jobs that one process runs at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from leaderforge.domain.errors import IndexBusy, IndexUnavailable
from leaderforge.ports.leases import LeaseStore

_SECONDS = 6.0
"""Duration of a lease in s. After a crash of its holder, no process runs the job for this time."""
_RETRY_S = 0.2
_RENEWAL_S = 2.0
"""Time between renewals, in s. A single failed renewal does not lose the lease: the next renewal is in time."""


class Lease:
    """Lease of a job, stored in the index. Its loss does no harm: jobs must be safe to run concurrently."""

    def __init__(self, store: LeaseStore, name: str) -> None:
        self._store = store
        self._name = name
        self._holder = uuid4().hex

    async def acquire(self) -> bool:
        """Acquire the lease. Return False if another process has it. Raises `IndexUnavailable`.

        After the acquisition, run the job in a block of `renewal`.
        """
        return await self._store.lease(self._name, self._holder, _SECONDS)

    async def is_taken(self) -> bool:
        """Return whether another process has the lease. Raises `IndexUnavailable`."""
        return not await self._store.lease(self._name, uuid4().hex, 0)

    @asynccontextmanager
    async def exclusive(self, wait_s: float) -> AsyncIterator[None]:
        """Acquire the lease, renew it during the block, then release it. Raises `IndexBusy` after `wait_s` seconds."""
        try:
            async with asyncio.timeout(wait_s):
                while not await self.acquire():  # noqa: ASYNC110 - no local event signals a free lease
                    await asyncio.sleep(_RETRY_S)
        except TimeoutError:
            raise IndexBusy("another process is maintaining the index; try again when it is done") from None
        async with self.renewal():
            yield

    @asynccontextmanager
    async def renewal(self) -> AsyncIterator[None]:
        """Renew the acquired lease during the block, then release it."""
        renewing = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])
            with suppress(IndexUnavailable):
                await self._store.lease(self._name, self._holder, 0)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEWAL_S)
            with suppress(IndexUnavailable):
                await self._store.lease(self._name, self._holder, _SECONDS)
