"""Cost of a look-up of n players, compared with ranks among n friends, in one run.

    python -m benchmarks.friends --out docs/performance/results/friends.json

One client sends one request after another. The calls take turns in each round, because other load on the machine
varies. Processor time is the sum of API, database and index.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.bench import cpu_seconds, product, step
from benchmarks.report import about, quartiles, write

BOARD = "/api/boards/default"
SIZES = (100, 500, 5000)

Request = Callable[[], httpx.Response]
Sample = Mapping[str, float]


def main(
    players: Annotated[int, typer.Option(help="Players to populate.")] = 100_000,
    sizes: Annotated[list[int] | None, typer.Option(help="Numbers of players, by default 100, 500 and 5000.")] = None,
    rounds: Annotated[int, typer.Option(help="How often each call is measured, at least twice.", min=2)] = 8,
    requests: Annotated[int, typer.Option(help="Requests a measurement.")] = 10,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure look-ups and ranks among friends on this machine."""
    console = Console()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-friends-")))
        facts = stack.enter_context(product(directory, []))
        step("populate", ["populate", "--users", str(players), "--sessions", str(players)], directory)
        headers = {"Authorization": f"Bearer {facts['admin_key']}"}
        client = stack.enter_context(httpx.Client(base_url=facts["api"], headers=headers, timeout=60))
        calls = {name: call for size in sizes or SIZES for name, call in calls_of(client, size, players).items()}
        samples: dict[str, list[Sample]] = {name: [] for name in calls}
        for _ in track(range(rounds), "Measuring", console=console):
            for name, call in calls.items():
                samples[name].append(measured(facts["pid"], call, requests))
    report = {
        **about("benchmarks.friends"), "players": players, "requests": requests,
        "medians": {name: medians(of) for name, of in samples.items()}, "samples": samples,
    }  # fmt: skip
    console.print(table(report))
    write(report, out)


def calls_of(client: httpx.Client, size: int, players: int) -> dict[str, Request]:
    """Let the player with the id `size` follow `size` players. Return the measured calls, all about these players."""
    ids = [1 + i * (players // (size + 1)) for i in range(size)]
    body = {"user_ids": ids}
    client.put(f"/api/users/{size}/friends", json=body).raise_for_status()
    return {
        f"lookup {size}": lambda: client.post(f"{BOARD}/ranks/lookup", json=body),
        f"friends {size}": lambda: client.get(f"{BOARD}/friends/{size}"),
        f"list {size}": lambda: client.put(f"/api/users/{size}/friends", json=body),
    }


def measured(pid: int, call: Request, requests: int) -> Sample:
    """Return the median time of a response and the processor time of a request, in ms, and the response's bytes."""
    taken = []
    before = cpu_seconds(pid)
    for _ in range(requests):
        began = time.perf_counter()
        response = call().raise_for_status()
        taken.append(time.perf_counter() - began)
    after = cpu_seconds(pid)
    cpu_s = sum(after.values()) - sum(before.values())
    index_s = after["index"] - before["index"]
    return {
        "ms": round(sorted(taken)[requests // 2] * 1000, 2),
        "cpu_ms": round(cpu_s / requests * 1000, 2),
        "index_cpu_ms": round(index_s / requests * 1000, 2),
        "bytes": len(response.content),
    }


def medians(samples: Sequence[Sample]) -> dict[str, float]:
    """Return the median of each figure over the rounds."""
    return {name: quartiles([sample[name] for sample in samples])[1] for name in samples[0]}


def table(report: dict[str, Any]) -> Table:
    """Return the medians as a table."""
    shown = Table("call and players", "response, ms", "processor, ms", "of it the index, ms", "response, bytes")
    for name, of in report["medians"].items():
        shown.add_row(name, *(f"{value:,g}" for value in of.values()))
    return shown


if __name__ == "__main__":
    typer.run(main)
