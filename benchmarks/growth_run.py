"""Measurement of a product with a given number of players, for `benchmarks.growth`."""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx
import uvloop
from rich.console import Console

from benchmarks.bench import (
    WARMUP_S,
    await_reconciliation,
    ceilings,
    in_turns,
    index_keys,
    product,
    settle,
    step,
    summary,
)
from benchmarks.mixed import figures
from benchmarks.observers import Observer, observe_nodes, observe_resources, used_memory
from benchmarks.open_loop import open_loop
from benchmarks.requests import requests_of
from benchmarks.sampled_ranks import differing_ranks
from leaderforge.embedded.ports import free_port
from leaderforge.embedded.waiting import wait_until

T = TypeVar("T")

SCENARIOS = [
    "noop_get", "top", "rank", "around", "first_page", "random_page", "percentile", "lookup", "noop_post", "submit",
]  # fmt: skip
"""Scenarios of a round, as in `bench.SCENARIOS`."""
ANSWER_S = 600.0
"""Time limit in s for a rebuild, and for the first answer of a started product."""
_SIZES = """
    select
        sum(pg_table_size(pg_class.oid)) as tables,
        sum(pg_indexes_size(pg_class.oid)) as indexes
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where relkind in ('r', 'm') and nspname = 'public'
"""


@dataclass(frozen=True, slots=True)
class Effort:
    """Numbers that determine how long a size is measured. Rates are requests per second."""

    connections: int = 64
    rounds: int = 3
    seconds: float = 3.0
    warmup_s: float = WARMUP_S
    rate: float = 2000.0
    rebuild_rate: float = 500.0
    loss_rate: float = 1.0
    compared: int = 10_000


@dataclass(slots=True)
class Phases:
    """Steps of a measurement: duration, peaks of memory and disk, and delays of the index nodes.

    `nodes` is None while no product runs.
    """

    title: str
    console: Console
    resources: Observer
    nodes: Observer | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def run(self, name: str, work: Callable[[], T]) -> T:
        """Run a step, and return the result of its work."""
        self.console.print(f"{self.title}: {name}")
        began = time.perf_counter()
        result = work()
        seconds = round(time.perf_counter() - began, 2)
        delays = {} if self.nodes is None else self.nodes.take()
        self.rows.append({"phase": name, "seconds": seconds, **delays, "peak": self.resources.take()["peak"]})
        return result


def measured(players: int, effort: Effort, console: Console) -> dict[str, Any]:
    """Return all figures of a product with this number of players, in a directory that is deleted afterwards."""
    with ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(prefix="leaderforge-growth-", ignore_cleanup_errors=True)
        directory = Path(stack.enter_context(folder))
        resources = stack.enter_context(Observer(observe_resources, os.getpid(), directory))
        phases = Phases(f"{players:,} players", console, resources)
        with ExitStack() as running:
            run = _under_load(players, effort, directory, phases, running)
            phases.nodes = None
            phases.run("stop", running.close)
        restart = phases.run("restart", lambda: restarted(directory))
    return {**run, "restart": restart, "peak": highest(phases), "phases": phases.rows}


def _under_load(players: int, effort: Effort, directory: Path, phases: Phases, running: ExitStack) -> dict[str, Any]:
    """Fill a product, load it, and rebuild its index. Return the figures. The product runs until `running` closes."""
    facts = running.enter_context(product(directory, []))
    ceiling = running.enter_context(ceilings(1))
    phases.nodes = running.enter_context(Observer(observe_nodes, facts["redis"], facts.get("redis_password")))
    command = partial(_command, directory, phases)
    command("populate", "--users", str(players), "--sessions", str(players))
    phases.run("vacuum", lambda: asyncio.run(settle(facts["postgres"])))
    size = {**phases.resources.take()["now"], **asyncio.run(store_sizes(facts["postgres"]))}
    size["index_used_memory"] = used_memory(facts)
    load = {"players": players, "connections": effort.connections, "seconds": effort.seconds}
    load["warmup_s"] = effort.warmup_s
    work = partial(in_turns, facts, ceiling, SCENARIOS, effort.rounds, phases.console, load)
    samples = phases.run("scenarios", work)
    steady = phases.run("ranks", partial(steady_ranks, facts, players, effort))
    rebuild = partial(step, "rebuild", ["rebuild", "--partition", "0"], directory)
    work = partial(ranks_during, facts, players, effort, effort.rebuild_rate, rebuild)
    during = phases.run("rebuild of a partition", work)
    work = partial(ranks_during, facts, players, effort, effort.loss_rate, partial(_lose_partition, facts))
    loss = phases.run("loss of a partition", work)
    command("rebuild")
    phases.run("rebuild --empty", lambda: step("rebuild", ["rebuild", "--empty"], directory))
    command("verify")
    await_reconciliation(facts)
    check = phases.run("comparison", lambda: asyncio.run(differing_ranks(facts, players, effort.compared)))
    return {
        "size": size, "scenarios": {kind: summary(kind, samples) for kind in samples}, "samples": samples,
        "ranks": steady, "ranks_during_rebuild": during, "ranks_during_loss": loss, "comparison": check,
    }  # fmt: skip


