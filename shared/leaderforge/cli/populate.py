"""`leaderforge populate`: a made-up crowd to look at, test and measure with."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

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
    places = asyncio.Semaphore(_IN_FLIGHT)

    async def store(plan: "Plan") -> bool:
        async with places:
            known = bool(await product.parts.users.get([plan.first]))
            if not known:
                await _store(product, ladder, plan)
            await _index(product, ladder, plan)
            advance(plan.sessions)
            return known

    known = await asyncio.gather(*map(store, plans))
    skipped = sum(plan.sessions for plan, was_known in zip(plans, known, strict=True) if was_known)
    return sum(plan.sessions for plan in plans) - skipped, skipped


async def _store(product: "Services", ladder: "Ladder", plan: "Plan") -> None:
    from leaderforge.ports import User

    chunk = await asyncio.to_thread(plan.make)
    users = [User(user_id, name, None, plan.until) for user_id, name in chunk.names.items()]
    events = ((user_id, UUID(int=number), score, at, None) for user_id, number, score, at in chunk.sessions)
    load = product.parts.load_history
    if load is None:
        raise Refused("this store cannot be populated")
    # Received when the last of them was achieved: the reconciler need not look at them all.
    await load(ladder, users, events, chunk.standings, plan.until)


async def _index(product: "Services", ladder: "Ladder", plan: "Plan") -> None:
    players = range(plan.first, plan.last + 1)
    with suppress(IndexUnavailable):
        await product.parts.index.load(ladder, await product.parts.store.standings(ladder, players))
        users = await product.parts.users.get(players)
        await product.parts.index.put_names({user_id: user.username for user_id, user in users.items()})
