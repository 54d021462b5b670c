"""`leaderforge populate`: a made-up crowd to look at, test and measure with."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.cli.target import DEFAULT_BOARD, DEFAULT_DATA_DIR, BoardName, DataDir
from leaderforge.domain.errors import IndexUnavailable, Refused

if TYPE_CHECKING:
    from leaderforge.cli.synthetic import Plan
    from leaderforge.domain.boards import Ladder
    from leaderforge.wiring import Services

_DAY_MS = 86_400_000
_IN_FLIGHT = 3


def populate(
    *,
    users: Annotated[int, typer.Option(help="Players, numbered from 1.", min=1, max=100_000_000)] = 1_000_000,
    sessions: Annotated[int, typer.Option(help="Submissions of all players together.", min=0)] = 5_000_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same crowd.")] = 1,
    until: Annotated[
        datetime | None, typer.Option(help="When the last session may be, in UTC; the last midnight by default.")
    ] = None,
    board: BoardName = DEFAULT_BOARD,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Fill a board with made-up players and scores, skewed as real ones are.

    Players come in chunks, each in one transaction: run it again after an interruption, with the same options, and
    it goes on where it stopped.
    """
    end = time.time_ns() // 1_000_000 // _DAY_MS * _DAY_MS
    if until is not None:
        end = int(until.replace(tzinfo=UTC).timestamp() * 1000)
    made, skipped = asyncio.run(_populate(users, sessions, seed, end, board, data_dir))
    typer.echo(f"{made:,} sessions added" + (f", {skipped:,} were there already" if skipped else ""))


async def _populate(users: int, sessions: int, seed: int, end: int, board: str, data_dir: Path) -> tuple[int, int]:
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.synthetic import chunks
    from leaderforge.cli.target import ladder, services

    async with services(data_dir) as product:
        target = await ladder(product, board)
        plans = list(chunks(users, sessions, seed, end))
        with progress_bar("Populating", sessions) as advance:
            return await fill(product, target, plans, advance)


async def fill(
    product: "Services", ladder: "Ladder", plans: list["Plan"], advance: Callable[[int], None]
) -> tuple[int, int]:
    """Store the plans' chunks, unless they are there; return how many sessions were stored, and how many skipped."""
    if ladder.board.policy != "sum" or ladder.board.order != "desc":
        raise Refused(f"the made-up scores suit boards that sum, descending, unlike {ladder.board.slug!r}")
    loop = asyncio.get_running_loop()
    places = asyncio.Semaphore(_IN_FLIGHT)
    totals = [0, 0]

    # Making the sessions and sending them are both work for a core.
    with ProcessPoolExecutor(1) as maker:

        async def store(plan: "Plan") -> None:
            async with places:
                known = await product.parts.users.get([plan.first])
                if not known:
                    chunk = await loop.run_in_executor(maker, plan.make)
                    await product.parts.loader.load(ladder, chunk.names, chunk.sessions, chunk.standings)
                    with suppress(IndexUnavailable):
                        # What is missed here, the reconciler makes up for.
                        await product.parts.index.load(ladder, chunk.standings)
                        await product.parts.index.put_names(chunk.names)
                totals[bool(known)] += plan.sessions
                advance(plan.sessions)

        async with asyncio.TaskGroup() as group:
            for plan in plans:
                group.create_task(store(plan))
    return totals[0], totals[1]
