"""Benchmarks of many boards: the cost of idle boards, and the effect of a board's load on another board.

    python -m benchmarks.boards_bench --out docs/performance/results/boards.json

Submissions go through the services of one process, without HTTP. All parts share this machine's cores.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Annotated, Any
from uuid import uuid4

import typer
from redis.asyncio.cluster import RedisCluster
from rich.console import Console
from rich.table import Table

from benchmarks.backing import backing
from benchmarks.report import about, write
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import RuleViolated
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.services.submit import SubmitService
from leaderforge.wiring import Services, build

NOW = 1_700_000_000_000
PLAYERS = 10_000
QUIET_CALLERS = 4
ROUNDS = 5

_times = count(NOW)


def main(
    boards: Annotated[int, typer.Option(help="Boards to create.")] = 1000,
    connections: Annotated[int, typer.Option(help="Concurrent callers that make up the heavy load.")] = 64,
    seconds: Annotated[float, typer.Option(help="Seconds that each figure is measured for.")] = 6.0,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure many boards on this machine."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = stack.enter_context(backing(folder))
        results = asyncio.run(measure(settings, boards, connections, seconds))
    shown = Table("what", "")
    for what, value in results.items():
        shown.add_row(what, str(value))
    Console().print(shown)
    write({**about("benchmarks.boards_bench"), "boards": boards, "connections": connections, "results": results}, out)


async def measure(settings: Mapping[str, str], number: int, connections: int, seconds: float) -> dict[str, Any]:
    """Return the costs of many boards on a new index and database."""
    services = build(EnvironmentSettings.from_environment(settings))
    await services.maintain.reconcile()
    await services.parts.users.create([Player(i, f"player {i}", None, NOW) for i in range(PLAYERS)])
    try:
        addresses = settings["LEADERFORGE_REDIS_NODES"].split(",")
        idle, boards = await idle_boards(services, addresses, number)
        quiet, busy, *_ = boards
        strict = await services.boards.create("strict", {"min_interval_ms": 1, "policy": "best"}, "bench")
        scenarios: dict[str, list[Board]] = {
            "alone": [],
            "beside heavy load on the same board": [quiet],
            "beside heavy load on another board": [busy],
            "beside heavy load on a board that judges intervals": [strict],
            "beside heavy load across all boards": boards,
        }
        load = {what: Load(quiet, others) for what, others in scenarios.items()}
        # The scenarios take turns, because other load on the machine should affect all of them equally.
        for _ in range(ROUNDS):
            for one in load.values():
                await one.run(services.submit, connections, seconds / ROUNDS)
        submits = {what: one.figures(seconds) for what, one in load.items()}
        return idle | {"submits_to_one_board": submits} | await upkeep(services)
    finally:
        await services.close()


async def idle_boards(services: Services, addresses: Sequence[str], number: int) -> tuple[dict[str, Any], list[Board]]:
    """Create `number` boards. Return the duration, the number of their keys in the index, and the boards."""
    async with client_of(addresses) as client:
        before = await keys_in(client)
        started = time.perf_counter()
        boards = [await services.boards.create(f"board-{i}", {}, "bench") for i in range(number)]
        took = time.perf_counter() - started
        added = await keys_in(client) - before
    return {"seconds_to_create": round(took, 2), "index_keys_of_idle_boards": added}, boards


@dataclass
class Load:
    """Two concurrent loads: a few callers submit to the board `quiet`, and many callers to the boards `others`."""

    quiet: Board
    others: Sequence[Board]
    taken: list[float] = field(default_factory=list)
    done: int = 0

    async def run(self, submit: SubmitService, connections: int, seconds: float) -> None:
        """Submit for `seconds` seconds: a few callers to `quiet`, and `connections` callers to `others`."""
        until = time.perf_counter() + seconds
        callers = [self._quiet_caller(submit, until, Random(i)) for i in range(QUIET_CALLERS)]
        callers += [self._heavy_caller(submit, until, Random(i)) for i in range(100, 100 + connections) if self.others]
        await asyncio.gather(*callers)

    def figures(self, seconds: float) -> dict[str, float]:
        """Return the latency of submissions to `quiet`, and the submissions per second to `others`."""
        cuts = quantiles(self.taken, n=100)
        shown = {f"p{percent}_ms": round(cuts[percent - 1] * 1000, 2) for percent in (50, 95, 99)}
        return shown | {"others_per_second": round(self.done / seconds)}

    async def _quiet_caller(self, submit: SubmitService, until: float, random: Random) -> None:
        while time.perf_counter() < until:
            started = time.perf_counter()
            await submit.submit(submission(self.quiet, random))
            self.taken.append(time.perf_counter() - started)

    async def _heavy_caller(self, submit: SubmitService, until: float, random: Random) -> None:
        while time.perf_counter() < until:
            # The minimum interval refuses some submissions. These count as load too, because a refusal also takes time.
            with suppress(RuleViolated):
                await submit.submit(submission(random.choice(self.others), random))
            self.done += 1


async def upkeep(services: Services) -> dict[str, float]:
    """Return the durations of a rebuild, a verification and a run of board maintenance over all boards, in s."""
    timed: dict[str, float] = {}
    steps: Mapping[str, Callable[[], Awaitable[object]]] = {
        "seconds_to_rebuild": services.maintain.rebuild,
        "seconds_to_verify": services.maintain.verify,
        "seconds_to_look_for_upkeep": services.board_maintenance.run,
    }
    for what, work in steps.items():
        started = time.perf_counter()
        await work()
        timed[what] = round(time.perf_counter() - started, 3)
    return timed


def submission(board: Board, random: Random) -> Submission:
    """Return an invented submission. Its time is later than the times of all earlier submissions."""
    event = Event(random.randrange(PLAYERS), uuid4(), random.randrange(1, 1000), next(_times))
    return Submission([Ladder(board)], event)


@asynccontextmanager
async def client_of(addresses: Sequence[str]) -> AsyncIterator[RedisCluster]:
    """Yield a client of the cluster."""
    host, _, port = addresses[0].rpartition(":")
    client = RedisCluster(host=host, port=int(port))
    try:
        yield client
    finally:
        await client.aclose()


async def keys_in(client: RedisCluster) -> int:
    """Return the number of keys on all nodes."""
    sizes = await client.dbsize(target_nodes=RedisCluster.PRIMARIES)
    return sum(sizes.values()) if isinstance(sizes, dict) else int(sizes)


if __name__ == "__main__":
    typer.run(main)
