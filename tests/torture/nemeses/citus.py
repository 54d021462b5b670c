"""Nemeses of the nodes of Citus."""

import asyncio
from math import inf
from time import monotonic

import asyncpg

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
    """Freeze all processes of a worker of Citus, which then accepts connections but never responds."""
    worker = _worker(stage)
    stage.rig.journal.database_back = inf
    worker.freeze()
    stage.step(f"worker {worker.data.name} frozen")
    await stage.freeze(1.0, 8.0)
    worker.resume()
    stage.rig.journal.database_back = monotonic()
    stage.step("resumed")


async def rebalance(stage: Stage) -> None:
    """Move the shards of some players to another worker of Citus while clients write, and rebalance."""
    _worker(stage)
    connection = await asyncpg.connect(stage.rig.dsn)
    try:
        shards = await connection.fetch(
            "select shardid, nodename, nodeport from citus_shards where table_name = 'standings'::regclass"
        )
        shard = stage.random.choice(shards)
        target = await connection.fetchrow(
            "select nodename, nodeport from pg_dist_node where shouldhaveshards and nodeport <> $1", shard["nodeport"]
        )
        if target is None:
            raise Skipped("the cluster has one worker")
        stage.step(f"shard {shard['shardid']} moves")
        await connection.execute(
            "select citus_move_shard_placement($1, $2, $3, $4, $5)", *shard.values(), *target.values()
        )
        stage.step("moved")
        await stage.hold(2)
        await connection.execute("select rebalance_table_shards()")
        stage.step("rebalanced")
    finally:
        await connection.close()


def _worker(stage: Stage) -> CitusNode:
    if not stage.rig.workers:
        raise Skipped("the store is not a Citus cluster on this machine")
    return stage.random.choice(stage.rig.workers)
