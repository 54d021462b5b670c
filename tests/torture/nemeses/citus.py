"""Nemeses of the nodes of Citus."""

import asyncio
from math import inf
from time import monotonic
from urllib.parse import urlsplit

from tests.torture.citus import CitusNode
from tests.torture.stage import Skipped, Stage


async def kill_worker(stage: Stage) -> None:
    """Crash a worker of Citus and start it again."""
    worker = _worker(stage)
    stage.rig.journal.database_back = inf
    await asyncio.to_thread(worker.kill)
    stage.step(f"worker {worker.data.name} killed")
    await stage.freeze(0.5, 4.0)
    await asyncio.to_thread(worker.start)
    stage.rig.journal.database_back = monotonic()
    stage.step("back")


async def freeze_worker(stage: Stage) -> None:
    """Freeze all processes of a worker of Citus. A frozen worker accepts connections, but does not respond."""
    worker = _worker(stage)
    stage.rig.journal.database_back = inf
    worker.freeze()
    stage.step(f"worker {worker.data.name} frozen")
    await stage.freeze(1.0, 8.0)
    worker.resume()
    stage.rig.journal.database_back = monotonic()
    stage.step("resumed")


async def rebalance(stage: Stage) -> None:
    """Move all players of a worker to the other workers, and back, by `leaderforge citus`."""
    worker = _worker(stage)
    if len(stage.rig.workers) < 2:
        raise Skipped("the cluster has one worker")
    parts = urlsplit(worker.dsn)
    address = f"{parts.hostname}:{parts.port}"
    for change in ("remove-worker", "add-worker"):
        stage.step(f"{change} {address}")
        if code := await stage.rig.command("citus", change, address):
            raise RuntimeError(f"leaderforge citus {change} {address} ended with {code}")
        stage.step("done")
        await stage.hold(2)


def _worker(stage: Stage) -> CitusNode:
    if not stage.rig.workers:
        raise Skipped("the store is not a Citus cluster on this machine")
    return stage.random.choice(stage.rig.workers)
