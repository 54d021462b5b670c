"""Maintenance in a separate process, for deployments without a scheduler: `python -m functions.worker`."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable

import structlog

from functions import maintain
from leaderforge.config import SettingsError
from leaderforge.domain.errors import Unavailable
from leaderforge.garbage import collect_seldom
from leaderforge.parts.cloud import read_settings
from leaderforge.wiring import Services, build

_DISPATCH_EVERY_MS = 1_000
"""Maximum time between two looks at the outbox, in ms. This wait is the largest part of an event's delay."""


async def keep_reconciled(services: Services) -> None:
    """Reconcile the index and run period rollover, in a loop."""
    every_ms = services.settings.reconcile_ms
    await _repeat(
        "reconcile",
        lambda: maintain.reconcile(services, every_ms),
        lambda: services.telemetry.count("reconcile_failures"),
        every_ms,
    )


async def keep_boards(services: Services) -> None:
    """Run backfills of boards and purges of deleted boards, in a loop."""
    await _repeat(
        "upkeep",
        lambda: maintain.keep_boards(services),
        lambda: services.telemetry.count("upkeep_failures"),
        services.settings.reconcile_ms,
    )


async def keep_verified(services: Services) -> None:
    """Verify the standings in a loop, one part after another."""
    await _repeat(
        "verification",
        lambda: maintain.verify_some(services),
        lambda: services.telemetry.count("verification_failures"),
        services.settings.reconcile_ms,
    )


async def keep_folded(services: Services) -> None:
    """Fold the activity of boards, in a loop."""
    await _repeat(
        "activity",
        lambda: maintain.fold_activity(services),
        lambda: services.telemetry.count("activity_failures"),
        services.settings.reconcile_ms,
    )


async def keep_settled(services: Services) -> None:
    """Settle the periods that are due, in a loop."""
    await _repeat(
        "settlement",
        lambda: maintain.settle(services),
        lambda: services.telemetry.count("settlement_failures"),
        services.settings.reconcile_ms,
    )


async def keep_teams(services: Services) -> None:
    """Bring the scores of teams up to date, in a loop."""
    await _repeat(
        "teams",
        lambda: maintain.sweep_teams(services),
        lambda: services.telemetry.count("team_failures"),
        services.settings.reconcile_ms,
    )


async def keep_dispatched(services: Services) -> None:
    """Relay notices to the log and dispatch them to endpoints, in a loop."""
    await _repeat(
        "events",
        lambda: maintain.dispatch_notices(services),
        lambda: services.telemetry.count("event_failures"),
        min(services.settings.reconcile_ms, _DISPATCH_EVERY_MS),
    )


async def keep_maintained(services: Services) -> None:
    """Run all maintenance loops concurrently. A failure in one loop does not stop the others."""
    await asyncio.gather(
        keep_reconciled(services),
        keep_boards(services),
        keep_verified(services),
        keep_folded(services),
        keep_settled(services),
        keep_teams(services),
        keep_dispatched(services),
    )


async def _repeat(
    job: str, run: Callable[[], Awaitable[object]], on_failure: Callable[[], None], every_ms: int
) -> None:
    """Run a job every `every_ms`, even after failures. With 0, return at once, because other processes run the job."""
    log = structlog.get_logger(f"leaderforge.{job}")
    is_deferred = False
    while every_ms:
        try:
            await run()
            if is_deferred:
                log.info(f"{job}_resumed")
            is_deferred = False
        except Unavailable as error:
            on_failure()
            # Log the first failure of an outage only, however long the outage lasts.
            if not is_deferred:
                log.warning(f"{job}_deferred", error=error.message)
            is_deferred = True
        except Exception:
            on_failure()
            log.exception(f"{job}_failed")
        # Add jitter: otherwise, processes that start together would run their jobs at the same times.
        await asyncio.sleep(every_ms / 1000 * random.uniform(0.9, 1.1))  # noqa: S311 - jitter is no secret


async def work(services: Services) -> None:
    """Run all maintenance loops until shutdown."""
    await services.open()
    try:
        loops = asyncio.gather(keep_maintained(services), services.changes.follow())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, loops.cancel)
        await asyncio.wait([loops])
    finally:
        await services.close()


def main() -> None:
    """Run with the environment settings until shutdown."""
    try:
        services = build(read_settings(os.environ))
    except SettingsError as error:
        sys.exit(f"error: {error}")
    collect_seldom()
    asyncio.run(work(services))


if __name__ == "__main__":
    main()