def _command(directory: Path, phases: Phases, name: str, *arguments: str) -> None:
    phases.run(name, lambda: step(name, [name, *arguments], directory))


async def store_sizes(dsn: str) -> dict[str, int]:
    """Return the bytes of all tables, without their indexes, and of all indexes."""
    connection = await asyncpg.connect(dsn)
    try:
        row = await connection.fetchrow(_SIZES)
        assert row is not None
        return {"tables": int(row["tables"]), "indexes": int(row["indexes"])}
    finally:
        await connection.close()


def steady_ranks(facts: Mapping[str, Any], players: int, effort: Effort) -> dict[str, Any]:
    """Request exact ranks at the rate of the effort, and return the figures."""
    seconds = effort.seconds * effort.rounds
    return ranks_at(facts, players, effort.rate, seconds, effort.connections)


def ranks_during(
    facts: Mapping[str, Any], players: int, effort: Effort, rate: float, work: Callable[[], object]
) -> dict[str, Any]:
    """Request exact ranks at a fixed rate until `work` has ended, and return the figures of the requests."""
    with ThreadPoolExecutor(1) as threads:
        end = threads.submit(work)
        result = ranks_at(facts, players, rate, ANSWER_S, effort.connections, end)
        end.result()
        return result


def _lose_partition(facts: dict[str, Any]) -> None:
    """Make a partition incomplete, as the loss of a node would, and wait until the product has loaded it again."""
    keys = index_keys(facts, "meta")  # closes the client of the node when it is deleted
    node, key = next(keys)
    node.hdel(key, "watermark")
    wait_until(lambda: node.hexists(key, "watermark"), ANSWER_S, "the rebuild of the partition")


def ranks_at(
    facts: Mapping[str, Any], players: int, rate: float, seconds: float, wires: int, end: Future[Any] | None = None
) -> dict[str, Any]:
    """Request exact ranks of random players in an open loop, until `end` is done if it is given. Return the figures.

    `is_kept` is false if the product did not answer all requests in time. Then there are no figures.
    """
    requests = requests_of(facts["api"], "", players, {"rank": 1})
    options = () if end is None else (end.done,)
    due = {"due_per_second": rate}
    try:
        outcome = uvloop.run(open_loop(facts["api"], requests, rate, seconds, wires, *options))
    except TimeoutError:
        return {**due, "is_kept": False}
    return {**due, "is_kept": True, **figures(outcome)}


def restarted(directory: Path) -> dict[str, float]:
    """Start the product on existing data. Return the times in s until its first exact ranks, and stop it.

    `store_s` is the time until any exact rank, `index_s` until the first rank from the index.
    """
    port, began = free_port(), time.perf_counter()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(first_answers, f"http://127.0.0.1:{port}/api/leaderboard/rank/1", began)
        with product(directory, ["--port", str(port)]):
            return first.result()


def first_answers(url: str, began: float) -> dict[str, float]:
    """Request a rank until the index answers. Return the times of the first answer of all, and of the index, in s."""
    times: dict[str, float] = {}
    client = httpx.Client(timeout=60)

    def is_from_index() -> bool:
        try:
            reply = client.get(url)
        except httpx.TransportError:
            return False
        source = reply.headers.get("x-leaderforge-source") if reply.is_success else None
        if source is not None:
            times.setdefault("store_s", round(time.perf_counter() - began, 2))
        return source == "index"

    with client:
        wait_until(is_from_index, ANSWER_S, "an answer of the index")
    return {**times, "index_s": round(time.perf_counter() - began, 2)}


def highest(phases: Phases) -> dict[str, int]:
    """Return the peaks of memory and disk over all phases except the comparison, which is no work of the product."""
    peaks = [row["peak"] for row in phases.rows if row["phase"] != "comparison"]
    return {name: max(peak[name] for peak in peaks) for name in peaks[0]}
