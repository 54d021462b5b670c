"""Benchmarks of the rank index alone: throughput with and without ties by number of partitions, and the cost of a page.

    python -m benchmarks.index_bench --players 1000000 --out docs/performance/results/index.json

Ties: every player has the same score, and only time and id order them.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.report import about, write
from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.coalescing import Coalescer
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.merge import Row, Window
from leaderforge.domain.order import FIRST, KEY_BYTES
from leaderforge.domain.standings import Standing
from leaderforge.embedded import ValkeyCluster

NOW = 1_700_000_000_000
SPAN = 10**10
LADDER = Ladder(Board(1, "bench", "Bench"))


class CountingCluster(Cluster):
    """Cluster client that counts the entries in replies."""

    fetched = 0

    async def run(self, calls: Sequence[Call]) -> list[Any]:
        replies = await super().run(calls)
        self.fetched += sum(_entries(call, reply) for call, reply in zip(calls, replies, strict=True))
        return replies


def main(
    players: Annotated[int, typer.Option(help="Players in the index.")] = 1_000_000,
    nodes: Annotated[int, typer.Option(help="Nodes of the cluster.")] = 3,
    partitions: Annotated[list[int] | None, typer.Option(help="Numbers of partitions to compare.")] = None,
    connections: Annotated[int, typer.Option(help="Concurrent callers.")] = 64,
    seconds: Annotated[float, typer.Option(help="Seconds a figure is measured for.")] = 3.0,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the rank index on this machine."""
    runs = []
    for count in partitions or [3, 6, 12]:
        for ties in (False, True):
            with tempfile.TemporaryDirectory() as directory, ValkeyCluster(Path(directory), nodes=nodes) as cluster:
                runs.append(asyncio.run(measure(cluster.addresses, players, count, ties, connections, seconds)))
    report = {**about("benchmarks.index_bench"), "players": players, "nodes": nodes, "runs": runs}
    Console().print(table(runs))
    write(report, out)


async def measure(
    addresses: Sequence[str], players: int, partitions: int, ties: bool, connections: int, seconds: float
) -> dict[str, Any]:
    """Return the measured figures of an index with this number of partitions."""
    client = CountingCluster(addresses, timeout_s=60)
    index = RedisIndex(client, partitions=partitions)
    random = Random(1)
    result: dict[str, Any] = {"partitions": partitions, "ties": ties}
    result["load_seconds"] = await load(index, [standing(i, random, ties) for i in range(players)])

    async def rank(user_ids: Sequence[int]) -> Sequence[int]:
        rows = await index.rows(LADDER, user_ids)
        return (await index.counts(LADDER, [rows[i].key for i in user_ids])).above

    async def apply(standings: Sequence[Standing]) -> Sequence[object]:
        newest = {s.user_id: s for s in standings}
        await index.apply(LADDER, list(newest.values()), count=True)
        return standings

    async def page(at: int) -> Window[Row]:
        key = await index.key_at(LADDER, at)
        assert key is not None
        return await index.window(LADDER, key, before=0, after=50)

    revision = iter(range(2, 10**9))
    ranks, applies = Coalescer(rank, max_in_flight=3), Coalescer(apply, max_in_flight=3)
    result["ranks_per_second"] = await rate(lambda: ranks(random.randrange(players)), connections, seconds)
    result["applies_per_second"] = await rate(
        lambda: applies(standing(random.randrange(players), random, ties, next(revision))), connections, seconds
    )
    result["first_pages_per_second"] = await rate(
        lambda: index.window(LADDER, FIRST, before=0, after=50), connections, seconds
    )
    result["deep_pages_per_second"] = await rate(lambda: page(players // 2), connections, seconds)
    client.fetched = 0
    await page(players // 2)
    result["entries_fetched_for_a_deep_page"] = client.fetched
    await index.close()
    return result


async def load(index: RedisIndex, standings: list[Standing]) -> float:
    """Load the standings and return the duration in s."""
    everything = range(index.partitions)
    await index.finish_rebuild(await index.begin_rebuild([LADDER], everything), everything, 1)
    started = time.perf_counter()
    for i in range(0, len(standings), 30_000):
        await asyncio.gather(*(index.load(LADDER, standings[j : j + 10_000]) for j in range(i, i + 30_000, 10_000)))
    return round(time.perf_counter() - started, 4)


async def rate(call: Callable[[], Awaitable[object]], connections: int, seconds: float) -> int:
    """Return the calls per second of `connections` callers."""
    done = 0
    until = time.perf_counter() + seconds

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await call()
            done += 1

    await asyncio.gather(*(caller() for _ in range(connections)))
    return round(done / seconds)


def standing(user_id: int, random: Random, ties: bool, revision: int = 1) -> Standing:
    """Return an invented standing."""
    score = 500 if ties else int(random.paretovariate(1.2) * 1000) % 10**9
    return Standing(user_id, score, NOW + random.randrange(SPAN), UUID(int=0), None, True, 5, revision)


def table(runs: list[dict[str, Any]]) -> Table:
    """Return the results as a table. Each figure without ties is followed by the figure with ties."""
    shown = Table("partitions", "what", "no ties", "all tied", "ratio")
    for plain, tied in zip(runs[::2], runs[1::2], strict=True):
        for what in plain.keys() - {"partitions", "ties"}:
            shown.add_row(
                str(plain["partitions"]), what, f"{plain[what]:,}", f"{tied[what]:,}", f"{tied[what] / plain[what]:.2f}"
            )
    return shown


def _entries(call: Call, reply: Any) -> int:
    if call.script.name == "probe":
        return len(reply) - 1
    if call.script.name != "window":
        return 0
    # The reply is the total, and then five values for each window. The third value of a window has its entries.
    return sum(len(packed) // KEY_BYTES for packed in reply[3::5])


if __name__ == "__main__":
    typer.run(main)
