"""Maintenance in a process of its own, where no schedule runs it: `python -m functions.worker`."""

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
from leaderforge.wiring import Services, build, read_settings


async def keep_reconciled(services: Services) -> None:
    """Reconcile again and again, and see to periods that are over."""
    every_ms = services.settings.reconcile_ms
    await _again_and_again(
        "reconcile",
        lambda: maintain.reconcile(services, every_ms),
        lambda: services.telemetry.count("reconcile_failures"),
        every_ms,
    )


async def keep_boards(services: Services) -> None:
    """Complete boards' new periods and purge deleted boards, again and again."""
    await _again_and_again(
        "upkeep",
        lambda: maintain.keep_boards(services),
        lambda: services.telemetry.count("upkeep_failures"),
        services.settings.reconcile_ms,
    )


async def keep_verified(services: Services) -> None:
    """Verify some standings, again and again, until all are verified, and then anew."""
    await _again_and_again(
        "verification",
        lambda: maintain.verify_some(services),
        lambda: services.telemetry.count("verification_failures"),
        services.settings.reconcile_ms,
    )


async def keep_maintained(services: Services) -> None:
    """Do all of maintenance, each part of it whatever becomes of the others."""
    await asyncio.gather(keep_reconciled(services), keep_boards(services), keep_verified(services))


async def _again_and_again(
    job: str, work: Callable[[], Awaitable[object]], failed: Callable[[], None], every_ms: int
) -> None:
    """Do a job again and again, whatever happens, unless the settings leave that to others."""
    log = structlog.get_logger(f"leaderforge.{job}")
    deferred = False
    while every_ms:
        try:
            await work()
            if deferred:
                log.info(f"{job}_resumed")
            deferred = False
        except Unavailable as error:
            failed()
            if not deferred:
                log.warning(f"{job}_deferred", error=error.message)
            deferred = True
        except Exception:
            failed()
            log.exception(f"{job}_failed")
        # Processes started together need not all come at once.
        await asyncio.sleep(every_ms / 1000 * random.uniform(0.9, 1.1))  # noqa: S311 - chance, not secrecy


async def work(services: Services) -> None:
    """Do maintenance until told to stop."""
    await services.open()
    try:
        working = asyncio.gather(keep_maintained(services), services.changes.follow())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, working.cancel)
        await asyncio.wait([working])
    finally:
        await services.close()


def main() -> None:
    """Work with the settings of the environment until told to stop."""
    try:
        services = build(read_settings(os.environ))
    except SettingsError as error:
        sys.exit(f"error: {error}")
    collect_seldom()
    asyncio.run(work(services))


if __name__ == "__main__":
    main()
