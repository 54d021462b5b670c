"""Latency of accepted requests before, during and after an overload.

    python -m benchmarks.overload --out docs/reliability/overload.json --plot docs/overload.svg

Finds the product's maximum rate with a closed loop. The sustainable rate is `--share` of it. Then sends requests in an
open loop: at the sustainable rate, at `--factor` times this rate, and at the sustainable rate again. Several processes
send, because one could not send fast enough.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.bench import product, settle, step
from benchmarks.closed_loop import Latency
from benchmarks.open_loop import busy_loop
from benchmarks.report import about, write
from benchmarks.requests import requests_of
from leaderforge.torture.wire import FAILED, Wire

MIX = {"submit": 40, "rank": 20, "around": 20, "deep_page": 20}
"""Share of each kind of request, in percent."""
BUSY = 64
"""Connections of the closed loop. They keep the product busy, but are too few to overload it."""
_CHOICE = 5_000
"""Number of requests that a sender prepares and repeats."""
_TICK_S = 0.001
"""Time between sends in s. Requests that become due between two sends are sent together."""
ACCEPTED = 200
GOAL = 3.0
"""Maximum ratio of the p99 of accepted requests under overload to the p99 before the overload."""
_SECOND = 1.0


class Sender:
    """Open loop that takes little processor time, because it shares the machine with the product.

    Request i is due at i / rate seconds. A request that is due while no connection is free waits, and its latency
    counts from its due time.
    """

    def __init__(self, url: str, key: str, players: int, rate: float) -> None:
        next_request = requests_of(url, key, players, MIX)
        self._requests = [next_request()[1] for _ in range(_CHOICE)]
        self._url, self._rate = url, rate
        self._free: deque[Wire] = deque()
        self._sent = 0
        self._began, self._total = 0.0, 0
        self._reconnecting: set[asyncio.Task[None]] = set()
        self._is_done = asyncio.Event()
        self.rows: list[list[float]] = []

    async def send(self, seconds: float, wires: int) -> list[list[float]]:
        """Send for this time, and return the due time (s), the status and the latency (s) of each request."""
        self._free.extend([await Wire.to(self._url) for _ in range(wires)])
        self._began, self._total = time.perf_counter(), int(self._rate * seconds)
        async with asyncio.timeout(seconds + 60):
            while self._sent < self._total:
                self._send_due()
                await asyncio.sleep(_TICK_S)
            await self._is_done.wait()
        return self.rows

    def _send_due(self) -> None:
        """Send all requests that are due, while connections are free."""
        due = min(self._total, int((time.perf_counter() - self._began) * self._rate) + 1)
        while self._sent < due and self._free:
            wire = self._free.popleft()
            if wire.closed:
                task = asyncio.create_task(self._reconnect())
                self._reconnecting.add(task)
                task.add_done_callback(self._reconnecting.discard)
                continue
            at = self._began + self._sent / self._rate
            answer = wire.ask_soon(self._requests[self._sent % _CHOICE])
            answer.add_done_callback(partial(self._note, wire, at))
            self._sent += 1

    async def _reconnect(self) -> None:
        self._free.append(await Wire.to(self._url))

    def _note(self, wire: Wire, due: float, answer: asyncio.Future[int]) -> None:
        now = time.perf_counter()
        self.rows.append([round(due - self._began, 3), answer.result(), round(now - due, 5)])
        self._free.append(wire)
        if len(self.rows) == self._total:
            self._is_done.set()


async def send(url: str, key: str, players: int, rate: float, seconds: float, wires: int) -> list[list[float]]:
    """Send at this rate from this process. See `Sender.send`."""
    return await Sender(url, key, players, rate).send(seconds, wires)


def phase(facts: Mapping[str, Any], players: int, rate: float, seconds: float, wires: int, senders: int) -> Any:
    """Send from several processes, at `rate` in all. Return one row for each request."""
    options = ["--url", facts["api"], "--key", facts["submit_key"], "--players", str(players)]
    options += ["--rate", str(rate / senders), "--seconds", str(seconds), "--connections", str(wires // senders)]
    with tempfile.TemporaryDirectory(prefix="leaderforge-rows-") as folder:
        files = [Path(folder) / f"{number}.json" for number in range(senders)]
        command = [sys.executable, "-m", "benchmarks.overload", *options, "--out"]
        started = [subprocess.Popen([*command, str(file)]) for file in files]
        for process in started:
            process.wait()
        return [row for file in files for row in json.loads(file.read_text())]


def figures(rows: Sequence[Sequence[float]], seconds: float) -> dict[str, Any]:
    """Return throughput, latencies and statuses of a phase. The key `seconds` has accepted, refused and p99 of each
    second.
    """
    accepted = [row[2] for row in rows if row[1] == ACCEPTED]
    refused = [row[2] for row in rows if row[1] not in {ACCEPTED, FAILED}]
    by_second = []
    for second in range(int(seconds)):
        taken = [row for row in rows if second <= row[0] < second + _SECOND]
        served = [row[2] for row in taken if row[1] == ACCEPTED]
        p99 = Latency.of(served).p99_ms if served else None
        by_second.append([second, len(served), len(taken) - len(served), p99])
    return {
        "sent_per_second": round(len(rows) / seconds),
        "accepted_per_second": round(len(accepted) / seconds),
        "accepted": asdict(Latency.of(accepted)) if accepted else None,
        "refused": asdict(Latency.of(refused)) if refused else None,
        "statuses": dict(Counter(int(row[1]) for row in rows)),
        "seconds": by_second,
    }


def measure(
    facts: Mapping[str, Any], players: int, share: float, factor: float, seconds: float, wires: int, senders: int
) -> dict[str, Any]:
    """Return the figures of all phases."""
    requests = requests_of(facts["api"], facts["submit_key"], players, MIX)
    uvloop.run(busy_loop(facts["api"], requests, seconds / 10, BUSY))
    loop = uvloop.run(busy_loop(facts["api"], requests, seconds / 4, BUSY))
    most = loop.statuses[ACCEPTED] / loop.elapsed_s
    sustainable = share * most
    phases = {}
    for name, rate, length in (
        ("before", sustainable, seconds / 2),
        ("overload", factor * sustainable, seconds),
        ("after", sustainable, seconds / 2),
    ):
        phases[name] = figures(phase(facts, players, rate, length, wires, senders), length)
    return {"most_per_second": round(most), "sustainable_per_second": round(sustainable), "phases": phases}


def main(
    players: Annotated[int, typer.Option(help="Players to populate.")] = 100_000,
    share: Annotated[float, typer.Option(help="Sustainable share of the maximum of the closed loop.")] = 0.5,
    factor: Annotated[float, typer.Option(help="Rate of the overload, as a multiple of the sustainable one.")] = 5.0,
    seconds: Annotated[float, typer.Option(help="Duration of the overload.")] = 60.0,
    wires: Annotated[int, typer.Option("--connections", help="Connections.")] = 512,
    senders: Annotated[int, typer.Option(help="Processes that send.")] = 2,
    url: Annotated[str | None, typer.Option(help="Send to this server, and print the rows.")] = None,
    key: Annotated[str, typer.Option(help="Submit key of that server.")] = "",
    rate: Annotated[float, typer.Option(help="Rate for that server.")] = 0.0,
    limited: Annotated[bool, typer.Option(help="Limit requests; without it, measure what an overload does.")] = True,
    plot: Annotated[Path | None, typer.Option(help="Plot the results there, as SVG.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Start a product on this machine, and overload it."""
    if url is not None:
        rows = uvloop.run(send(url, key, players, rate, seconds, wires))
        (out or Path("/dev/stdout")).write_text(json.dumps(rows))
        return
    result = overloaded_product(players, share, factor, seconds, wires, senders, limited=limited)
    Console().print(table(result["phases"]))
    ratio = result["phases"]["overload"]["accepted"]["p99_ms"] / result["phases"]["before"]["accepted"]["p99_ms"]
    Console().print(f"p99 of accepted requests: {ratio:.2f} times as long under overload; goal {GOAL:g}")
    settings = {"players": players, "connections": wires, "seconds": seconds, "factor": factor, "limited": limited}
    write({**about("benchmarks.overload"), **settings, "ratio": round(ratio, 2), **result}, out)
    if plot is not None:
        draw(result["phases"], plot)


