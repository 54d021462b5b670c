"""Real stores for tests of the complete product."""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.services import trust
from tests.acceptance.preloaded import preloaded
from tests.contract.store_fixtures import emptied_citus
from tests.waiting import PATIENCE_S

_numbers = count()


@pytest.fixture
def lasting_belief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prolong the time for which a process treats the index as current after a check.

    Otherwise, this time could end early on a slow machine, and reads would come from the store.
    """
    monkeypatch.setattr(trust, "_BELIEF_S", PATIENCE_S)
    monkeypatch.setattr(trust, "_PATIENCE_S", PATIENCE_S)


async def new_database(dsn: str) -> str:
    """Create a migrated database on the server of this DSN, and return its DSN."""
    return await _created(dsn, template=await _migrated_template(dsn))


async def empty_database(dsn: str) -> str:
    """Create a database without tables on the server of this DSN, and return its DSN."""
    return await _created(dsn, template="template1")


async def _migrated_template(dsn: str) -> str:
    """Return the name of a migrated database to copy. The database is created once per server.

    Nobody may be connected to this database, because PostgreSQL copies no database that is in use.
    """
    name = f"migrated_{os.getpid()}"
    # All migrations take 0.3 s of CPU, a copy of a migrated database 0.05 s. Therefore migrate only once.
    if not await _run(dsn, f"select from pg_database where datname = '{name}'"):
        migrated = await empty_database(dsn)
        await migrate(migrated)
        await _run(dsn, f"alter database {urlsplit(migrated).path[1:]} rename to {name}")
    return name


async def _created(dsn: str, template: str) -> str:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    await _run(dsn, f"create database {name} template {template}")
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def _run(dsn: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session", autouse=True)
def preloaded_commands(no_process_left: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Process from which the tests of this folder fork their runs of the `leaderforge` command."""
    with preloaded(tmp_path_factory.mktemp("preloaded")):
        yield


@pytest.fixture(scope="session")
async def database(postgres) -> str:
    """DSN of a migrated database, shared by tests that use separate boards."""
    return await new_database(postgres.dsn)


@pytest.fixture(scope="session")
async def citus_database() -> str:
    """DSN of a Citus cluster, emptied and migrated."""
    return await emptied_citus()


@pytest.fixture(scope="session", params=["database", "citus_database"], ids=["postgres", "citus"])
def store_dsn(request: pytest.FixtureRequest) -> str:
    """DSN of each kind of real store."""
    dsn: str = request.getfixturevalue(request.param)
    return dsn


@pytest.fixture(scope="session")
async def store_and_users(store_dsn: str) -> AsyncIterator[tuple[ScoreStore, PlayerStore]]:
    """Real stores, shared by tests that use separate boards."""
    pool = Pool(store_dsn)
    yield PostgresScoreStore(pool), PostgresPlayerStore(pool)
    await pool.close()
