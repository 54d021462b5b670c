"""Throughput of exact ranks with a second index divided by score ranges, beside the index without it.

    python -m benchmarks.score_ranges --share 0.01 --out docs/performance/results/score-ranges.json

As in `shards_capped`, each node may use a small share of a core, and everything else is not limited. All variants of
the index lie in the same nodes and are measured in turns. `benchmarks/ranged` describes the ranges. The variants:

- *partitions*: the product. Each rank is counted in every partition.
- *ranges beside*: entries lie in the partitions, and again in ranges. A rank is counted in one range. It is exact.
- *ranges only*: the same without the entries in the partitions, which pages and neighbours need today.
- *ranges, inexact*: the same with cached sizes that nobody validates, and without the moves that the ranges lack. This
  upper bound shows what exactness costs.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Annotated, Any

import typer
import uvloop

from benchmarks.capacity_model import fitted
from benchmarks.caps import capped
from benchmarks.closed_loop import closed_loop
from benchmarks.ranged.index import Layout, RangedIndex
from benchmarks.report import about, print_rows, write, write_rows
from benchmarks.shards_capped import NODES, Call, default_ladder, filled, new_database, submission
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.boards import Ladder
from leaderforge.embedded import PostgresServer, ValkeyCluster
from leaderforge.parts.servers import server_parts
from leaderforge.services.receipts import WITHOUT_RANK
from leaderforge.wiring import Services, assemble

BASE = "partitions"
LAYOUTS = {
    BASE: None,
    "ranges beside": Layout(exact=True, keeps_entries=True),
    "ranges only": Layout(exact=True, keeps_entries=False),
    "ranges, inexact": Layout(exact=False, keeps_entries=False),
}
FIRST_MOST = 100_000
"""Largest first score of a player. Later scores are at most 999, so that few new sums lie beyond the best range."""
MEDIANS = "per_second", "p95_ms", "node_us", "process_us", "busy"
CHECKED = 200
"""Number of random players whose ranks are compared with PostgreSQL after the measurement."""


@dataclass(frozen=True, slots=True)
class Load:
    """Load of each measurement: callers, its duration in s, rounds, and the share of a core that a node may use."""

    callers: int
    seconds: float
    rounds: int
    share: float


@dataclass(frozen=True, slots=True)
class Variant:
    """Index under test: its services, the ladder, and the index if it has ranges."""

    name: str
    services: Services
    ladder: Ladder
    index: RangedIndex | None
    players: int

    def calls(self, random: Random) -> Mapping[str, Call]:
        """Return the measured operations."""
        submit, query = self.services.submit, self.services.query
        return {
            "submit, exact rank": lambda: submit.submit(submission(self.ladder, self.player(random), random)),
            "rank, batched": lambda: query.rank(self.ladder, self.player(random)),
        }

    def player(self, random: Random) -> int:
        return random.randrange(1, self.players + 1)


def main(
    players: Annotated[int, typer.Option(help="Players on the board.")] = 20_000,
    nodes: Annotated[list[int] | None, typer.Option(help="Numbers of nodes to compare, as many partitions.")] = None,
    ranges: Annotated[int, typer.Option(help="Ranges of each node.")] = 4,
    share: Annotated[float, typer.Option(help="Share of a core that a node may use, 0.01 at least.")] = 0.02,
    callers: Annotated[int, typer.Option(help="Concurrent callers for each node.")] = 64,
    seconds: Annotated[float, typer.Option(help="Seconds that each figure is measured for.")] = 4.0,
    rounds: Annotated[int, typer.Option(help="How often each variant is measured.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON, and as CSV beside it.")] = None,
) -> None:
    """Measure all variants by number of nodes."""
    before = os.getloadavg()
    rows: list[dict[str, Any]] = []
    checks: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as directory, PostgresServer(Path(directory) / "postgres") as server:
        for number in nodes or NODES:
            load = Load(callers * number, seconds, rounds, share)
            with ValkeyCluster(Path(directory) / f"valkey-{number}", nodes=number) as cluster:
                part = uvloop.run(measure(cluster, server.dsn, players, ranges, load))
            rows += [{"nodes": number, **row} for row in part[0]]
            checks += [{"nodes": number, **row} for row in part[1]]
    summary = summarized(rows)
    for shown in filter(None, (summary, lines(summary), checks)):
        print_rows(shown)
    settings = {"players": players, "ranges_a_node": ranges, "share": share, "callers_a_node": callers}
    loads = {"load_average": {"before": before, "after": os.getloadavg()}}
    measured = {"summary": summary, "lines": lines(summary), "checks": checks, "rows": rows}
    write({**about("benchmarks.score_ranges"), **settings, "seconds": seconds, **loads, **measured}, out)
    write_rows(summary, out)


async def measure(
    cluster: ValkeyCluster, dsn: str, players: int, ranges: int, load: Load
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the figures of all variants on this cluster, and the checks of their answers."""
    async with AsyncExitStack() as stack:
        variants = [await stack.enter_async_context(variant(cluster, dsn, name, players, ranges)) for name in LAYOUTS]
        with capped(cluster.pids, load.share):
            rows = [
                row
                for turn in range(load.rounds)
                for each in (variants if turn % 2 else variants[::-1])
                for row in await measured(each, cluster, turn, load)
            ]
        return rows, [await checked(each) for each in variants]


