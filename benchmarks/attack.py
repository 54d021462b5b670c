"""Latency of other clients, and memory of the API, while an attacker repeats one kind of hostile request.

    python -m benchmarks.attack --out docs/reliability/attack.json

Each attack runs in a process of its own, as fast as one core allows. Meanwhile this process reads the first entries
every 20 ms. The product is started with a limit of one live stream. The attack `refused_streams` opens this stream, and
the product refuses all further streams.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import psutil
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.bench import product, step
from benchmarks.closed_loop import Latency
from benchmarks.report import about, write
from leaderforge.torture.client import Client

GOAL_P99_MS = 250.0
GOAL_MIB = 300
_PROBE_S = 0.02
_HALF_OPEN = 1200
_PIECE = b"h:\r\n" * 16_000


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def answered(url: str, request: bytes) -> None:
    """Send a request on a connection of its own, and read the answer to its end."""
    with connected(url) as connection, contextlib.suppress(OSError):
        connection.sendall(request)
        while connection.recv(1 << 20):
            pass


def many_problems(url: str) -> Iterator[None]:
    """Send bodies with very many unknown JSON members."""
    body = b"{" + b",".join(b'"m%d":1' % i for i in range(380_000)) + b"}"
    head = b"POST /api/boards/default/ranks/lookup HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    request = b"%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (head, len(body), body)
    while True:
        answered(url, request)
        yield


def endless_head(url: str) -> Iterator[None]:
    """Send requests with 40 MB of tiny headers each."""
    while True:
        with connected(url) as connection, contextlib.suppress(OSError):
            connection.sendall(b"GET /api/health HTTP/1.1\r\n")
            for _ in range(640):
                connection.sendall(_PIECE)
        yield


def refused_streams(url: str) -> Iterator[None]:
    """Keep the only allowed stream open, and request further streams.

    The product refuses them. If it logged each refusal, the attack would slow it down.
    """
    head = b"GET /api/boards/default/stream HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: %s\r\n" % (b"r" * 128)
    held = connected(url)
    held.sendall(head + b"\r\n")
    while True:
        answered(url, head + b"Connection: close\r\n\r\n")
        yield


def half_open(url: str) -> Iterator[None]:
    """Open connections with a request head that never ends. Replace the connections that the server closes."""
    open_connections: list[socket.socket] = []
    while True:
        for connection in open_connections[:]:
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError, OSError):
                connection.recv(4096)
                connection.close()
                open_connections.remove(connection)
        while len(open_connections) < _HALF_OPEN:
            with contextlib.suppress(OSError):
                connection = connected(url)
                connection.sendall(b"GET /api/health HTTP/1.1\r\nHost: a\r\n")
                open_connections.append(connection)
        yield


def foreign_host(url: str) -> Iterator[None]:
    """Send requests whose `Host` header names another host."""
    while True:
        answered(url, b"GET /metrics HTTP/1.1\r\nHost: rebind.example\r\nConnection: close\r\n\r\n")
        yield


ATTACKS: Mapping[str, Callable[[str], Iterator[None]]] = {
    "EDGE-1": many_problems,
    "EDGE-2": endless_head,
    "EDGE-4": refused_streams,
    "EDGE-8": half_open,
    "EDGE-16": foreign_host,
}


def attack(name: str, url: str, seconds: float) -> None:
    """Repeat an attack for `seconds` seconds, print the number of attacks, and end the process."""
    ends = time.monotonic() + seconds
    for count, _ in enumerate(ATTACKS[name](url), 1):
        if time.monotonic() > ends:
            sys.stdout.write(f"{count}\n")
            os._exit(sys.stdout.flush() or 0)  # leave connections open until the end of the process


@contextmanager
def attacking(name: str | None, url: str, seconds: float) -> Iterator[list[int]]:
    """Attack during the block, unless `name` is None. Yield a list, which has the number of attacks after the block."""
    counts: list[int] = []
    if name is None:
        yield counts
        return
    command = [sys.executable, "-m", "benchmarks.attack", "--only", name, "--url", url, "--seconds", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        yield counts
        output, _ = process.communicate(timeout=120)
        counts.append(int(output))


async def probe(url: str, api: psutil.Process, seconds: float) -> dict[str, Any]:
    """Read the first entries every 20 ms. Return the latencies, and the peak memory of the API's processes."""
    client, taken, peak, failures = Client(url, ""), [], 0, 0
    ends, due = time.monotonic() + seconds, time.monotonic()
    while due < ends:
        reply = await client.ask("GET", "/api/boards/default/top?limit=10")
        taken.append(reply.came - due)
        failures += reply.status != 200
        peak = max(peak, api.memory_info().rss)
        due = max(due + _PROBE_S, reply.came)
        await asyncio.sleep(max(0.0, due - time.monotonic()))
    client.close()
    return {**asdict(Latency.of(taken)), "max_ms": round(max(taken) * 1000, 1), "reads": len(taken),
            "failures": failures, "peak_mib": round(peak / 2**20, 1)}  # fmt: skip


def api_process(pid: int) -> psutil.Process:
    """Return the process of the API, which is a child of `leaderforge dev`."""
    children = psutil.Process(pid).children(recursive=True)
    return next(child for child in children if "uvicorn" in " ".join(child.cmdline()))


def main(
    only: Annotated[list[str] | None, typer.Option(help="Attacks to make; all by default.")] = None,
    seconds: Annotated[float, typer.Option(help="Duration of each attack.")] = 20.0,
    url: Annotated[str | None, typer.Option(help="Attack this server, and measure nothing.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Start a product on this machine, and attack it."""
    if url is not None:
        attack((only or list(ATTACKS))[0], url, seconds)
    results: dict[str, Any] = {}
    os.environ |= {"LEADERFORGE_MAX_LISTENERS": "1", "LEADERFORGE_OVERLOAD_MS": "100"}
    with tempfile.TemporaryDirectory(prefix="leaderforge-attack-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        with product(Path(folder) / "data", []) as facts:
            step("populate", ["populate", "--users", "10000", "--sessions", "20000"], Path(folder) / "data")
            api, log = api_process(facts["pid"]), Path(folder) / "data" / "logs" / "api.log"
            for name in [None, *(only or ATTACKS)]:
                logged = log.stat().st_size
                with attacking(name, facts["api"], seconds) as counts:
                    figures = uvloop.run(probe(facts["api"], api, seconds))
                results[name or "none"] = {
                    **figures,
                    "attacks": sum(counts),
                    "log_bytes": max(0, log.stat().st_size - logged),
                }
    Console().print(table(results))
    write({**about("benchmarks.attack"), "seconds": seconds, "results": results}, out)
    if any(row["p99_ms"] > GOAL_P99_MS or row["peak_mib"] > GOAL_MIB for row in results.values()):
        raise typer.Exit(1)


def table(results: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return the results as a table."""
    columns = ("attacks", "reads", "p50_ms", "p99_ms", "max_ms", "failures", "peak_mib", "log_bytes")
    shown = Table("attack", *columns)
    for name, row in results.items():
        shown.add_row(name, *(str(row[column]) for column in columns))
    return shown


if __name__ == "__main__":
    typer.run(main)
