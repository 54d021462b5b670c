"""Processes that settle a league, and print a line before and after each of their steps. A test kills them.

`python -m tests.contract.settling_process DSN SLUG CHUNK` forks a process for each line of its input. The line has the
present time in ms. `CHUNK` is the number of players of a chunk. A fork costs a hundredth of a new process.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from signal import SIGKILL
from typing import Any, TypeVar

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.services import award_settlement, league_settlement
from tests.contract.league_world import LeagueWorld
from tests.contract.store_fixtures import on_pool

SETTLED, ENDED = "settled", "ended"
_STEPS = ("move", "finish", "write_results", "seat", "keep_rules", "grant")
"""Methods by which stores write a settlement. The test kills processes at these methods.

Writes that each process repeats at its start are left out. Otherwise, each new process would be killed at such a write,
and the settlement would never advance.
"""
_LONGEST_DELAY_S = 0.005

StoreT = TypeVar("StoreT")


class SettlingProcesses:
    """Processes that settle the league of a board, one after another. The test kills each of them."""

    def __init__(self, world: LeagueWorld, chunk: int, random: Random) -> None:
        self._world = world
        self._chunk = chunk
        self._random = random
        self.kills = 0

    async def __aenter__(self) -> "SettlingProcesses":
        arguments = self._world.database.dsn, self._world.board.slug, str(self._chunk)
        self._server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.contract.settling_process", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._server.returncode is None:
            self._server.kill()
        await self._server.wait()

    async def settle(self) -> None:
        """Start processes, one after another, until nothing is due. Kill each in its first step, or after that step."""
        while not await self._attempt(1 + self.kills % 2):
            self.kills += 1

    async def _attempt(self, lines: int) -> bool:
        """Start a process, and kill it after it has printed `lines` lines. Return whether it had settled everything."""
        assert self._server.stdin is not None
        self._server.stdin.write(f"{self._world.now}\n".encode())
        process = int(await self._line())
        for _ in range(lines):
            if await self._line() == SETTLED:
                assert await self._line() == f"{ENDED} 0"
                return True
        if lines == 1:
            await asyncio.sleep(self._random.random() * _LONGEST_DELAY_S)  # kill at a random moment of the step
        with suppress(ProcessLookupError):
            os.kill(process, SIGKILL)
        output = [await self._line()]
        while not output[-1].startswith(ENDED):
            output.append(await self._line())
        assert SETTLED in output or output[-1] == f"{ENDED} {-SIGKILL}"
        return SETTLED in output

    async def _line(self) -> str:
        assert self._server.stdout is not None
        line = (await self._server.stdout.readline()).decode().strip()
        assert line, "the server of the settling processes has ended"
        return line


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _spoken(store: StoreT) -> StoreT:
    """Change the store: each of its `_STEPS` prints a line before and after its work. Return the store."""
    for name in _STEPS:
        if (step := getattr(store, name, None)) is not None:
            setattr(store, name, _spoken_step(step))
    return store


def _spoken_step(step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def call(*values: Any) -> Any:
        _say("begin")
        result = await step(*values)
        _say("end")
        return result

    return call


async def _settle(dsn: str, slug: str, now: int) -> None:
    pool = Pool(dsn, timeout_s=60.0)
    database = on_pool(pool, dsn)
    board = await database.scores.board(slug)
    assert board is not None
    world = LeagueWorld(database, board)
    world.set_now(now)
    settlement = world.settlement(_spoken)
    # The server may still commit a step of the killed process before this process repeats the step. Therefore, run
    # again until nothing is due.
    while await settlement.due():
        await settlement.run()
    _say(SETTLED)


def _serve(dsn: str, slug: str, chunk: int) -> None:
    for name in ("_MEMBERS_A_CHUNK", "_ABSENT_A_CHUNK"):
        setattr(league_settlement, name, chunk)
    setattr(award_settlement, "_CHUNK", max(1, chunk // 3))  # noqa: B010 - the constant is final for mypy
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            _say(str(os.getpid()))
            asyncio.run(_settle(dsn, slug, int(line)))
            os._exit(0)
        _, status = os.waitpid(process, 0)
        _say(f"{ENDED} {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
