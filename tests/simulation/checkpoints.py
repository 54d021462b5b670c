"""Copies of the database of a simulation after each week. A killed simulation continues with the latest copy."""

import pickle
from pathlib import Path

from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.embedded import PostgresServer
from tests.contract.store_fixtures import Database, run, sibling
from tests.simulation.weeks import Played

_PRESENT = "simulation"


class Checkpoints:
    """Database of the present week, copies of the database after past weeks, and a file with the state of the latest
    copy.
    """

    def __init__(self, server: PostgresServer, directory: Path) -> None:
        self._server = server
        self._state = directory / "state.pickle"

    @property
    def dsn(self) -> str:
        """Address of the database of the present week."""
        return sibling(self._server.dsn, _PRESENT)

    async def restore(self) -> Played | None:
        """Create the database of the present week from the latest copy. Return the state of the copy, None without a
        copy.

        The caller must `attach` the database to the state.
        """
        played: Played | None = pickle.loads(self._state.read_bytes()) if self._state.exists() else None  # noqa: S301 - a file of this program
        await self._drop(_PRESENT)
        if played is None:
            await self._run(f"create database {_PRESENT}")
            await migrate(self.dsn)
        else:
            await self._copy(_copy_of(played.number), _PRESENT)
        return played

    async def keep(self, played: Played) -> None:
        """Copy the database, then replace the file of the state. A kill in between leaves the earlier copy and file."""
        world = played.weeks.world
        database, world.database = world.database, None  # type: ignore[assignment]
        state = pickle.dumps(played)
        world.database = database
        await database.pool.close()  # PostgreSQL copies no database with connections
        await self._drop(_copy_of(played.number))
        await self._copy(_PRESENT, _copy_of(played.number))
        new = self._state.with_suffix(".new")
        new.write_bytes(state)
        new.replace(self._state)
        await self._drop(_copy_of(played.number - 1))

    async def _copy(self, source: str, target: str) -> None:
        await self._run(f"create database {target} template {source} strategy file_copy")

    async def _drop(self, name: str) -> None:
        await self._run(f"drop database if exists {name} with (force)")

    async def _run(self, text: str) -> None:
        await run(self._server.dsn, text)


def attach(played: Played, database: Database) -> None:
    """Give a restored state its database, and set the clocks to the time of the state."""
    world = played.weeks.world
    world.database = database
    world.set_now(world.now)


def _copy_of(week: int) -> str:
    return f"week_{week}"
