"""Scheduled maintenance: reconciling the index, verifying some of it, ending periods, and what boards need besides."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from functions.edge.runtime import runtime
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.wiring import Services


def handler(event: Any, context: Any) -> dict[str, int]:
    """Do every task once and return how much each had to do. Failing makes the scheduler report it."""
    done = runtime.run(maintain(runtime.services))
    runtime.run(runtime.services.changes.settle())
    return done


async def maintain(services: Services) -> dict[str, int]:
    """Do every task, also after one that failed; then raise the first failure."""
    done: dict[str, int] = {}
    failures: list[LeaderForgeError] = []
    for name, task in TASKS.items():
        try:
            done[name] = await task(services)
        except LeaderForgeError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return done


async def reconcile(services: Services, every_ms: int = 0) -> int:
    """Bring the index up to date unless that was done less than `every_ms` ago; return how many were looked at.

    Periods that are over are seen to once a minute.
    """
    with services.telemetry.transaction("reconcile"):
        await services.delivery.settle()
        looked_at = await services.maintain.reconcile(every_ms)
        await services.turnover.run_if_due()
    return looked_at


async def keep_boards(services: Services) -> int:
    """Complete boards' new periods and purge deleted boards; return for how many there was something to do."""
    with services.telemetry.transaction("keep_boards"):
        return await services.upkeep.run()


async def verify_some(services: Services) -> int:
    """Verify some standings unless that was done within the last minute; return how many."""
    with services.telemetry.transaction("verify"):
        return await services.inspection.run_if_due()


TASKS: Mapping[str, Callable[[Services], Awaitable[int]]] = {
    "reconciled": reconcile,
    "boards": keep_boards,
    "verified": verify_some,
}
"""What the schedule runs, by the name of what is counted."""