def overloaded_product(
    players: int, share: float, factor: float, seconds: float, wires: int, senders: int, *, limited: bool
) -> dict[str, Any]:
    """Start a product, and return the figures of all phases."""
    os.environ["LEADERFORGE_OVERLOAD_MS"] = os.environ.get("LEADERFORGE_OVERLOAD_MS", "100") if limited else "0"
    with tempfile.TemporaryDirectory(prefix="leaderforge-overload-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        directory = Path(folder) / "data"
        with product(directory, []) as facts:
            step("populate", ["populate", "--users", str(players), "--sessions", str(2 * players)], directory)
            uvloop.run(settle(facts["postgres"]))
            return measure(facts, players, share, factor, seconds, wires, senders)


def table(phases: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return the results as a table."""
    shown = Table("phase", "sent/s", "accepted/s", "p50 ms", "p99 ms", "refused p50 ms", "refused p99 ms", "statuses")
    for name, row in phases.items():
        accepted, refused = row["accepted"] or {}, row["refused"] or {}
        shown.add_row(
            name,
            *(str(row[column]) for column in ("sent_per_second", "accepted_per_second")),
            *(str(accepted.get(column, "")) for column in ("p50_ms", "p99_ms")),
            *(str(refused.get(column, "")) for column in ("p50_ms", "p99_ms")),
            str(row["statuses"]),
        )
    return shown


def draw(phases: Mapping[str, Mapping[str, Any]], out: Path) -> None:
    """Plot accepted and refused requests, and the p99 of accepted requests, over time."""
    from benchmarks.plotting import COLOURS, new_figure, save

    figure, (rates, latencies) = new_figure("before, during and after an overload", 2)
    seconds = [row for result in phases.values() for row in result["seconds"]]
    times = range(len(seconds))
    rates.plot(times, [row[1] for row in seconds], color=COLOURS[1], label="accepted")
    rates.plot(times, [row[2] for row in seconds], color=COLOURS[3], label="refused")
    rates.set(xlabel="s", title="requests a second", ylim=(0, None))
    rates.legend(frameon=False)
    latencies.plot(times, [row[3] for row in seconds], color=COLOURS[0])
    latencies.set(xlabel="s", title="p99 of accepted requests, ms", ylim=(0, None))
    save(figure, out)


if __name__ == "__main__":
    typer.run(main)
