"""Benchmarks of a complete stack, compared in one run with ceilings: the rates of a server whose routes do no work.

    python -m benchmarks.bench --players 1000000 --out docs/performance/results/bench.json

Starts a new product in a temporary directory, or in --data-dir to use the data of an earlier run. Fills it with
`leaderforge populate`, and runs each scenario in a closed loop (see `open_loop.busy_loop`). Prints throughput,
latencies and the ratio to the ceiling. Scenarios and ceilings take turns for some rounds. Each ratio compares figures
of one round, because the speed of a shared machine varies.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from itertools import product as pairs
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import asyncpg
import psutil
import typer
import uvloop
from redis import Redis
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.closed_loop import Latency
from benchmarks.open_loop import busy_loop
from benchmarks.report import about, finish
from benchmarks.requests import requests_of
from benchmarks.store_bench import recorded
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.boards import Ladder
from leaderforge.embedded.waiting import wait_until

LEADERFORGE = [sys.executable, "-m", "leaderforge"]
"""Command that runs the product from the checkout in PYTHONPATH. The installed script would run its own checkout."""
CEILINGS = {"submit": "noop_post", "submit_unranked": "noop_post"}
BATCHES = {"batch", "batch_unranked", "batch_previous"}
INCOMPARABLE = {"noop_post", "noop_get", *BATCHES}
SCENARIOS = [
    "noop_get", "top", "rank", "around", "first_page", "deep_page", "random_page", "lookup",
    "noop_post", "submit", "submit_unranked", "batch", "batch_unranked",
]  # fmt: skip
"""Scenarios in the order of a round. A ceiling comes directly before the scenarios compared with it. Writes come last,
because they cause background work.
"""
BATCHERS = 8
START_S = 180.0
WARMUP_S = 2


def main(
    players: Annotated[int, typer.Option(help="Players to populate.")] = 1_000_000,
    sessions: Annotated[int | None, typer.Option(help="Submissions to populate; five a player.")] = None,
    connections: Annotated[int, typer.Option(help="Connections kept busy.")] = 64,
    rounds: Annotated[int, typer.Option(help="How often each scenario is measured, in turns with the others.")] = 3,
    seconds: Annotated[float, typer.Option(help="Seconds a scenario is measured for in a round.")] = 5,
    warmup_s: Annotated[float, typer.Option(help="Seconds of the warm-up before each measurement.")] = WARMUP_S,
    batch: Annotated[int, typer.Option(help="Submissions in a batch.")] = 500,
    workers: Annotated[int, typer.Option(help="API processes.")] = 1,
    nodes: Annotated[int, typer.Option(help="Index nodes.")] = 3,
    partitions: Annotated[int | None, typer.Option(help="Index partitions.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Run only these scenarios.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Use, and keep, this data directory.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the product on this machine."""
    console = Console()
    with ExitStack() as stack:
        directory = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-bench-")))
        options = ["--workers", str(workers), "--nodes", str(nodes)]
        options += ["--partitions", str(partitions)] if partitions else []
        facts = stack.enter_context(product(directory, options))
        ceiling = stack.enter_context(ceilings(workers))
        steps = [
            step(
                "populate", ["populate", "--users", str(players), "--sessions", str(sessions or 5 * players)], directory
            ),
            step("rebuild", ["rebuild", "--empty"], directory),
            step("verify", ["verify"], directory),
        ]
        asyncio.run(settle(facts["postgres"]))
        memory = index_memory(facts, players)
        load = {
            "players": players,
            "connections": connections,
            "seconds": seconds,
            "batch": batch,
            "warmup_s": warmup_s,
        }
        samples = in_turns(facts, ceiling, only or SCENARIOS, rounds, console, load)
        results = {kind: summary(kind, samples) for kind in samples}
        resident = api_memory(facts["pid"])
        alone = asyncio.run(store_alone(facts["postgres"], players, batch, seconds))
    report = {
        **about("benchmarks.bench"),
        "players": players, "connections": connections, "workers": workers, "nodes": nodes, "batch": batch,
        "rounds": rounds, "steps": steps, "index_memory": memory, "api_memory_bytes": resident,
        "scenarios": results, "store_alone_scores_per_second": round(alone),
    }  # fmt: skip
    finish(report, table(report), out, chain.from_iterable(samples.values()))


