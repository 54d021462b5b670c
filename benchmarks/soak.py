"""Memory of the API during a long run with churn of connections, boards, streams and players.

    python -m benchmarks.soak --seconds 1800 --out docs/reliability/soak.json
    python -m benchmarks.soak --seconds 900 --small-caches --out docs/reliability/soak-small-caches.json

Prints the slope of the memory in MiB an hour by least squares, once over the second half of the run and once over the
last sixth of the run. The first half is left out, because the caches fill then. With `--small-caches`, the caches fill
within a minute, and the number of memory blocks of living Python objects is printed too.
"""

import asyncio
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import linear_regression
from typing import Annotated, Any

import psutil
import typer
import uvloop
from rich.console import Console

from benchmarks.attack import api_process
from benchmarks.bench import product
from benchmarks.report import about, write
from benchmarks.servers import running
from leaderforge.torture.client import Client

SAMPLE_S = 5.0
PLAYERS = 500
_BOARDS = 5
"""Number of boards that each turn of the loop creates and deletes."""
_STREAMS = 10
_SUBMITTERS = 4
_SMALL_CACHES = "benchmarks.small_caches:create_app"
BLOCKS_FILE = "SOAK_BLOCKS_FILE"
"""Environment variable with the path of the file to which the application writes its number of memory blocks."""


class Soak:
    """Clients that submit, create and delete boards and players, open streams, and reconnect, until `over` is set.

    `counts` has the number of answers by act and status.
    """

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key, self._random = url, key, Random(1)
        self.counts: Counter[str] = Counter()
        self.over = False
        self._board, self._player = 0, 10**6

    async def run(self) -> None:
        """Run the loops of all clients until `over` is true."""
        acts: list[Callable[[], Awaitable[None]]] = [self.boards, self.players, self.connections, self.streams]
        await asyncio.gather(*(self._repeat(act) for act in acts), *(self.submit() for _ in range(_SUBMITTERS)))

    async def prepare(self) -> None:
        """Create the players who submit."""
        users = [{"user_id": i, "username": f"soaked {i}"} for i in range(1, PLAYERS + 1)]
        client = Client(self._url, self._key)
        await self._ask(client, "prepare", "POST", "/api/users/batch", {"users": users})
        client.close()

    async def boards(self) -> None:
        """Create boards with periods, submit to them, read them, and delete them."""
        client = Client(self._url, self._key)
        names = [f"soak-{self._board + i}" for i in range(_BOARDS)]
        self._board += _BOARDS
        for name in names:
            await self._ask(client, "boards", "POST", "/api/boards", {"board": name, "periods": ["all-time", "daily"]})
            scores = [{"user_id": self._random.randint(1, PLAYERS), "score": i} for i in range(20)]
            await self._ask(client, "boards", "POST", f"/api/boards/{name}/scores/batch", {"submissions": scores})
            await self._ask(client, "boards", "GET", f"/api/boards/{name}/top?limit=10")
            await self._ask(client, "boards", "GET", f"/api/boards/{name}/page?rank=2&period=current")
        for name in names:
            await self._ask(client, "boards", "DELETE", f"/api/boards/{name}")
        client.close()

    async def players(self) -> None:
        """Create players, submit, rename and erase them."""
        client = Client(self._url, self._key)
        for _ in range(20):
            self._player += 1
            path, name = f"/api/users/{self._player}", f"churned {self._player}"
            await self._ask(client, "players", "POST", "/api/users", {"user_id": self._player, "username": name})
            await self._ask(client, "players", "POST", "/api/scores", {"user_id": self._player, "score": 5})
            await self._ask(client, "players", "PATCH", path, {"username": f"renamed {self._player}"})
            await self._ask(client, "players", "DELETE", path)
        client.close()

    async def connections(self) -> None:
        """Open connections, read once on each, and close them."""
        clients = [Client(self._url, "") for _ in range(50)]
        for client in clients:
            player = self._random.randint(1, PLAYERS)
            await self._ask(client, "connections", "GET", f"/api/boards/default/around/{player}?radius=3")
        for client in clients:
            client.close()

    async def streams(self) -> None:
        """Open streams, read the first event of each, and close them."""
        clients = [Client(self._url, "") for _ in range(_STREAMS)]
        replies = await asyncio.gather(*(c.first_event("/api/boards/default/stream?limit=10") for c in clients))
        self.counts.update(f"streams {reply.status}" for reply in replies)

    async def submit(self) -> None:
        """Submit on one connection until `over` is set."""
        client = Client(self._url, self._key)
        while not self.over:
            body = {"user_id": self._random.randint(1, PLAYERS), "score": self._random.randint(1, 1000)}
            await self._ask(client, "submit", "POST", "/api/scores", body)
            await asyncio.sleep(0.01)
        client.close()

    async def _repeat(self, act: Callable[[], Awaitable[None]]) -> None:
        while not self.over:
            await act()
            await asyncio.sleep(0.2)

    async def _ask(self, client: Client, act: str, method: str, path: str, body: Any = None) -> None:
        reply = await client.ask(method, path, body)
        self.counts[f"{act} {reply.status}"] += 1


