"""Capacity model: machines, memory, network and money for a load, from the raw data of other benchmarks.

    python -m benchmarks.capacity
    python -m benchmarks.capacity --sizes postgresql://... --out docs/performance/results/store-sizes.json

Without options, prints the tables of docs/capacity.md. With `--sizes`, measures the tables of a store instead.
"""

import asyncio
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import asyncpg
import typer

from benchmarks.capacity_model import (
    CORE_US,
    CheckedPoint,
    OperationCost,
    machine_points,
    node_lines,
    operation_costs,
    player_bytes,
    results,
)
from benchmarks.report import about, markdown, write

USED = 0.6
"""Share of the processor time and of the memory that each part of a deployment uses at the peak. The rest is reserve.
"""
CORE_DOLLARS = 0.0408 * 730
"""Dollars per month for a core with 4 GiB: half of an m7g.large (us-east-1, on demand, $0.0816 an hour on 2026-06-17).
"""
DISK_DOLLARS = 0.08
"""Price of a GB of gp3 disk, in dollars per month. The date of this list price is unknown."""
CORE_BYTES = 4 * 2**30
"""Memory of a machine per core, in bytes."""
MOST_STORE_CORES = 32
"""Maximum cores of a single PostgreSQL. A store that needs more cores is a Citus cluster."""
CITUS_COST = 1 / 0.59
"""Cost of a batched submission on Citus, divided by its cost on PostgreSQL: see docs/performance/scaling.md."""
MEASURED_NODES = 3
"""Number of index nodes in the benchmark that measured the costs. A plan never has fewer nodes."""
PEAK_TO_MEAN = 4
"""Ratio of the peak to the mean of submissions a second."""
MONTH_S = 30 * 86_400
SUBMIT_BYTES, READ_BYTES = 800, 700
"""Bytes of a request with its response and headers: of a submission, and of a read (mean of a rank and a top ten)."""


class Load(NamedTuple):
    """Load at the peak, per second: `submits` submissions, the same number of reads of tops, and `ranks` reads of
    ranks.

    With `exact`, each receipt has a rank.
    """

    name: str
    players: float
    submits: float
    exact: bool
    ranks: float


LOADS = (
    Load("1 million players", 1e6, 1_000, True, 1_000),
    Load("10 million players", 1e7, 10_000, True, 10_000),
    Load("100 million players", 1e8, 50_000, True, 50_000),
    Load("the same, ranks only when read", 1e8, 100_000, False, 50_000),
    Load("1 billion players", 1e9, 1_000_000, True, 1_000_000),
    Load("the same, ranks only when read", 1e9, 1_000_000, False, 50_000),
)


class Plan(NamedTuple):
    """Machines for a load: cores of the API, cores of the store, and primaries of the index with one core each.

    `primaries` is None if no number of them suffices.
    """

    api: int
    store: int
    primaries: int | None
    bottleneck: str
    index_gb: float
    disk_gb: float
    growth_gb: float
    gbit: float

    @property
    def dollars(self) -> float | None:
        """Return the dollars per month, with replicas of primaries and a standby store. None without `primaries`."""
        if self.primaries is None:
            return None
        cores = self.api + 2 * self.store + 2 * self.primaries
        return cores * CORE_DOLLARS + 2 * (self.disk_gb + self.growth_gb) * DISK_DOLLARS


def costs() -> Mapping[str, OperationCost]:
    """Return the measured costs of operations."""
    return operation_costs(results("bench"), results("shards"))


def plan(load: Load) -> Plan:
    """Return the machines for a load."""
    sizes = player_bytes(results("bench"), results("store-sizes"))
    submit, rank = costs()["submit, exact rank" if load.exact else "submit, rank=none"], costs()["rank"]
    store = _cores(load.submits * submit.store_us)
    by_time = _primaries(
        load.submits * submit.index_own_us + load.ranks * rank.index_own_us,
        load.submits * submit.index_each_us + load.ranks * rank.index_each_us,
    )
    by_memory = ceil(load.players * sizes.in_index / (USED * CORE_BYTES))
    primaries = None if by_time is None else max(by_time, by_memory, MEASURED_NODES)
    return Plan(
        _cores(_api_us(load, submit, primaries or MEASURED_NODES)),
        store if store <= MOST_STORE_CORES else ceil(store * CITUS_COST),
        primaries,
        _bottleneck(by_time, by_memory, store),
        load.players * sizes.in_index / 1e9,
        load.players * sizes.in_store / 1e9,
        load.submits / PEAK_TO_MEAN * MONTH_S * sizes.further / 1e9,
        (load.submits * (SUBMIT_BYTES + READ_BYTES) + load.ranks * READ_BYTES) * 8 / 1e9,
    )


def _api_us(load: Load, submit: OperationCost, primaries: int) -> float:
    """Return the processor time of the API in us per second."""
    added, rank = primaries - MEASURED_NODES, costs()["rank"]
    submits = load.submits * (submit.api_us + added * submit.api_node_us + costs()["top"].api_us)
    return submits + load.ranks * (rank.api_us + added * rank.api_node_us)


def _cores(processor_us: float) -> int:
    """Return the number of cores for this processor time (us) per second."""
    return max(1, ceil(processor_us / (USED * CORE_US)))


