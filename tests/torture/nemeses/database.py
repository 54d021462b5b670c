"""Nemeses of the database, its disk, and the network in front of it."""

import asyncio
from math import inf
from time import monotonic

from tests.torture.network import Disturbance
from tests.torture.stage import Skipped, Stage
from tests.torture.upgrading import upgrade_beside


async def restart_postgres(stage: Stage) -> None:
    """Restart PostgreSQL."""
    if stage.rig.postgres is None:
        raise Skipped("the Citus cluster is somebody else's")
    stage.step("restarting")
    stage.rig.journal.database_back = inf
    await asyncio.to_thread(stage.rig.postgres.restart)
    stage.rig.journal.database_back = monotonic()
    stage.step("back")


async def kill_postgres(stage: Stage) -> None:
    """Kill PostgreSQL and start it again."""
    if stage.rig.postgres is None:
        raise Skipped("the Citus cluster is somebody else's")
    stage.rig.journal.database_back = inf
    await asyncio.to_thread(stage.rig.postgres.process.kill)
    stage.step("killed")
    await asyncio.to_thread(stage.rig.revive_postgres)
    stage.rig.journal.database_back = monotonic()
    stage.step("back")


async def slow_database(stage: Stage) -> None:
    """Delay all bytes between API processes and the database."""
    delay_s = stage.random.choice((0.01, 0.05, 0.2))
    await _disturb(stage, Disturbance(delay_s=delay_s, pid=stage.pid_or_all()))


async def cut_database(stage: Stage) -> None:
    """Cut API processes off the database."""
    await _disturb(stage, Disturbance(is_cut=True, pid=stage.pid_or_all()))


async def fill_disk(stage: Stage) -> None:
    """Fill the disk of PostgreSQL for a time. Afterwards, start the server again if the full disk has ended it."""
    disk, postgres = stage.rig.disk, stage.rig.postgres
    if postgres is None or not disk.is_mounted:
        raise Skipped("a small disk for PostgreSQL needs the right to mount one")
    stage.rig.journal.database_back = inf
    disk.fill()
    stage.step("disk full")
    await stage.hold(8)
    disk.free()
    stage.step("space again")
    await asyncio.to_thread(stage.rig.revive_postgres)
    stage.rig.journal.database_back = monotonic()
    stage.step("back")


async def upgrade(stage: Stage) -> None:
    """Upgrade a store of 0.1.0 in a database of the same server, while clients of 0.1.0 and of this version write."""
    if stage.rig.postgres is None:
        raise Skipped("the tables of a Citus cluster have one version")
    stage.step("store of 0.1.0")
    problems = await upgrade_beside(stage.rig, stage.step, stage.hold)
    stage.report.conclude(problems)


async def _disturb(stage: Stage, disturbance: Disturbance) -> None:
    stage.rig.journal.database_back = inf
    await stage.disturb([stage.rig.network.database], disturbance, 6)
    stage.rig.journal.database_back = monotonic()
