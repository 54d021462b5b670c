"""Scheduled maintenance: reconciliation and verification of the index, period rollover, board maintenance,
activity of boards and settlement of periods."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from functions.edge.aws.runtime import runtime
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.wiring import Services

_DISPATCH_S = 10.0
"""Time that one call spends on dispatching notices, in s. The scheduler calls the function every minute."""


def handler(event: Any, context: Any) -> dict[str, int]:
    """Run every task once, and return the number of items that each task has processed.

    The first error of a task is raised after all tasks. The scheduler then reports a failure.
    """
    counts = runtime.run(maintain(runtime.services))
    runtime.run(runtime.services.settle())
    return counts


async def maintain(services: Services) -> dict[str, int]:
    """Run every task, even after a failed one. Raises the first error at the end."""
    counts: dict[str, int] = {}
    errors: list[LeaderForgeError] = []
    for name, task in TASKS.items():
        try:
            counts[name] = await task(services)
        except LeaderForgeError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return counts


async def reconcile(services: Services, every_ms: int = 0) -> int:
    """Reconcile the index, at most every `every_ms`, then run period rollover, at most once a minute.

    Return the number of standings that reconciliation has read.
    """
    with services.telemetry.transaction("reconcile"):
        await services.delivery.settle()
        count = await services.maintain.reconcile(every_ms)
        await services.seasons.rollover.run_if_due()
    return count


async def keep_boards(services: Services) -> int:
    """Run backfills of boards, purges of deleted boards, and the maintenance of past standings.

    Return the number of boards with work.
    """
    with services.telemetry.transaction("keep_boards"):
        return await services.board_maintenance.run() + await services.moment_maintenance.run_if_due()


async def verify_some(services: Services) -> int:
    """Verify a part of the standings, at most once a minute. Return the number of verified standings."""
    with services.telemetry.transaction("verify"):
        return await services.verification.run_if_due()


async def fold_activity(services: Services) -> int:
    """Fold the activity of boards from new events, at most once a minute. Return the number of events."""
    with services.telemetry.transaction("fold_activity"):
        return await services.activity.fold_if_due()


async def settle(services: Services) -> int:
    """Settle the periods that are due, or whose scores changed. Return the number of settled periods.

    Search for such periods at most every few seconds. Also delete expired challenges, at most once an hour.
    """
    with services.telemetry.transaction("settle"):
        await services.seasons.challenges.purge_if_due()
        await services.seasons.seats.search_if_due()
        await services.seasons.resettlement.run_if_due()
        return await services.seasons.settlement.run_if_due()


async def sweep_teams(services: Services) -> int:
    """Bring the scores of teams up to date, at most every few seconds. Return the number of changed standings."""
    with services.telemetry.transaction("sweep_teams"):
        return await services.teams.scores.sweep_if_due()


async def dispatch_notices(services: Services) -> int:
    """Relay notices to the log and dispatch them to endpoints. Return the sum of relayed and accepted notices."""
    with services.telemetry.transaction("dispatch_notices"):
        return await services.events.dispatch.run(_DISPATCH_S)


TASKS: Mapping[str, Callable[[Services], Awaitable[int]]] = {
    "reconciled": reconcile,
    "boards": keep_boards,
    "verified": verify_some,
    "folded": fold_activity,
    "settled": settle,
    "teams": sweep_teams,
    "dispatched": dispatch_notices,
}
"""Scheduled tasks, by the name of each task's count in the result of `handler`."""
