"""Distribution of the index's work over nodes and partitions.

    python -m benchmarks.shards --players 200000 --out docs/performance/results/shards.json

For each number of nodes and of partitions: throughput and latency of each operation, and the cost of a request for each
node (commands, processor time, memory) and for the coordinator of the request, which is this process. Requests are not
batched, as in a function that serves one request at a time. CSV files in the folder of the JSON file have the same
content.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.closed_loop import Measured, closed_loop
from benchmarks.index_bench import LADDER, standing
from benchmarks.nodes import Nodes, Usage
from benchmarks.report import about, write, write_rows
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.domain.merge import Span, local_range, merge_spans
from leaderforge.domain.order import FIRST
from leaderforge.domain.sharding import hash_tags
from leaderforge.embedded import ValkeyCluster

NODES = [1, 2, 3, 6, 12]
PARTITIONS = [1, 2, 3, 6, 12, 24, 64]
TOP = 10
LOADED_AT_ONCE = 10_000
MERGES_S = 0.2

Call = Callable[[], Awaitable[object]]


def main(
    players: Annotated[int, typer.Option(help="Players in the index.")] = 200_000,
    nodes: Annotated[list[int] | None, typer.Option(help="Numbers of nodes to compare.")] = None,
    partitions: Annotated[list[int] | None, typer.Option(help="Numbers of partitions to compare.")] = None,
    callers: Annotated[int, typer.Option(help="Concurrent callers.")] = 64,
    seconds: Annotated[float, typer.Option(help="Seconds that each figure is measured for.")] = 2.0,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON, and as CSV beside it.")] = None,
) -> None:
    """Measure the cost of a request for each node."""
    console, rows, spread = Console(), [], []
    wanted = partitions or PARTITIONS
    for number in nodes or NODES:
        with tempfile.TemporaryDirectory() as directory, ValkeyCluster(Path(directory), nodes=number) as cluster:
            for count in (count for count in wanted if count >= number):
                evenness, found = uvloop.run(measure(cluster.addresses, count, players, callers, seconds))
                spread.append({"nodes": number, "partitions": count, **evenness})
                rows += [{"nodes": number, "partitions": count, **row} for row in found]
        console.print(table(rows, number))
    merge = merge_costs(wanted)
    report = {**about("benchmarks.shards"), "players": players, "callers": callers, "seconds": seconds}
    write({**report, "spread": spread, "merge": merge, "rows": rows}, out)
    for name, table_rows in {"": rows, "-spread": spread, "-merge": merge}.items():
        write_rows(table_rows, out and out.with_stem(f"{out.stem}{name}"))


async def measure(
    addresses: Sequence[str], partitions: int, players: int, callers: int, seconds: float
) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Return the evenness of players over partitions and nodes, and the figures of each operation."""
    random = Random(1)
    cluster = Cluster(addresses, timeout_s=60)
    index = RedisIndex(cluster, partitions=partitions)
    with Nodes(addresses) as nodes:
        nodes.empty()
        before = nodes.usage()
        await fill(index, players, random)
        held = [now.since(then).memory_bytes / players for now, then in zip(nodes.usage(), before, strict=True)]
        evenness = await spread_of(cluster, partitions, held)
        rows = [
            {"operation": name, **await costs(nodes, call, callers, seconds)}
            for name, call in operations(index, players, random).items()
        ]
    await index.close()
    return evenness, rows


async def fill(index: RedisIndex, players: int, random: Random) -> None:
    """Load `players` players into a new index."""
    everything = range(index.partitions)
    await index.finish_rebuild(await index.begin_rebuild([LADDER], everything), everything, 1)
    for first in range(0, players, LOADED_AT_ONCE):
        users = range(first, min(first + LOADED_AT_ONCE, players))
        await index.load(LADDER, [standing(i, random, ties=False) for i in users])


def operations(index: RedisIndex, players: int, random: Random) -> Mapping[str, Call]:
    """Return the measured operations. Each call concerns one player, or the first entries."""
    revision = iter(range(2, 10**9))

    async def submit(count: bool) -> None:
        newer = standing(random.randrange(players), random, ties=False, revision=next(revision))
        await index.apply(LADDER, [newer], count=count)

    async def rank() -> None:
        user_id = random.randrange(players)
        rows = await index.rows(LADDER, [user_id])
        await index.counts(LADDER, [rows[user_id].key])

    return {
        "submit, rank=none": lambda: submit(count=False),
        "submit, exact rank": lambda: submit(count=True),
        "rank": rank,
        "top 10": lambda: index.window(LADDER, FIRST, before=0, after=TOP),
    }


