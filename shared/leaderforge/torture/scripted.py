"""Nemesis that is a command of the user."""

import asyncio
import os
import signal
from contextlib import suppress
from itertools import count
from time import monotonic

from leaderforge.torture.report import Report, say
from leaderforge.torture.target import Target

SCRIPT = "script"
"""Name, in reports, of the time from the start of the command until the deployment is healthy again."""
QUIET = "none"
"""Name, in reports, of the time without a nemesis."""

_FIRST_S = 3.0
"""Time in s before the first run of the script."""
_HEALING_S = 0.2
_STOP_S = 10.0


class UserScript:
    """Shell command that is run at intervals. The variable `LEADERFORGE_TORTURE_RUN` has the number of the run."""

    def __init__(self, command: str, every_s: float, target: Target, report: Report) -> None:
        self._command, self._every_s = command, every_s
        self._target, self._report = target, report

    async def run(self) -> None:
        """Run the command, then wait until the deployment is healthy again. Repeat this until cancelled."""
        await asyncio.sleep(_FIRST_S)
        for number in count(1):
            self._target.journal.note(SCRIPT, f"run {number}")
            began = monotonic()
            await self._run_once(number)
            self._report.times[SCRIPT] += 1
            self._report.lasted_s[SCRIPT] += monotonic() - began
            await self._await_healing()
            self._target.journal.note(QUIET, f"after run {number}")
            await asyncio.sleep(self._every_s)

    async def _run_once(self, number: int) -> None:
        environment = {**os.environ, "LEADERFORGE_TORTURE_RUN": str(number)}
        process = await asyncio.create_subprocess_shell(self._command, env=environment, start_new_session=True)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            await _end(process)
            raise
        if code:
            say(f"the nemesis ended with exit code {code}")

    async def _await_healing(self) -> None:
        began = monotonic()
        self._target.journal.note(SCRIPT, "ended")
        while not await is_healed(self._target):  # noqa: ASYNC110 - the deployment is remote
            await asyncio.sleep(_HEALING_S)
        self._report.availability.on_healed(SCRIPT, monotonic() - began)


async def is_healed(target: Target) -> bool:
    """Return whether all API processes answer from the index."""
    for process in target.processes:
        client = target.client(process)
        reply = await client.ask("GET", f"/api/boards/{target.board}/range?limit=1")
        client.close()
        if reply.source != "index":
            return False
    return True


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the command and its children."""

    def send(number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)

    send(signal.SIGTERM)
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        send(signal.SIGKILL)
        await process.wait()
