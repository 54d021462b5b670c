"""`leaderforge populate`: synthetic players and scores for demos, tests and benchmarks."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from leaderforge.cli.counts import counted
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, BoardOption, DataDir
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import IndexUnavailable, Refused

if TYPE_CHECKING:
    from leaderforge.cli.synthetic import Plan
    from leaderforge.domain.standings import Standing
    from leaderforge.wiring import Services

_DAY_MS = 86_400_000
_IN_FLIGHT = 3
"""Maximum number of chunks that are stored concurrently."""


@dataclass(slots=True)
class Filled:
    """Numbers of added and of existing sessions, and the plans of the chunks that could not be put into the index."""

    added: int = 0
    skipped: int = 0
    missed: list["Plan"] = field(default_factory=list)

    @property
    def index_behind(self) -> bool:
        return bool(self.missed)


def populate(
    *,
    users: Annotated[
        int, typer.Option(help="Number of players; their ids start at 1.", min=1, max=100_000_000)
    ] = 1_000_000,
    sessions: Annotated[int, typer.Option(help="Number of submissions of all players.", min=0)] = 5_000_000,
    seed: Annotated[int, typer.Option(help="Seed of the crowd: equal seeds make equal crowds.")] = 1,
    until: Annotated[
        datetime | None, typer.Option(help="Latest time of a session, in UTC. Default: the last midnight.")
    ] = None,
    board: BoardOption = DEFAULT_BOARD,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Fill a board with synthetic players and scores, skewed as real ones are. Use an empty database.

    Players are stored in chunks, one transaction each. After an interruption, run the command again with the same
    options to continue.
    """
    now = time.time_ns() // 1_000_000
    end = now // _DAY_MS * _DAY_MS if until is None else int(until.replace(tzinfo=UTC).timestamp() * 1000)
    if not 0 <= end <= now:
        raise Refused(f"--until must be between 1970 and now, not {until}")
    filled = run_until_stopped(_populate(users, sessions, seed, end, board, data_dir))
    typer.echo(
        f"{counted(filled.added, 'session')} added"
        + (f", {filled.skipped:,} existed already" if filled.skipped else "")
    )
    if filled.index_behind:
        # Reconciliation would not repair the index: it reads recent changes only, and these sessions are recorded as
        # old.
        typer.echo("the index could not be reached: run `leaderforge rebuild` when it is available", err=True)


async def _populate(users: int, sessions: int, seed: int, end: int, board: str, data_dir: Path) -> Filled:
    from leaderforge.cli.outages import completed, prepare
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.synthetic import chunks
    from leaderforge.cli.target import board_named, services

    async with services(data_dir) as product:
        target = Ladder(await board_named(product, board))
        plans = list(chunks(users, sessions, seed, end))
        await prepare(product)
        with progress_bar("Populating", sessions) as advance:
            filled = await fill(product, target, plans, advance)
        # Call `completed` first: if it rebuilds a partition, the rebuild also loads the missed chunks.
        if await completed(product):
            await _index_missed(product, target, filled)
        product.changes.discard_ladder(target)
        return filled


async def _index_missed(product: "Services", ladder: Ladder, filled: Filled) -> None:
    """Load the chunks that the index has missed. A chunk that cannot be loaded this time stays in `filled.missed`."""
    for plan in list(filled.missed):
        if await _index(product, ladder, plan, await product.parts.store.standings(ladder, plan.players)):
            filled.missed.remove(plan)


def _require_populatable(board: Board) -> None:
    if board.policy != "sum" or board.order != "desc" or board.calendar.kinds != ("all-time",):
        raise Refused(f"board {board.slug!r} must have policy=sum, order=desc and periods=all-time to be populated")


async def fill(product: "Services", ladder: Ladder, plans: list["Plan"], advance: Callable[[int], None]) -> Filled:
    """Store the chunks that the store does not have yet, and load the chunks of all plans into the index.

    Raises `Refused` if other players have these ids, or if the players exist without these sessions.
    """
    _require_populatable(ladder.board)
    slots = asyncio.Semaphore(_IN_FLIGHT)
    filled = Filled()

    async def store(plan: "Plan") -> None:
        async with slots:
            standings = await _stored(product, ladder, plan)
            if standings is None:
                standings = await _store(product, ladder, plan)
                filled.added += plan.sessions
            else:
                filled.skipped += plan.sessions
            if not await _index(product, ladder, plan, standings):
                filled.missed.append(plan)
            advance(plan.sessions)

    tasks = [asyncio.create_task(store(plan)) for plan in plans]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    return filled


async def _stored(product: "Services", ladder: Ladder, plan: "Plan") -> Sequence["Standing"] | None:
    """Return the standings of the plan's players, None if the players do not exist."""
    users = await product.parts.users.get(plan.players)
    if not users:
        return None
    standings = await product.parts.store.standings(ladder, plan.players)
    names = {user_id: user.username for user_id, user in users.items()}
    if names != plan.names() or sum(standing.submissions for standing in standings) < plan.sessions:
        raise Refused(
            f"ids {plan.first} to {plan.last} have players that differ from this crowd on board {ladder.board.slug!r}: "
            "use the options of the first run, or an empty database"
        )
    return standings


async def _store(product: "Services", ladder: Ladder, plan: "Plan") -> Sequence["Standing"]:
    """Store the chunk and return its players' standings."""
    from leaderforge.domain.players import Player

    chunk = await asyncio.to_thread(plan.make)
    users = [Player(user_id, name, None, plan.until) for user_id, name in chunk.names.items()]
    events = ((user_id, UUID(int=number), score, at, None) for user_id, number, score, at in chunk.sessions)
    load = product.parts.load_history
    if load is None:
        raise Refused("this store has no bulk loader: populate a PostgreSQL store")
    # Record the sessions as old, at their latest time. Reconciliation then skips them, as `_index` loads them anyway.
    await load(ladder, users, events, chunk.standings, plan.until)
    return chunk.standings


async def _index(product: "Services", ladder: Ladder, plan: "Plan", standings: Sequence["Standing"]) -> bool:
    """Load the plan's players into the index. Return False if the index cannot be reached."""
    try:
        await product.parts.index.load(ladder, standings)
        if product.settings.index_names == "all":
            await product.parts.index.add_names(plan.names())
    except IndexUnavailable:
        return False
    return True
