"""The application under uvicorn and under granian, in one run.

    python -m benchmarks.servers --out docs/performance/results/servers.json

Starts the servers on one database and one index, and loads them in turn, in short rounds. Other load on the machine
affects both. Therefore compare the ratios. granian is not a dependency: run `uv pip install granian==2.8.9` first.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import product as pairs
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console

from benchmarks.bench import WARMUP_S, _answers, product, step
from benchmarks.closed_loop import Latency
from benchmarks.open_loop import busy_loop
from benchmarks.report import about, write
from benchmarks.requests import requests_of
from leaderforge.embedded.ports import free_port
from leaderforge.embedded.waiting import wait_until

APPLICATION = "functions.local:create_app"
SCENARIOS = ("top", "rank", "submit")
START_S = 60.0


def command(server: str, port: int, workers: int, application: str = APPLICATION) -> list[str]:
    """Return the command of a server."""
    common = ["--factory", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    if server == "granian":
        return [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "asgi",
            "--loop",
            "uvloop",
            "--no-ws",
            *common,
            application,
        ]
    guarded = ["--http", "functions.edge.http.guarded:GuardedHttp"] if server == "uvicorn with limits" else []
    return [sys.executable, "-m", "uvicorn", *common, *guarded, "--no-access-log", "--no-proxy-headers", application]


@contextmanager
def running(
    server: str, workers: int, facts: Mapping[str, Any], directory: Path, application: str = APPLICATION
) -> Iterator[str]:
    """Serve the application by this server, on the database and index of the product. Yield the URL."""
    port = free_port()
    metrics = directory / f"metrics-{server}-{workers}"
    metrics.mkdir()
    settings = {
        "LEADERFORGE_POSTGRES_DSN": facts["postgres"],
        "LEADERFORGE_REDIS_NODES": ",".join(facts["redis"]),
        "LEADERFORGE_REDIS_PASSWORD": facts["redis_password"],
        "LEADERFORGE_SUBMIT_KEYS": facts["submit_key"],
        "LEADERFORGE_ADMIN_KEYS": facts["admin_key"],
        "LEADERFORGE_HOST": "127.0.0.1",
        "LEADERFORGE_RECONCILE_MS": "0",
        **({"PROMETHEUS_MULTIPROC_DIR": str(metrics)} if workers > 1 else {}),
    }
    process = subprocess.Popen(
        command(server, port, workers, application),
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(f"{url}/api/health"), START_S, f"the start of {server}")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def rate(url: str, key: str, kind: str, players: int, connections: int, seconds: int) -> dict[str, float]:
    """Return the requests a second of a scenario, and its latency in ms."""
    requests = requests_of(url, key, players, {kind: 1})
    uvloop.run(busy_loop(url, requests, WARMUP_S, connections))
    outcome = uvloop.run(busy_loop(url, requests, seconds, connections))
    if set(outcome.statuses) != {200}:
        raise SystemExit(f"some requests failed: {dict(outcome.statuses)}")
    return {"per_second": outcome.per_second, "p99_ms": Latency.of(outcome.taken[kind]).p99_ms}


def main(
    servers: Annotated[str, typer.Option(help="Servers to compare, comma separated.")] = "uvicorn,granian",
    workers: Annotated[str, typer.Option(help="Numbers of workers, comma separated.")] = "1,2",
    players: Annotated[int, typer.Option(help="Players to populate, who played twice each.")] = 50_000,
    connections: Annotated[int, typer.Option(help="Connections that are always busy.")] = 64,
    rounds: Annotated[int, typer.Option(help="How often each server is loaded.")] = 5,
    seconds: Annotated[int, typer.Option(help="Seconds a round, after a warm-up of two.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the application under each server."""
    console, names = Console(), servers.split(",")
    results: dict[str, Any] = {}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-servers-")))
        facts = stack.enter_context(product(directory / "data", []))
        step("populate", ["populate", "--users", str(players), "--sessions", str(2 * players)], directory / "data")
        for count in map(int, workers.split(",")):
            samples: dict[str, list[dict[str, float]]] = {f"{n} {kind}": [] for n in names for kind in SCENARIOS}
            with ExitStack() as started:
                urls = {name: started.enter_context(running(name, count, facts, directory)) for name in names}
                for turn, kind in pairs(range(rounds), SCENARIOS):
                    for name in names if turn % 2 else names[::-1]:
                        sample = rate(urls[name], facts["submit_key"], kind, players, connections, seconds)
                        samples[f"{name} {kind}"].append(sample)
            for kind in SCENARIOS:
                base = samples[f"{names[0]} {kind}"]
                for name in names:
                    own = samples[f"{name} {kind}"]
                    ratio = median(a["per_second"] / b["per_second"] for a, b in zip(own, base, strict=True))
                    figures = {key: round(median(sample[key] for sample in own), 1) for key in own[0]}
                    results[f"{count} workers, {kind}, {name}"] = {**figures, "ratio": round(ratio, 2)}
                    console.print(f"{count} workers, {kind}, {name}: {figures}, ratio {ratio:.2f}")
    write({**about("benchmarks.servers"), "players": players, "connections": connections, "results": results}, out)


if __name__ == "__main__":
    typer.run(main)
