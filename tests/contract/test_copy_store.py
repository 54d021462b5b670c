"""A store is copied completely to an empty database: to another PostgreSQL, and to Citus."""

import os
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest

from leaderforge.adapters.postgres.copying import CopyRefused, copy_store
from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.domain.players import Player
from leaderforge.embedded import PostgresServer
from tests.contract.store_fixtures import CITUS, Database, empty, opened, run, sibling, submit

PLAYERS = 300


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PostgresServer]:
    with PostgresServer(tmp_path_factory.mktemp("copied")) as server:
        yield server


@pytest.fixture
async def source(server: PostgresServer) -> AsyncIterator[Database]:
    """Store with two boards, players, events of two periods and an audit entry."""
    dsn = await new_database(server, "copied")
    await migrate(dsn)
    async for database in opened(dsn):
        await fill(database)
        yield database


@pytest.fixture(params=["postgres", "citus"])
async def target(request: pytest.FixtureRequest, server: PostgresServer) -> str:
    """DSN of a database without tables."""
    if request.param == "postgres":
        return await new_database(server, "target")
    dsn = os.environ.get(CITUS)
    if not dsn:
        pytest.skip(f"{CITUS} names no Citus cluster")
    await empty(dsn)
    return dsn


async def new_database(server: PostgresServer, name: str) -> str:
    await run(server.dsn, f"drop database if exists {name} with (force)")
    await run(server.dsn, f"create database {name}")
    return sibling(server.dsn, name)


async def fill(database: Database) -> None:
    ids = range(1, PLAYERS + 1)
    await database.users.create([Player(i, f"Player {i} é", f"{i}@example.org", 0, external_id=f"x:{i}") for i in ids])
    board = await database.scores.create_board(Board(0, "second", "Second, with 'quotes'"))
    default = (await database.scores.boards())[0]
    for ladder in (Ladder(default), Ladder(board)):
        await database.scores.record([submit(ladder, i, 7 * i, at=i, metadata='{"level": [1, null]}') for i in ids])
    await run(database.dsn, "update users set hidden = true where user_id = 5")


async def rows_of(dsn: str) -> dict[str, Sequence[Any]]:
    """Return all rows of all tables of a store."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = {row["name"]: row["columns"] for row in await connection.fetch(statement("store_tables"))}
        rows = {}
        for name, columns in tables.items():
            select = f"select {', '.join(sorted(columns))} from {name}"  # noqa: S608 - names of the catalog
            rows[name] = sorted(map(str, await connection.fetch(select)))
        return rows
    finally:
        await connection.close()


async def test_everything_arrives_and_the_source_is_frozen(source: Database, target: str) -> None:
    before = await rows_of(source.dsn)
    counts = await copy_store(source.dsn, target, freeze=True, progress=lambda _: None)
    assert await rows_of(target) == before
    assert counts == {name: len(rows) for name, rows in before.items()}
    assert counts["standings"] == 2 * PLAYERS
    with pytest.raises(StoreUnavailable):
        await source.scores.create_board(Board(0, "late", "Late"))
    async for copied in opened(target):
        board = await copied.scores.create_board(Board(0, "third", "Third"))
        assert board.id not in {row["board_id"] for row in await run(source.dsn, "select board_id from boards")}
        assert not await copied.scores.orphaned_standings()
        [receipt] = await copied.scores.record([submit(Ladder(board), 1, 5)])
        assert not isinstance(receipt, Exception)


async def test_a_target_with_data_is_refused_and_the_source_stays_writable(source: Database, target: str) -> None:
    await migrate(target)
    async for database in opened(target):
        await database.users.create([Player(1, "mine", None, 0)])
    with pytest.raises(CopyRefused, match=r"not empty: it has rows in .*users"):
        await copy_store(source.dsn, target, freeze=True, progress=lambda _: None)
    await source.scores.create_board(Board(0, "later", "Later"))


async def test_an_interrupted_copy_is_repeated(source: Database, target: str) -> None:
    def interrupt(_: int) -> None:
        raise KeyError("interrupted")

    with pytest.raises(KeyError):
        await copy_store(source.dsn, target, freeze=True, progress=interrupt)
    await source.scores.create_board(Board(0, "between", "Between"))
    await copy_store(source.dsn, target, freeze=False, progress=lambda _: None)
    assert await rows_of(target) == await rows_of(source.dsn)


async def test_a_copy_is_repeated_after_a_copy_that_was_killed(source: Database, target: str) -> None:
    """A killed copy leaves its source read-only."""
    name = source.dsn.rpartition("/")[2]
    await run(source.dsn, f"alter database {name} set default_transaction_read_only = on")
    await copy_store(source.dsn, target, freeze=True, progress=lambda _: None)
    assert await rows_of(target) == await rows_of(source.dsn)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await run(source.dsn, "create table late ()")


async def test_a_store_is_not_copied_onto_itself(server: PostgresServer) -> None:
    dsn = await new_database(server, "alone")
    await migrate(dsn)
    with pytest.raises(CopyRefused, match="the same database"):
        await copy_store(dsn, dsn, freeze=True, progress=lambda _: None)
    assert not await run(dsn, "select from pg_tables where tablename = 'store_copies'")


async def test_standings_of_a_missing_board_are_listed(source: Database) -> None:
    [[board_id]] = await run(source.dsn, "delete from boards where slug = 'second' returning board_id")
    assert await source.scores.orphaned_standings() == {board_id: PLAYERS}