async def soak(
    clients: Soak, api: psutil.Process, seconds: float, console: Console, blocks: Path | None
) -> dict[str, Any]:
    """Run the clients for `seconds` seconds. Return the samples of the API's memory and the numbers of answers.

    A sample has the time (s), the memory (MiB), the number of open files and, with `blocks`, the number of memory
    blocks in this file.
    """
    await clients.prepare()
    acting = asyncio.create_task(clients.run())
    began, samples = time.monotonic(), []
    while (elapsed := time.monotonic() - began) < seconds:
        memory_mib = round(api.memory_info().rss / 2**20, 2)
        samples.append([round(elapsed, 1), memory_mib, api.num_fds(), *blocks_in(blocks)])
        if len(samples) % 12 == 0:
            console.print(f"{elapsed:6.0f} s  {samples[-1][1:]} MiB, open files, blocks  {dict(clients.counts)}")
        await asyncio.sleep(SAMPLE_S)
    clients.over = True
    await acting
    return {
        "slope_mib_per_hour": slope(samples, 1 / 2),
        "final_slope_mib_per_hour": slope(samples, 1 / 6),
        "samples": samples,
        "answers": dict(clients.counts),
    }


def blocks_in(file: Path | None) -> list[int]:
    """Return the number of memory blocks from a file, as a list with one item. Without a file, return an empty list."""
    return [int(file.read_text())] if file is not None and file.exists() else []


def slope(samples: list[list[float]], share: float) -> float:
    """Return the growth of the memory in MiB an hour, over the last `share` of the samples."""
    last = samples[-max(2, round(len(samples) * share)) :]
    growth = linear_regression([s[0] for s in last], [s[1] for s in last]).slope
    return round(growth * 3600, 1)


def process_of(application: str) -> psutil.Process:
    """Return the child process that serves an application."""
    return next(child for child in psutil.Process().children() if application in child.cmdline())


def main(
    seconds: Annotated[float, typer.Option(help="Duration.")] = 1800.0,
    small_caches: Annotated[bool, typer.Option("--small-caches", help="Let caches have few entries.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Start a product, and use it for a long time."""
    console = Console()
    os.environ["LEADERFORGE_OVERLOAD_MS"] = "100"
    with tempfile.TemporaryDirectory(prefix="leaderforge-soak-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        with ExitStack() as started:
            facts = started.enter_context(product(Path(folder) / "data", []))
            url, api, blocks = facts["api"], api_process(facts["pid"]), None
            if small_caches:
                blocks = Path(folder) / "blocks"
                os.environ[BLOCKS_FILE] = str(blocks)
                url = started.enter_context(running("uvicorn with limits", 1, facts, Path(folder), _SMALL_CACHES))
                api = process_of(_SMALL_CACHES)
            result = uvloop.run(soak(Soak(url, facts["admin_key"]), api, seconds, console, blocks))
    console.print(f"memory grows by {result['slope_mib_per_hour']} MiB an hour in the second half")
    console.print(f"and by {result['final_slope_mib_per_hour']} MiB an hour in the last sixth")
    console.print(json.dumps(result["answers"]))
    facts_of_run = {"seconds": seconds, "small_caches": small_caches, "load_averages": os.getloadavg()}
    write({**about("benchmarks.soak"), **facts_of_run, **result}, out)


if __name__ == "__main__":
    typer.run(main)
