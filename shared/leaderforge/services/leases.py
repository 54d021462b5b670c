"""Leases: jobs that one process of many does at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from leaderforge.domain.errors import IndexUnavailable
from leaderforge.ports.leases import LeaseStore

_SECONDS = 6.0
"""How long a job that died keeps others from it."""
_RENEWAL_S = 2.0


class Lease:
    """The lease of a job, kept in the index. Losing it does no harm: jobs are such that two may do them at once."""

    def __init__(self, store: LeaseStore, name: str) -> None:
        self._store = store
        self._name = name
        self._holder = uuid4().hex

    async def taken(self) -> bool:
        """Whether the job is ours now; then it is to be done in a block of `held`. Raises `IndexUnavailable`."""
        return await self._store.lease(self._name, self._holder, _SECONDS)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Renew the lease, which we have, while the block runs, and then give it back."""
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