@asynccontextmanager
async def variant(cluster: ValkeyCluster, dsn: str, name: str, players: int, ranges: int) -> AsyncIterator[Variant]:
    """Yield a variant of the index over a database of its own, with `players` players and a score each."""
    number = list(LAYOUTS).index(name)
    database = await new_database(dsn, f"nodes_{cluster.size}_{number}")
    layout, partitions = LAYOUTS[name], cluster.size
    construct: Callable[[EnvironmentSettings], Services] = partial(ranged_services, layout=layout)
    namespace = f"variant{number}"
    async with filled(
        cluster.addresses, database, partitions, players, namespace=namespace, construct=construct, most=FIRST_MOST
    ) as services:
        ladder = await default_ladder(services)
        index = services.parts.index if isinstance(services.parts.index, RangedIndex) else None
        if index is not None:
            await index.divide(ladder, ranges)
        yield Variant(name, services, ladder, index, players)


def ranged_services(settings: EnvironmentSettings, layout: Layout | None) -> Services:
    """Return the services over an index with this layout, None for the product's index."""
    parts = server_parts(settings)
    if layout is None:
        return assemble(settings, parts)
    cluster = Cluster(settings.redis_nodes, timeout_s=settings.index_timeout_ms / 1000)
    index = RangedIndex(cluster, partitions=settings.partitions, namespace=settings.namespace, layout=layout)
    return assemble(settings, replace(parts, index=index, closes=(*parts.closes, index.close)))


async def measured(each: Variant, cluster: ValkeyCluster, turn: int, load: Load) -> list[dict[str, Any]]:
    """Return the throughput of each operation, and the processor time of a call in us: of the mean node and here.

    `busy` is the part of its share that the mean node used. At about 1, the nodes were the bottleneck.
    """
    rows = []
    async with nullcontext() if each.index is None else each.index.folding(each.ladder):
        for name, call in each.calls(Random(turn)).items():
            await closed_loop(call, load.callers, load.seconds / 4)
            before = nodes_us(cluster)
            result = await closed_loop(call, load.callers, load.seconds)
            times = {
                "node_us": round((nodes_us(cluster) - before) / result.calls / cluster.size, 1),
                "process_us": round(result.processor_s * 1e6 / result.calls, 1),
            }
            times["busy"] = round(times["node_us"] * result.per_second / 1e6 / load.share, 2)
            rows.append({"operation": name, "variant": each.name, "round": turn, **result.row(), **times})
    return rows


def nodes_us(cluster: ValkeyCluster) -> float:
    """Return the processor time of all nodes' main threads in us. Unlike INFO, it costs the nodes nothing."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in cluster.pids) / 1000


async def checked(each: Variant) -> dict[str, Any]:
    """Compare ranks of random players with PostgreSQL, after as many submissions whose moves no fold has applied."""
    random, store = Random(3), each.services.parts.store
    updates = [submission(each.ladder, each.player(random), random, FIRST_MOST) for _ in range(CHECKED)]
    await each.services.submit.submit_many(updates, WITHOUT_RANK)
    players = [each.player(random) for _ in range(CHECKED)]
    rows = await store.rows(each.ladder, players)
    expected = await store.counts(each.ladder, [rows[i].key for i in players])
    wrong = 0
    for i, above in zip(players, expected.above, strict=True):
        wrong += (await each.services.query.rank(each.ladder, i)).entry.rank != above + 1
    return {"variant": each.name, "checked": len(players), "wrong": wrong, **range_figures(each)}


def range_figures(each: Variant) -> dict[str, float]:
    """Return the numbers of answers, of repeated and of wrong ones, the bytes of the ranges, and their unevenness.

    An answer is wrong if its total is not the number of players. All figures are 0 for the product's index.
    """
    index = each.index
    counters = {name: getattr(index, name, 0) for name in ("answers", "repeats", "wrong_totals")}
    if index is None:
        return {**counters, "bytes_a_player": 0.0, "largest_range": 0.0}
    return {
        **counters,
        "bytes_a_player": round(index.range_bytes / each.players, 1),
        "largest_range": index.unevenness(),
    }


def summarized(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the median figures of each variant, with the ratio of its throughput to that of `BASE` in each round."""
    groups: dict[tuple[int, str, str], list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["round"]):
        groups.setdefault((row["nodes"], row["operation"], row["variant"]), []).append(row)
    return [
        {"nodes": nodes, "operation": operation, "variant": name, **figures(group, groups[nodes, operation, BASE])}
        for (nodes, operation, name), group in groups.items()
    ]


def figures(group: Sequence[Mapping[str, Any]], base: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return medians over the rounds, and the median, least and largest ratio to the base."""
    ratios = [row["per_second"] / other["per_second"] for row, other in zip(group, base, strict=True)]
    medians = {name: median(row[name] for row in group) for name in MEDIANS}
    return {**medians, "ratio": round(median(ratios), 2), "least": round(min(ratios), 2), "most": round(max(ratios), 2)}


def lines(summary: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the processor time of a call in us that N nodes share, and that each node repeats, by a fit to all N.

    Return an empty list for one number of nodes.
    """
    if len({row["nodes"] for row in summary}) == 1:
        return []
    groups: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in summary:
        groups.setdefault((row["operation"], row["variant"]), []).append((1 / row["nodes"], row["node_us"]))
    fits = {group: fitted(points) for group, points in groups.items()}
    return [
        {"operation": operation, "variant": name, "shared_us": round(line.slope, 1), "each_us": round(line.base, 1)}
        for (operation, name), line in fits.items()
    ]


if __name__ == "__main__":
    typer.run(main)