def _primaries(shared_us: float, each_us: float) -> int | None:
    """Return how many nodes suffice, None if no number does.

    The nodes divide the work `shared_us`, and each spends `each_us`, both in us per second.
    """
    free_us = USED * CORE_US - each_us
    return None if free_us <= 0 else max(1, ceil(shared_us / free_us))


def _bottleneck(by_time: int | None, by_memory: int, store: int) -> str:
    if by_time is None or by_time > max(by_memory, MEASURED_NODES):
        return "exact ranks"
    if store > MOST_STORE_CORES:
        return "store"
    return "memory of the index" if by_memory > MEASURED_NODES else "none"


def exact_limit() -> float:
    """Return the maximum exact ranks per second. More nodes do not raise it: every rank takes time on every node."""
    return USED * CORE_US / costs()["rank"].index_each_us


def checked_points() -> Sequence[CheckedPoint]:
    """Return all measured rates, each with the rate that the model computes for it."""
    by_node = [point for _, points in node_lines(results("shards-capped")).values() for point in points]
    return [*machine_points(results("bench")), *by_node]


def tables() -> Sequence[str]:
    """Return the computed parts of docs/capacity.md."""
    return _cost_table(), _plan_table(), _node_table(), _check_table()


def _cost_table() -> str:
    columns = (
        "us of processor time", "API", "store", "index, shared by nodes", "index, on every node",
        "API, for a further node",
    )  # fmt: skip
    rows = [
        (
            name,
            f"{cost.api_us:.0f}",
            f"{cost.store_us:.0f}",
            f"{cost.index_own_us:.0f}",
            f"{cost.index_each_us:.1f}",
            f"{cost.api_node_us:.1f}",
        )
        for name, cost in costs().items()
    ]
    sizes = player_bytes(results("bench"), results("store-sizes"))
    return (
        f"{markdown(columns, rows)}\n\n"
        f"A player with a name and one submission takes {sizes.in_index:.0f} bytes in the index and "
        f"{sizes.in_store:.0f} in the store. A\n"
        f"further submission takes {sizes.further:.0f} bytes in the store. An index gives at most "
        f"{exact_limit():,.0f} exact ranks a second."
    )


def _plan_table() -> str:
    columns = (
        "load", "submissions a second", "ranks a second", "cores of the API", "of the store", "primaries of the index",
        "index, GB", "store, GB", "its growth a month, GB", "Gbit a second", "$ a month", "bottleneck",
    )  # fmt: skip
    return markdown(columns, [_plan_row(load, plan(load)) for load in LOADS])


def _plan_row(load: Load, needed: Plan) -> Sequence[str]:
    is_possible = needed.dollars is not None
    return (
        load.name,
        f"{load.submits:,.0f}",
        f"{load.ranks:,.0f}",
        f"{needed.api:,}" if is_possible else "",
        f"{needed.store:,}",
        f"{needed.primaries:,}" if needed.primaries is not None else "no number",
        f"{needed.index_gb:,.1f}",
        f"{needed.disk_gb:,.0f}",
        f"{needed.growth_gb:,.0f}",
        f"{needed.gbit:.2f}",
        f"{needed.dollars:,.0f}" if needed.dollars is not None else "",
        needed.bottleneck,
    )


def _node_table() -> str:
    numbers = (1, 2, 3, 6, 12, 100)
    rows = []
    for name, (line, _) in node_lines(results("shards-capped")).items():
        gains = [f"{line.at(1) / line.at(1 / n):.1f}" for n in numbers]
        rows.append((name, f"{line.slope:.1f}", f"{line.base:.1f}", *gains))
    gain_columns = [f"{n} nodes" if n > 1 else "1 node" for n in numbers]
    return markdown(("gain over one node", "shared, us", "on every node, us", *gain_columns), rows)


def _check_table() -> str:
    rows = [(p.name, f"{p.measured:,.0f}", f"{p.predicted:,.0f}", f"{p.deviation:+.0%}") for p in checked_points()]
    return markdown(("measured point", "a second", "by the model", "deviation"), rows)


async def store_sizes(dsn: str) -> dict[str, Any]:
    """Return the bytes (with indexes) and the rows of each table that has a row per player or submission."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = {}
        for name in ("score_events", "standings", "users", "username_claims"):
            size = await connection.fetchval(
                "select pg_total_relation_size($1::text::regclass) + coalesce(sum(pg_total_relation_size(inhrelid)), 0)"
                " from pg_inherits where inhparent = $1::text::regclass",
                name,
            )
            rows = await connection.fetchval(f"select count(*) from {name}")  # noqa: S608 - names from above
            tables[name] = {"bytes": int(size), "rows": rows}
        return tables
    finally:
        await connection.close()


def main(
    sizes: Annotated[str | None, typer.Option(help="Measure the tables of this store instead.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the sizes here as JSON.")] = None,
) -> None:
    """Print the tables of docs/capacity.md, or measure the sizes of a store."""
    if sizes is None:
        typer.echo("\n\n".join(tables()))
        return
    report = {**about("benchmarks.capacity"), "tables": asyncio.run(store_sizes(sizes))}
    report["command"] = "python -m benchmarks.capacity --sizes DSN --out docs/performance/results/store-sizes.json"
    write(report, out)
    typer.echo(report["tables"])


if __name__ == "__main__":
    typer.run(main)
