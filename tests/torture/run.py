"""Run of the checker: readers, writers and nemeses together, until the planned time has passed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from random import Random
from time import monotonic

from leaderforge.domain.chunks import chunks
from leaderforge.torture.model import LadderModel
from leaderforge.torture.readers import LadderReader
from leaderforge.torture.report import Report, say
from leaderforge.torture.writers import ACTS, BASE, Numbers, Writer
from tests.torture.late import LateWriter
from tests.torture.nemeses import CLOCKS, NEMESES, Skipped, Stage
from tests.torture.rig import API_PROCESSES, BOARD, Rig, opened

_PROGRESS_S = 5.0
_STOP_S = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Plan of a run. `scale` shortens the nemeses.

    `settle_s` is the time between nemeses, `warm_s` the time before the first one, `calm_s` the time at the end, in s.

    With `rounds`, the run ends after `rounds` runs of each nemesis. With `until_found`, it ends at the first violation.
    `mutation` is the fault of the API processes, if any.
    """

    seconds: float
    seed: int
    nodes: int = 3
    citus: str | None = None
    nemeses: Sequence[str] = ()
    players: int = 240
    writers: int = 8
    readers: int = 3
    write_pace_s: float = 0.06
    read_pace_s: float = 0.006
    scale: float = 1.0
    settle_s: float = 6.0
    warm_s: float = 2.0
    calm_s: float = 10.0
    rounds: int | None = None
    mutation: str | None = None
    until_found: bool = False


async def run(plan: Plan, directory: Path) -> Report:
    """Run the plan and return its report."""
    async with opened(directory, plan.nodes, plan.citus, plan.mutation) as rig:
        report = Report(rig.journal)
        await _run(plan, rig, report)
        return report


async def _run(plan: Plan, rig: Rig, report: Report) -> None:
    random = Random(plan.seed)
    players = list(range(1, plan.players + 1))
    late_players = list(range(5001, 5021))
    await rig.prepare([*players, *late_players])
    main, numbers = LadderModel(BOARD), Numbers(Random(random.random()))
    ladders: list[LadderModel] = []
    groups = chunks(players, -(-len(players) // plan.writers))
    writers = [Writer(rig.target, main, report, numbers, Random(random.random()), group) for group in groups]
    late = LateWriter(rig, ladders, report, numbers, Random(random.random()), late_players)
    readers = [
        LadderReader(rig.target, process, main, ladders, report, Random(random.random()))
        for process in range(API_PROCESSES)
        for _ in range(plan.readers)
    ]
    stage = Stage(rig, writers, readers, late, report, Random(random.random()), plan.scale, plan.until_found)
    if not plan.nemeses:
        stage.background = {**BASE, **ACTS}
    stage.rest()
    report.began = monotonic()
    async with _going_on(plan, writers, readers, report):
        await stage.pause(plan.warm_s)
        await _torment(plan, stage)
        if stage.is_over():
            return
        await rig.mend()
        rig.journal.note("calm", "mended")
        await asyncio.sleep(plan.calm_s)


async def _torment(plan: Plan, stage: Stage) -> None:
    """Run nemeses in a random order until the planned time has passed."""
    names = [name for name in plan.nemeses or NEMESES if name not in CLOCKS or stage.rig.clock_jumps]
    for name in CLOCKS & set(plan.nemeses or NEMESES) - set(names):
        stage.report.skipped[name] = "there is no libfaketime that works here"
    ends = inf if plan.rounds else stage.report.began + plan.seconds - plan.calm_s
    order: list[str] = []
    rounds = 0
    while names and monotonic() < ends and not stage.is_over():
        if not order:
            if rounds == plan.rounds:
                return
            rounds += 1
            order = stage.random.sample(names, len(names))
        name = order.pop()
        stage.rig.journal.note(name, "begun")
        began = monotonic()
        try:
            await NEMESES[name](stage)
            stage.report.times[name] += 1
            stage.report.lasted_s[name] += monotonic() - began
        except Skipped as reason:
            stage.report.skipped[name] = str(reason)
            names.remove(name)
        await stage.pause(min(plan.settle_s, max(0.0, ends - monotonic())))


@asynccontextmanager
async def _going_on(
    plan: Plan, writers: Sequence[Writer], readers: Sequence[LadderReader], report: Report
) -> AsyncIterator[None]:
    """Write, read and print the progress within the block."""
    clients = [asyncio.create_task(writer.write(plan.write_pace_s)) for writer in writers]
    clients += [asyncio.create_task(reader.read(plan.read_pace_s)) for reader in readers]
    progress = asyncio.create_task(_progress(report, clients))
    try:
        yield
        for writer in writers:
            writer.over = True
        for reader in readers:
            reader.over = True
        async with asyncio.timeout(_STOP_S):
            await asyncio.gather(*clients)
    finally:
        for task in (*clients, progress):
            task.cancel()
        await asyncio.gather(*clients, progress, return_exceptions=True)


async def _progress(report: Report, clients: Sequence[asyncio.Task[None]]) -> None:
    while True:
        await asyncio.sleep(_PROGRESS_S)
        say(report.progress())
        for client in clients:
            if client.done() and client.exception() is not None:
                say(f"CLIENT FAILED {client.exception()!r}")
