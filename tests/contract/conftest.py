"""Stores for the contract suites: in memory, on PostgreSQL and, if the machine has one, on a Citus cluster."""

from collections.abc import AsyncIterator

import pytest

from leaderforge.embedded import PostgresServer
from tests.contract.blank_database import BlankDatabase
from tests.contract.store_fixtures import Database, Stores, emptied_citus, in_memory, opened


@pytest.fixture(scope="session")
def blank_database(postgres: PostgresServer) -> BlankDatabase:
    """Migrated database. The tests of this process use it one after another."""
    return BlankDatabase(postgres.dsn)


@pytest.fixture
async def postgres_dsn(blank_database: BlankDatabase) -> AsyncIterator[str]:
    """DSN of a migrated database, empty except for the default board."""
    async with blank_database.use() as dsn:
        yield dsn


@pytest.fixture
async def citus_dsn() -> str:
    """DSN of a migrated Citus database, empty except for the default board."""
    return await emptied_citus()


@pytest.fixture
async def on_postgres(postgres_dsn: str) -> AsyncIterator[Database]:
    """All stores, on a new database."""
    async for database in opened(postgres_dsn):
        yield database


@pytest.fixture
async def on_citus(citus_dsn: str) -> AsyncIterator[Database]:
    """All stores, on an empty Citus database."""
    async for database in opened(citus_dsn):
        yield database


@pytest.fixture(params=["postgres", "citus"])
def database(request: pytest.FixtureRequest) -> Database:
    """All stores, on an empty real database. A test with this fixture runs once for each kind of database."""
    found: Database = request.getfixturevalue(f"on_{request.param}")
    return found


@pytest.fixture(params=["memory", "postgres", "citus"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Empty stores: in memory, on PostgreSQL, on Citus. Each test runs on all three."""
    if request.param == "memory":
        return in_memory()
    found: Database = request.getfixturevalue(f"on_{request.param}")
    return found
