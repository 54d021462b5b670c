"""Nemeses of the index: nodes, slots, partitions and the network in front of them."""

import asyncio
from collections.abc import Sequence

from tests.torture.network import Disturbance
from tests.torture.rig import API_PROCESSES
from tests.torture.stage import NOTHING, Skipped, Stage, restart, start


async def freeze_index(stage: Stage) -> None:
    """Freeze all nodes of the index."""
    stage.rig.freeze_index(stage.nodes)
    stage.step("all nodes frozen")
    await stage.freeze()
    stage.rig.thaw_index(stage.nodes)
    stage.step("thawed")


async def freeze_node(stage: Stage) -> None:
    """Freeze one node of the index."""
    node = stage.node()
    stage.rig.freeze_index([node])
    stage.step(f"node {node} frozen")
    await stage.freeze()
    stage.rig.thaw_index([node])
    stage.step("thawed")


async def kill_node(stage: Stage) -> None:
    """Kill a node of the index and start it again, empty."""
    node = stage.node()
    stage.rig.valkey.kill(node)
    stage.step(f"node {node} killed")
    await stage.freeze(0.1, 2.0)
    await asyncio.to_thread(stage.rig.valkey.restart, node)
    stage.step(f"node {node} back")


async def flush_node(stage: Stage) -> None:
    """Empty a node of the index."""
    node = stage.node()
    await asyncio.to_thread(stage.rig.flush, node)
    stage.step(f"node {node} flushed")


async def wipe_partition(stage: Stage) -> None:
    """Delete all data of one partition of the index at once."""
    partition = stage.random.randrange(stage.rig.partitions)
    await asyncio.to_thread(stage.rig.wipe_partition, partition)
    stage.step(f"partition {partition} wiped")


async def restore_node(stage: Stage) -> None:
    """Restart a node of the index from an older copy of its data, which lacks acknowledged writes."""
    node = stage.node()
    await _restore(stage, [node])
    stage.step(f"node {node} back")


async def restore_index(stage: Stage) -> None:
    """Restart the index from an older copy while both API processes are down.

    The watermarks of the copy look right, but the copy lacks acknowledged writes. Processes must run a catch-up first.
    """
    await _restore(stage, stage.nodes, beside=range(API_PROCESSES))
    await start(stage, range(API_PROCESSES))
    stage.act(NOTHING)  # no writes, because each would repair its player in the index
    await stage.hold(3)
    stage.rest()


async def rebuild(stage: Stage) -> None:
    """Rebuild the index by the command, in place or after emptying it."""
    options = stage.random.choice(([], ["--empty"]))
    stage.step(" ".join(["command", *options]))
    await stage.rig.command("rebuild", *options)
    stage.step("rebuilt")


async def migrate_slot(stage: Stage) -> None:
    """Move all slots of a node to the other nodes by a command, and back. Kill each command, and repeat it."""
    if len(stage.nodes) < 2:
        raise Skipped("the index has one node")
    address = stage.rig.index_address(stage.node())
    way = stage.random.choice(([], ["--key-by-key"]))
    for change in ("remove-node", "add-node"):
        arguments = ["index", change, address, *way]
        stage.step(" ".join(arguments))
        await stage.rig.command(*arguments, kill_after_s=stage.random.uniform(1, 4))
        stage.step("killed")
        await stage.hold(2)
        if code := await stage.rig.command(*arguments):
            log = (stage.rig.directory / "commands.log").read_text()[-500:]
            # If the killed command had already removed the node, the repetition of the command must fail.
            if change == "add-node" or f"the node {address} does not belong to the index" not in log:
                raise RuntimeError(f"{' '.join(arguments)} ended with {code}: {log}")
        stage.step("done")
        await stage.hold(1)


async def repartition(stage: Stage) -> None:
    """Restart all API processes with one partition more, and later with the previous number of partitions.

    Before each restart, with a probability of a half, build the new index by `leaderforge index build-partitions`.
    """
    number = stage.rig.partitions
    for partitions in (number + 1, number):
        if stage.random.random() < 0.5:
            stage.step(f"building {partitions} partitions")
            await stage.rig.command("index", "build-partitions", str(partitions))
        stage.rig.partitions = partitions
        stage.step(f"{partitions} partitions")
        await restart(stage, range(API_PROCESSES))
        await stage.hold(5)


async def slow_index(stage: Stage) -> None:
    """Delay all bytes between API processes and one or all nodes of the index."""
    relays = stage.random.choice(([stage.random.choice(stage.rig.network.index)], stage.rig.network.index))
    # With the longest delay, a round trip exceeds the time limit of the index.
    delay_s = stage.random.choice((0.02, 0.1, 0.4))
    await stage.disturb(relays, Disturbance(delay_s=delay_s, pid=stage.pid_or_all()), 6)


async def cut_index(stage: Stage) -> None:
    """Cut API processes off one or all nodes of the index. Bytes in flight arrive late, or never."""
    relays = stage.random.choice(([stage.random.choice(stage.rig.network.index)], stage.rig.network.index))
    await stage.disturb(relays, Disturbance(is_cut=True, pid=stage.pid_or_all()), 5)


async def _restore(stage: Stage, nodes: Sequence[int], beside: Sequence[int] = ()) -> None:
    """Restart nodes from copies that lack acknowledged writes. Kill the API processes in `beside` before."""
    await asyncio.to_thread(stage.rig.copy_index, nodes)
    stage.step("copied")
    await stage.acknowledged(20)
    stage.rig.kill_apis(beside)
    stage.step(f"processes {list(beside)} killed")
    await asyncio.to_thread(stage.rig.restore_index, nodes)
    stage.step("restored")
