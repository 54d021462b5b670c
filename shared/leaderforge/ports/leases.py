"""Leases."""

from typing import Protocol


class LeaseStore(Protocol):
    """Exclusive, expiring rights of one process to run a job."""

    async def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Whether this holder has, or now takes, the named lease, so that one process of many does a job.

        No seconds give it back.
        """
        ...
