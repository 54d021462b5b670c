"""Leases."""

from typing import Protocol


class LeaseStore(Protocol):
    """Store of leases: exclusive, expiring rights of one process to run a job."""

    async def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Acquire or renew the named lease for `seconds`. Return False if another holder has it.

        `seconds=0` releases the lease. Raises `IndexUnavailable`.
        """
        ...
