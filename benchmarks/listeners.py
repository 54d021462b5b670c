"""Listeners of a live board: the delay of each change, and the cost of many listeners compared with one.

    python -m benchmarks.listeners --listeners 1000 --seconds 30 --out docs/performance/results/listeners.json

Starts a new product with one API process, opens the listeners, and submits a score for the leader once a second. A
delay runs from the sending of the submission to the arrival of its event, and includes the commit. Listeners and
product share the machine.
"""

import asyncio
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.bench import api_process, cpu_seconds, product
from benchmarks.report import about, write

PLAYERS = 20
STREAM = "/api/boards/default/stream"
CONNECT_S = 120.0
LAST_EVENT_S = 5.0
OPENED_AT_ONCE = 50

_LEADER = re.compile(rb'^data: \{.*?"score":(-?\d+)', re.MULTILINE)


class Listener(asyncio.Protocol):
    """Connection that records the time at which it first received each score of the leader."""

    def __init__(self, host: str) -> None:
        self.seen: dict[int, float] = {}
        self.connected = asyncio.Event()
        self._host = host
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(f"GET {STREAM} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        *events, self._rest = (self._rest + data).split(b"\n\n")
        for event in events:
            found = _LEADER.search(event)
            if found:
                self.seen.setdefault(int(found[1]), time.perf_counter())
                self.connected.set()


def main(
    listeners: Annotated[int, typer.Option(help="Listeners, at most LEADERFORGE_MAX_LISTENERS.")] = 1000,
    seconds: Annotated[int, typer.Option(help="Submissions, one a second, in each run.")] = 30,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure one listener, then many."""
    console = Console()
    with (
        tempfile.TemporaryDirectory(prefix="leaderforge-listeners-") as directory,
        product(Path(directory), ["--workers", "1"]) as facts,
    ):
        runs = asyncio.run(_measure(facts, [1, listeners], seconds))
    console.print(_table(runs))
    write({**about("benchmarks.listeners"), "runs": runs}, out)
    if any(run["missed"] for run in runs):
        console.print("[red]Some listeners missed changes; the figures do not count.[/]")
        sys.exit(1)


async def _measure(facts: dict[str, Any], counts: Sequence[int], seconds: int) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {facts['submit_key']}"}
    async with httpx.AsyncClient(base_url=facts["api"], headers=headers, timeout=30) as client:
        for user_id in range(1, PLAYERS + 1):
            created = await client.post("/api/users", json={"username": f"player {user_id}", "user_id": user_id})
            created.raise_for_status()
            await _submit(client, user_id, 1000 if user_id == 1 else user_id)
        return [await _run(facts, client, count, seconds) for count in counts]


async def _run(facts: dict[str, Any], client: httpx.AsyncClient, count: int, seconds: int) -> dict[str, Any]:
    listeners = await _listening(facts["api"], count)
    api, before = api_process(facts["pid"]), cpu_seconds(facts["pid"])
    sent: dict[int, float] = {}
    begin = time.perf_counter()
    for number in range(seconds):
        await asyncio.sleep(max(0.0, begin + number - time.perf_counter()))
        at = time.perf_counter()
        sent[await _submit(client, 1, 1)] = at
    await _all_have(listeners, max(sent))
    after = cpu_seconds(facts["pid"])
    for listener in listeners:
        listener.transport.close()
    times = [one.seen[score] - at for score, at in sent.items() for one in listeners if score in one.seen]
    return {
        "listeners": count,
        "changes": len(sent),
        "missed": len(sent) * count - len(times),
        "ms": _milliseconds(times),
        "cpu_seconds": {part: round(after[part] - before[part], 2) for part in after},
        "elapsed_seconds": round(time.perf_counter() - begin, 1),
        "api_rss_bytes": api.memory_info().rss,
    }


async def _listening(url: str, count: int) -> list[Listener]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    listeners = [Listener(parts.netloc) for _ in range(count)]
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_S):
        for first in range(0, count, OPENED_AT_ONCE):
            some = listeners[first : first + OPENED_AT_ONCE]
            for listener in some:
                await loop.create_connection(lambda listener=listener: listener, host, port)  # type: ignore[misc]
            await asyncio.gather(*(listener.connected.wait() for listener in some))
    return listeners


async def _submit(client: httpx.AsyncClient, user_id: int, score: int) -> int:
    """Submit a score and return the player's new score."""
    answer = await client.post("/api/scores?rank=none", json={"user_id": user_id, "score": score})
    answer.raise_for_status()
    return int(answer.json()["score"])


async def _all_have(listeners: Sequence[Listener], score: int) -> None:
    """Return once all listeners have received the score, or after a time limit."""
    until = time.perf_counter() + LAST_EVENT_S
    while time.perf_counter() < until and not all(score in one.seen for one in listeners):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def _milliseconds(times: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {name: round(value * 1000, 1) for name, value in (("p50", cuts[49]), ("p95", cuts[94]), ("max", max(times)))}


def _table(runs: Sequence[dict[str, Any]]) -> Table:
    shown = Table("listeners", "changes", "missed", "p50 ms", "p95 ms", "max ms", "API CPU s", "API RSS MiB")
    for run in runs:
        figures = [run["listeners"], run["changes"], run["missed"], *run["ms"].values(), run["cpu_seconds"]["api"]]
        shown.add_row(*map(str, figures), f"{run['api_rss_bytes'] / 2**20:.0f}")
    return shown


if __name__ == "__main__":
    typer.run(main)