async def costs(nodes: Nodes, call: Call, callers: int, seconds: float) -> dict[str, float]:
    """Return the throughput of an operation, and the cost of a request for a node and for the coordinator.

    The work of idle nodes, such as heartbeats, is subtracted.
    """
    await closed_loop(call, callers, seconds / 10)
    idle = await used(nodes, lambda: asyncio.sleep(seconds / 4))
    measured: list[Measured] = []

    async def work() -> None:
        measured.append(await closed_loop(call, callers, seconds))

    spent = await used(nodes, work)
    [done] = measured
    elapsed = done.calls / done.per_second
    # In a short run on a busy machine, the idle work may exceed the work during the calls. The cost is then 0.
    processor = [
        max(0.0, s.processor_s - i.processor_s * elapsed / (seconds / 4)) for s, i in zip(spent, idle, strict=True)
    ]
    return done.row() | {
        "scripts_a_node": round(mean(s.scripts for s in spent) / done.calls, 4),
        "commands_a_node": round(mean(s.commands for s in spent) / done.calls, 4),
        "node_cpu_us": round(mean(processor) / done.calls * 1e6, 2),
        "busiest_node_cpu_us": round(max(processor) / done.calls * 1e6, 2),
        "coordinator_cpu_us": round(done.processor_s / done.calls * 1e6, 2),
    }


async def used(nodes: Nodes, work: Call) -> list[Usage]:
    """Return the resource use of each node during the work."""
    before = nodes.usage()
    await work()
    return [now.since(then) for now, then in zip(nodes.usage(), before, strict=True)]


async def spread_of(cluster: Cluster, partitions: int, memory: Sequence[float]) -> dict[str, float]:
    """Return the evenness of entries over partitions and of memory over nodes: maximum and minimum relative to the
    mean.
    """
    keys = IndexKeys("leaderforge", partitions)
    sizes = await cluster.commands([("ZCARD", keys.entries(p, LADDER)) for p in range(partitions)])
    return {
        "fullest_partition": round(max(sizes) / mean(sizes), 4),
        "emptiest_partition": round(min(sizes) / mean(sizes), 4),
        "node_bytes_a_player": round(mean(memory), 1),
        "fullest_node": round(max(memory) / mean(memory), 4),
        "emptiest_node": round(min(memory) / mean(memory), 4),
    }


def merge_costs(partitions: Sequence[int]) -> list[dict[str, float]]:
    """Return the time (us) to merge the lists of all partitions to the first 10 and to the first 100 entries."""
    return [
        {"partitions": count, **{f"top_{size}_us": round(merge_us(count, size), 1) for size in (10, 100)}}
        for count in partitions
    ]


def merge_us(partitions: int, size: int) -> float:
    """Return the time of one merge, in us."""
    listed = local_range(0, size, partitions)[1]
    keys = sorted(tag.encode() + bytes([i]) for tag in hash_tags(partitions) for i in range(listed))
    parts = [Span(listed, 0, 0, keys[p::partitions]) for p in range(partitions)]
    done, began = 0, time.process_time()
    while time.process_time() - began < MERGES_S:
        merge_spans(parts, FIRST, 0, size)
        done += 1
    return (time.process_time() - began) / done * 1e6


def mean(numbers: Iterator[float] | Sequence[float]) -> float:
    found = list(numbers)
    return sum(found) / len(found)


def table(rows: Sequence[Mapping[str, Any]], nodes: int) -> Table:
    """Return a table of the most important columns for this number of nodes."""
    columns = ["partitions", "operation", "per_second", "p95_ms", "scripts_a_node", "node_cpu_us", "coordinator_cpu_us"]
    shown = Table(*columns, title=f"{nodes} node(s)")
    for row in rows:
        if row["nodes"] == nodes:
            shown.add_row(*(str(row[column]) for column in columns))
    return shown


if __name__ == "__main__":
    typer.run(main)
