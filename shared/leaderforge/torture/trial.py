"""Run of clients and checker on a deployment in use: see `leaderforge torture`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from time import monotonic

from leaderforge.domain.chunks import chunks
from leaderforge.torture.model import LadderModel
from leaderforge.torture.own_board import own_board
from leaderforge.torture.readers import CACHE_AGE_S, LadderReader
from leaderforge.torture.report import Report
from leaderforge.torture.scripted import QUIET, UserScript
from leaderforge.torture.target import Target
from leaderforge.torture.writers import ACTS, BASE, Numbers, Writer

OnSeconds = Callable[[int], object]
"""Callback for progress. Its argument is the number of seconds since its previous call."""

_FIRST_ID, _LAST_ID = 2**51, 2**52
"""Range of the ids of players. Games do not use such large ids."""
_NEWCOMERS_AFTER = 100_000
"""Distance from the first id of the run to the first id of the players that are created during the run."""
_STOP_S = 60.0


@dataclass(frozen=True, slots=True)
class Trial:
    """Options of a run. `script` is the nemesis, a command that is run every `every_s` seconds, None for no nemesis.

    `pace_s` is the mean pause of a writer between two changes. The pause of a reader is a tenth of `pace_s`.
    """

    seconds: int
    seed: int
    players: int = 100
    writers: int = 4
    readers: int = 2
    pace_s: float = 0.1
    script: str | None = None
    every_s: float = 30.0


async def run_trial(target: Target, trial: Trial, advance: OnSeconds) -> Report:
    """Return the report of a run. Raises `TargetRefused`."""
    random, report = Random(trial.seed), Report(target.journal)
    target.journal.note(QUIET, "start")
    # Do not derive the ids from the seed: a repeated run must not meet ids that were erased a moment ago.
    first = Random().randrange(_FIRST_ID, _LAST_ID)
    players = list(range(first, first + trial.players))
    ladder = LadderModel(target.board)
    async with own_board(target, ladder, players):
        writers = _writers(trial, target, ladder, report, random, players)
        readers = [
            LadderReader(target, process, ladder, (), report, Random(random.random()))
            for process in target.processes
            for _ in range(trial.readers)
        ]
        report.began = monotonic()
        async with _acting(trial, target, report, writers, readers):
            for _ in range(trial.seconds):
                await asyncio.sleep(1)
                advance(1)
        await _check_outcome(target, readers, ladder)
    return report


def _writers(
    trial: Trial, target: Target, ladder: LadderModel, report: Report, random: Random, players: Sequence[int]
) -> Sequence[Writer]:
    """Return writers, each with its share of the players. Each writer performs all kinds of acts."""
    numbers = Numbers(Random(random.random()), players[0] + _NEWCOMERS_AFTER)
    groups = chunks(players, -(-len(players) // trial.writers))
    writers = [Writer(target, ladder, report, numbers, Random(random.random()), group) for group in groups]
    for writer in writers:
        writer.weights = {**BASE, **ACTS}
    return writers


@asynccontextmanager
async def _acting(
    trial: Trial, target: Target, report: Report, writers: Sequence[Writer], readers: Sequence[LadderReader]
) -> AsyncIterator[None]:
    """Run clients and nemesis during the block. Then end the nemesis, and wait for the last calls of the clients."""
    clients = [asyncio.create_task(writer.write(trial.pace_s)) for writer in writers]
    clients += [asyncio.create_task(reader.read(trial.pace_s / 10)) for reader in readers]
    script = UserScript(trial.script, trial.every_s, target, report) if trial.script else None
    nemesis = [asyncio.create_task(script.run())] if script else []
    try:
        yield
        await _cancel(nemesis)
        for writer in writers:
            writer.over = True
        for reader in readers:
            reader.over = True
        async with asyncio.timeout(_STOP_S):
            await asyncio.gather(*clients)
    finally:
        await _cancel([*nemesis, *clients])


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _check_outcome(target: Target, readers: Sequence[LadderReader], ladder: LadderModel) -> None:
    """Compare the complete board with the model, once per API process, after all changes are acknowledged."""
    target.journal.note("outcome", "clients stopped")
    await asyncio.sleep(CACHE_AGE_S)
    for reader in readers:
        await reader.export(ladder)
        await reader.top(ladder)
        reader.close()
