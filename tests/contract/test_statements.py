"""The real databases can prepare the unchanged text of each SQL file, after the prefix `prepare NAME as`."""

from importlib.resources import files

import asyncpg

from leaderforge.adapters import postgres
from leaderforge.adapters.postgres.statements import statement
from tests.contract.store_fixtures import Database

STATEMENTS = sorted(
    entry.name.removesuffix(".sql")
    for entry in files(postgres).joinpath("queries").iterdir()
    if entry.name.endswith(".sql")
)
DEFINITION = "create_schema_migrations"
"""Statement that databases cannot prepare, because it creates a table."""
ON_CITUS_ONLY = {
    "add_worker",
    "check_worker",
    "drop_worker",
    "in_doubt_on_workers",
    "keep_shards",
    "ping_worker",
    "placements",
    "rebalance_state",
    "start_rebalance",
    "worker_shares",
    "workers",
}


async def test_each_statement_is_valid_as_it_stands(database: Database) -> None:
    [[distributed]] = await database.run(statement("has_workers"))
    connection = await asyncpg.connect(database.dsn)
    try:
        refused = {name: error for name in STATEMENTS if (error := await refusal(connection, name))}
    finally:
        await connection.close()
    assert refused.keys() == (set() if distributed else ON_CITUS_ONLY), refused


async def refusal(connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> str | None:
    """Make the database prepare a statement. Return the reason of a refusal, None if the database prepares it."""
    text = statement(name)
    try:
        await connection.execute(text if name == DEFINITION else f"prepare {name} as {text}")
    except asyncpg.PostgresError as error:
        return str(error)
    return None
