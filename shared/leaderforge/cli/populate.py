"""`leaderforge populate`: a made-up crowd to look at, test and measure with."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, BoardName, DataDir
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import IndexUnavailable, Refused

if TYPE_CHECKING:
    from leaderforge.cli.synthetic import Plan
    from leaderforge.domain.standings import Standing
    from leaderforge.wiring import Services

_DAY_MS = 86_400_000
_IN_FLIGHT = 3


@dataclass(slots=True)
class Filled:
    """How many sessions were added and how many were there already, and whether the index missed some of them."""

    added: int = 0
    skipped: int = 0
    index_behind: bool = False


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
    """Fill a board with made-up players and scores, skewed as real ones are. For an empty database.

    Players come in chunks, each in one transaction: run it again after an interruption, with the same options, and
    it goes on where it stopped.
    """
    now = time.time_ns() // 1_000_000
    end = now // _DAY_MS * _DAY_MS if until is None else int(until.replace(tzinfo=UTC).timestamp() * 1000)
    if not 0 <= end <= now:
        raise Refused(f"--until {until} is not between 1970 and now")
    filled = run_until_stopped(_populate(users, sessions, seed, end, board, data_dir))
    typer.echo(f"{filled.added:,} sessions added" + (f", {filled.skipped:,} known already" if filled.skipped else ""))
    if filled.index_behind:
        # The reconciler looks at what was recorded lately only, which populated sessions are not.
        typer.echo("The index was out of reach; when it is back, run `leaderforge rebuild`.", err=True)


async def _populate(users: int, sessions: int, seed: int, end: int, board: str, data_dir: Path) -> Filled:
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.synthetic import chunks
    from leaderforge.cli.target import board_named, services

    async with services(data_dir) as product:
        target = Ladder(await board_named(product, board))
        plans = list(chunks(users, sessions, seed, end))
        with progress_bar("Populating", sessions) as advance:
            filled = await fill(product, target, plans, advance)
        product.changes.ladder(target)
        return filled


async def fill(product: "Services", ladder: Ladder, plans: list["Plan"], advance: Callable[[int], None]) -> Filled:
    """Store the plans' chunks, unless they are there.

    Raises `Refused` where other players have their ids, or the players are there without these sessions.
    """
    board = ladder.board
    if board.policy != "sum" or board.order != "desc" or board.calendar.kinds != ("all-time",):
        raise Refused(f"the made-up scores suit boards for all time that sum, descending, unlike {board.slug!r}")
    places = asyncio.Semaphore(_IN_FLIGHT)
    filled = Filled()

    async def store(plan: "Plan") -> None:
        async with places:
            standings = await _stored(product, ladder, plan)
            if standings is None:
                standings = await _store(product, ladder, plan)
                filled.added += plan.sessions
            else:
                filled.skipped += plan.sessions
            if not await _index(product, ladder, plan, standings):
                filled.index_behind = True
            advance(plan.sessions)

    tasks = [asyncio.create_task(store(plan)) for plan in plans]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    return filled


async def _stored(product: "Services", ladder: Ladder, plan: "Plan") -> Sequence["Standing"] | None:
    """Return the standings of the plan's players, or None if these are not there."""
    users = await product.parts.users.get(plan.players)
    if not users:
        return None
    standings = await product.parts.store.standings(ladder, plan.players)
    names = {user_id: user.username for user_id, user in users.items()}
    if names != plan.names() or sum(standing.submissions for standing in standings) < plan.sessions:
        raise Refused(
            f"of players {plan.first} to {plan.last}, some exist, but not as this crowd on board "
            f"{ladder.board.slug!r}: give the options of the first time, or another database"
        )
    return standings


async def _store(product: "Services", ladder: Ladder, plan: "Plan") -> Sequence["Standing"]:
    """Store the chunk and return its players' standings."""
    from leaderforge.ports import User

    chunk = await asyncio.to_thread(plan.make)
    users = [User(user_id, name, None, plan.until) for user_id, name in chunk.names.items()]
    events = ((user_id, UUID(int=number), score, at, None) for user_id, number, score, at in chunk.sessions)
    load = product.parts.load_history
    if load is None:
        raise Refused("this store cannot be populated")
    # Recorded when the last of them was achieved: the reconciler need not look at them all.
    await load(ladder, users, events, chunk.standings, plan.until)
    return chunk.standings


async def _index(product: "Services", ladder: Ladder, plan: "Plan", standings: Sequence["Standing"]) -> bool:
    """Bring the index up to the players of the plan, and return whether it could be reached."""
    try:
        await product.parts.index.load(ladder, standings)
        await product.parts.index.put_names(plan.names())
    except IndexUnavailable:
        return False
    return True
