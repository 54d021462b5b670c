"""Upgrade of a store of 0.1.0 while clients of 0.1.0 write, and the checks of its result."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from time import monotonic
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.embedded.api import ApiServer
from leaderforge.embedded.ports import LOOPBACK, free_port
from leaderforge.torture.checks import Problem
from leaderforge.torture.client import Client
from tests import old_version
from tests.api_client import ADMIN_KEY
from tests.old_version import OldClients, old_clients
from tests.torture.plan import PROMISED_S
from tests.torture.rig import Rig

_BOARD = "old"
"""Slug of the board to which the clients of 0.1.0 submit."""
_FIRST_PART = 10
"""Number of the last migration of the first, interrupted run of the upgrade. A second run applies the rest."""
_PAUSE_S = 0.5
_numbers = count(1)


async def upgrade_beside(
    rig: Rig, step: Callable[[str], None], hold: Callable[[float], Awaitable[None]]
) -> list[Problem]:
    """Restore the store of 0.1.0 into a new database, and upgrade it. Return the problems.

    Clients of 0.1.0 write before, during and after the migration, and beside a process of this version, as in a rolling
    upgrade. Afterwards each of their acknowledged submissions must count once, in the store and in the index.
    """
    number = next(_numbers)
    dsn = await _new_database(rig.dsn, f"old_{number}")
    await old_version.restore(dsn)
    directory = rig.directory / f"upgraded-{number}"
    directory.mkdir()
    api = ApiServer(directory, directory / "api.log", host=LOOPBACK, port=free_port(), workers=1)
    settings = {**rig.settings, "LEADERFORGE_POSTGRES_DSN": dsn, "LEADERFORGE_NAMESPACE": f"upgraded-{number}"}
    try:
        async with old_clients(dsn) as clients:
            step("migrating")
            await migrate(dsn, last=_FIRST_PART)  # as after an interruption of the command
            await clients.progress(1)
            await migrate(dsn)
            await clients.progress(1)
            step("both versions")
            api.start(settings)
            await api.wait_healthy()
            await hold(4)
        step("verifying")
        problems = await _problems(api, clients)
    except AssertionError as failure:
        problems = [Problem("upgrade", "no failure of a client of 0.1.0", str(failure))]
    finally:
        api.process.kill()
    await _on_server(rig.dsn, f"drop database old_{number} with (force)")
    return problems


async def _problems(api: ApiServer, clients: OldClients) -> list[Problem]:
    """Return the differences between the acknowledged submissions of 0.1.0 and the answers of this version.

    Wait up to `PROMISED_S` for reconciliation, which adds the submissions of 0.1.0 to the index.
    """
    client = Client(api.url, ADMIN_KEY)
    deadline = monotonic() + PROMISED_S
    while True:
        results = [await _problem(client, *sums) for sums in clients.acknowledged.items()]
        problems = [problem for problem in results if problem is not None]
        if not problems or monotonic() > deadline:
            client.close()
            return problems
        await asyncio.sleep(_PAUSE_S)


async def _problem(client: Client, user_id: int, score: int) -> Problem | None:
    answer = await client.ask("GET", f"/api/boards/{_BOARD}/ranks/{user_id}")
    if answer.status == 200 and answer.body["score"] == score and answer.source == "index":
        return None
    return Problem("upgrade", f"{score} of player {user_id}, from the index", f"{answer.source} {answer.body}", user_id)


async def _new_database(dsn: str, name: str) -> str:
    await _on_server(dsn, f"create database {name}")
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def _on_server(dsn: str, command: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(command)
    finally:
        await connection.close()