def in_turns(
    facts: dict[str, Any], ceiling: str, kinds: Sequence[str], rounds: int, console: Console, load: Mapping[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Run scenarios and ceilings in turns, and return the figures of each round by kind.

    `ceiling` is the URL of the no-op server. `load` has the keyword arguments of `loaded`.
    """
    samples: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for _, kind in track(list(pairs(range(rounds), samples)), "Measuring", console=console):
        if kind == next(iter(samples)):
            await_reconciliation(facts)
        result = loaded(facts, kind, ceiling if kind.startswith("noop") else facts["api"], **load)
        samples[kind].append(result)
        console.print(f"{kind}: {result['rate']:,.0f}/s")
    return samples


@contextmanager
def product(directory: Path, options: list[str], tree: Path | None = None) -> Iterator[dict[str, Any]]:
    """Run `leaderforge dev` in the directory, from another checkout if `tree` is given.

    Yield the content of its dev.json.
    """
    command = [*LEADERFORGE, "dev", "--no-demo", "--port", "0", "--data-dir", str(directory), *options]
    facts = directory / "dev.json"
    with _running(command, tree) as process:
        wait_until(lambda: facts.exists() or process.poll() is not None, START_S, "the start of the product")
        if process.poll() is not None:
            raise SystemExit("the product did not start")
        yield json.loads(facts.read_text())


@contextmanager
def ceilings(workers: int) -> Iterator[str]:
    """Run the no-op server and yield its URL."""
    from leaderforge.embedded.ports import free_port

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "benchmarks.ceiling:app", "--port", str(port)]
    with _running([*command, "--workers", str(workers), "--no-access-log", "--log-level", "warning"]):
        wait_until(lambda: _answers(f"{url}/noop"), START_S, "the no-op server")
        yield url


def loaded(
    facts: dict[str, Any], kind: str, url: str, *, players: int, connections: int, seconds: float, batch: int = 500,
    warmup_s: float = WARMUP_S,
) -> dict[str, Any]:  # fmt: skip
    """Run one scenario after a warm-up, and return its figures. Times are in ms.

    `cpu_us` has the processor time of each part of the product per request, in us.
    """
    requests = requests_of(url, facts["submit_key"], players, {kind: 1}, batch=batch)
    callers = BATCHERS if kind in BATCHES else connections
    uvloop.run(busy_loop(url, requests, warmup_s, callers))
    before = cpu_seconds(facts["pid"], facts.get("servers", ()))
    outcome = uvloop.run(busy_loop(url, requests, seconds, callers))
    after = cpu_seconds(facts["pid"], facts.get("servers", ()))
    latency, count = Latency.of(outcome.taken[kind]), len(outcome.taken[kind])
    result = {
        "requests": count, "seconds": outcome.elapsed_s, "rate": outcome.per_second,
        "p50": latency.p50_ms, "p95": latency.p95_ms, "p99": latency.p99_ms,
        "statuses": {str(status): times for status, times in outcome.statuses.items()},
        "cpu_us": {part: round((after[part] - before[part]) / count * 1e6) for part in after},
    }  # fmt: skip
    if kind in BATCHES:
        result["scores_per_second"] = outcome.per_second * batch
    return result


def step(name: str, arguments: list[str], directory: Path, tree: Path | None = None) -> dict[str, Any]:
    """Run a command of the product. Return its name, its arguments and its duration in s."""
    started = time.perf_counter()
    subprocess.run([*LEADERFORGE, *arguments, "--data-dir", str(directory)], check=True, env=_environment(tree))
    return {"step": name, "arguments": arguments, "seconds": round(time.perf_counter() - started, 2)}


def cpu_seconds(pid: int, servers: Sequence[int] = ()) -> dict[str, float]:
    """Return the processor time so far, in s, by part of the product.

    Counts the children of `pid`, and the processes `servers` with their children. Includes children that have ended,
    such as the database's process for a closed connection.
    """
    spent = dict.fromkeys(("api", "database", "index"), 0.0)
    others = [process for server in map(psutil.Process, servers) for process in (server, *server.children())]
    for process in [*psutil.Process(pid).children(recursive=True), *others]:
        with suppress(psutil.Error):
            part, times = part_of(" ".join(process.cmdline())), process.cpu_times()
            spent[part] += times.user + times.system + times.children_user + times.children_system
    return spent


def part_of(command: str) -> str:
    """Return the part of the product that a process of a stack belongs to, by its command line."""
    return "index" if "valkey-server" in command else "database" if "postgres" in command else "api"


def summary(kind: str, samples: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return the figures of the round with median throughput, and the median ratio to the ceiling over all rounds."""
    own = samples[kind]
    middle = sorted(own, key=lambda result: result["rate"])[len(own) // 2]
    floor = samples.get(CEILINGS.get(kind, "noop_get"))
    if floor is None or kind in INCOMPARABLE:
        return middle
    shares = [result["rate"] / ceiling["rate"] for result, ceiling in zip(own, floor, strict=True)]
    return {**middle, "of_ceiling": round(median(shares), 3), "of_ceiling_by_round": [round(s, 3) for s in shares]}


def api_process(supervisor: int) -> psutil.Process:
    """Return the API process that the `leaderforge dev` with the process id `supervisor` started.

    With several workers, return the parent of the workers.
    """
    children = psutil.Process(supervisor).children(recursive=True)
    return next(child for child in children if "uvicorn" in " ".join(child.cmdline()))


def api_memory(supervisor: int) -> int:
    """Return the resident memory of the largest API process, in bytes."""
    api = api_process(supervisor)
    return max(process.memory_info().rss for process in (api, *api.children(recursive=True)))


async def store_alone(dsn: str, players: int, batch: int, seconds: float) -> float:
    """Return the number of submissions per second that the database alone records in batches of this size."""
    pool = Pool(dsn, timeout_s=START_S)
    store = PostgresScoreStore(pool, record_timeout_s=START_S)
    board = await store.board(DEFAULT_BOARD)
    assert board is not None
    try:
        return await recorded(store, Ladder(board), players, batch, BATCHERS, seconds)
    finally:
        await pool.close()


async def settle(dsn: str) -> None:
    """Make the database finish the background work of a bulk load: it must not run during a measurement."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
    finally:
        await connection.close()


def await_reconciliation(facts: dict[str, Any]) -> None:
    """Wait until the index is reconciled with all submissions so far.

    Otherwise reconciliation would run during a measurement.
    """
    now_ms = time.time() * 1000

    def caught_up() -> bool:
        return all(int(node.hget(key, "watermark") or 0) >= now_ms for node, key in index_keys(facts, "meta"))

    wait_until(caught_up, START_S, "reconciliation")


def index_memory(facts: dict[str, Any], players: int) -> dict[str, float]:
    """Return the memory in bytes per player: of each kind of index key, and in total without names."""
    used = {
        kind: sum(node.memory_usage(key, samples=0) or 0 for node, key in index_keys(facts, kind))
        for kind in ("entries", "standings", "names")
    }
    total = used["entries"] + used["standings"]
    return {"bytes_per_player": total / players, **{f"{k}_per_player": v / players for k, v in used.items()}}


def index_keys(facts: dict[str, Any], kind: str) -> Iterator[tuple[Redis, bytes]]:
    """Yield the keys whose names end with `kind`, each with a client of its node."""
    for address in facts["redis"]:
        host, _, port = address.rpartition(":")
        with Redis(host=host, port=int(port), password=facts.get("redis_password")) as node:
            for key in node.scan_iter(match=f"*:{kind}", count=1000):
                yield node, key


def table(report: dict[str, Any]) -> Table:
    """Return the results as a table."""
    title = f"{report['players']:,} players, {report['connections']} connections, {report['workers']} worker(s)"
    cpu = "us of CPU: API, database, index"
    shown = Table("scenario", "per second", "p50 ms", "p95 ms", "p99 ms", "of ceiling", cpu, title=title)
    for kind, result in report["scenarios"].items():
        share = f"{result['of_ceiling']:.2f}" if "of_ceiling" in result else ""
        rate = result.get("scores_per_second", result["rate"])
        unit = " scores" if "scores_per_second" in result else ""
        times = [f"{result[p]:.1f}" for p in ("p50", "p95", "p99")]
        spent = "" if kind.startswith("noop") else ", ".join(map(str, result["cpu_us"].values()))
        shown.add_row(kind, f"{rate:,.0f}{unit}", *times, share, spent)
    for taken in report["steps"]:
        shown.add_row(taken["step"], f"{taken['seconds']:,.1f} s")
    shown.add_row("store alone, batches", f"{report['store_alone_scores_per_second']:,} scores")
    shown.add_row("index memory", f"{report['index_memory']['bytes_per_player']:.0f} bytes a player")
    shown.add_row("API process", f"{report['api_memory_bytes'] / 2**20:.0f} MiB resident")
    return shown


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as reply:  # noqa: S310 - a loopback address of ours
            return bool(reply.status == 200)
    except OSError:
        return False


def _environment(tree: Path | None) -> dict[str, str]:
    """Return the environment of the product. If a checkout is given, Python imports the product from there.

    Without a checkout, refusals as `overloaded` are off, because the service takes a closed loop for an overload.
    """
    if tree is None:
        return {"LEADERFORGE_OVERLOAD_MS": "0", **os.environ}
    return {**os.environ, "PYTHONPATH": f"{tree / 'shared'}{os.pathsep}{tree}"}


@contextmanager
def _running(command: list[str], tree: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=_environment(tree))
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START_S)  # index nodes save their data first


if __name__ == "__main__":
    typer.run(main)
