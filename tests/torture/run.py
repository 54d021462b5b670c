"""Run of the checker: readers, writers and nemeses together, until the planned time has passed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from leaderforge.torture.checks import Problem
from leaderforge.torture.report import Report, say
from leaderforge.torture.scripted import is_healed
from tests.torture.clients import Clients
from tests.torture.nemeses import CLOCKS, NEMESES
from tests.torture.plan import Plan
from tests.torture.rig import Rig, opened
from tests.torture.settlement import settle
from tests.torture.stage import Skipped, Stage

_PROGRESS_S = 5.0
_STOP_S = 60.0
_HEALING_S = 0.1


async def run(plan: Plan, directory: Path) -> Report:
    """Run the plan and return its report."""
    async with opened(directory, plan.nodes, plan.citus, plan.mutation) as rig:
        report = Report(rig.journal)
        await _run(plan, rig, report)
        return report


async def _run(plan: Plan, rig: Rig, report: Report) -> None:
    clients = Clients(plan, rig, report)
    await rig.create_players(clients.all_players)
    for writer in clients.league_writers:
        await writer.prepare()
    await rig.prepare()
    stage = clients.stage()
    stage.rest()
    report.began = monotonic()
    async with _going_on(clients.tasks(), clients.stop, report):
        await stage.pause(plan.warm_s)
        await _torment(plan, stage)
        if not stage.is_over():
            await rig.mend()
            rig.journal.note("calm", "mended")
            await asyncio.sleep(plan.calm_s)
    if not stage.is_over():
        rig.journal.note("outcome", "clients stopped")
        problems, seconds = await settle(rig, clients.main, clients.ledger, plan.promised_s)
        report.conclude(problems)
        competitions = *clients.cup_writers, *clients.league_writers, *clients.challenge_writers
        for checked in (*competitions, *clients.team_writers, *clients.feed_writers):
            report.conclude(await checked.problems(plan.promised_s))
            report.notes.append(await checked.summary())
        report.availability.on_healed("outcome", seconds)


async def _torment(plan: Plan, stage: Stage) -> None:
    """Run nemeses in a random order until the planned time has passed."""
    names = [name for name in plan.nemeses or NEMESES if name not in CLOCKS or stage.rig.clock_jumps]
    for name in CLOCKS & set(plan.nemeses or NEMESES) - set(names):
        stage.report.skipped[name] = "there is no libfaketime that works here"
    ends = stage.report.began + plan.seconds - plan.calm_s
    order: list[str] = []
    rounds = 0
    while names and monotonic() < ends and not stage.is_over():
        if not order:
            if rounds == plan.rounds:
                return
            rounds += 1
            order = stage.random.sample(names, len(names))
        name = order.pop()
        try:
            await _let_act(plan, stage, name, ends)
        except Skipped as reason:
            stage.report.skipped[name] = str(reason)
            names.remove(name)
        except Exception as error:  # go on if a part does not come back, to find later violations
            stage.report.conclude([Problem("nemesis failed", name, repr(error))])
            await stage.rig.mend()
    stage.report.skipped |= {name: "no time was left" for name in order if name not in stage.report.times}


async def _let_act(plan: Plan, stage: Stage, name: str, ends: float) -> None:
    """Run a nemesis once. With `each_s`, repeat it for this time (s), which includes the waits for healing."""
    turn_ends = monotonic() + plan.each_s
    while True:
        stage.rig.journal.note(name, "begun")
        began = monotonic()
        await NEMESES[name](stage)
        stage.report.times[name] += 1
        if plan.heals:
            await _await_healing(stage, name, plan.promised_s)
        await stage.pause(min(plan.settle_s, max(0.0, ends - monotonic())))
        stage.report.lasted_s[name] += monotonic() - began
        if monotonic() > min(turn_ends, ends) or stage.is_over():
            return


async def _await_healing(stage: Stage, name: str, promised_s: float) -> None:
    """Wait until all processes answer from the index. Report a problem if that takes longer than `promised_s`."""
    began = monotonic()
    while not await is_healed(stage.rig.target):
        if monotonic() - began > promised_s:
            stage.report.conclude([Problem("not healed", f"answers from the index within {promised_s:g} s", name)])
            return
        await asyncio.sleep(_HEALING_S)
    stage.report.availability.on_healed(name, monotonic() - began)


@asynccontextmanager
async def _going_on(
    acts: Sequence[Coroutine[Any, Any, None]], stop: Callable[[], None], report: Report
) -> AsyncIterator[None]:
    """Run the clients during the block, and print the progress."""
    clients = [asyncio.create_task(act) for act in acts]
    progress = asyncio.create_task(_progress(report, clients))
    try:
        yield
        stop()
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
