"""Scheduled maintenance: reconciling the index with the store."""

from typing import Any

from functions.edge.runtime import runtime
from leaderforge.wiring import Services


def handler(event: Any, context: Any) -> dict[str, int]:
    """Reconcile once and return how many standings were looked at. Failing makes the scheduler report it."""
    return {"reconciled": runtime.run(reconcile(runtime.services))}


async def reconcile(services: Services, every_ms: int = 0) -> int:
    """Bring the index up to date unless that was done less than `every_ms` ago; return how many were looked at."""
    with services.telemetry.transaction("reconcile"):
        return await services.maintain.reconcile(every_ms)
