"""Effect of free space in the pages of `standings`: bytes a row, and the share of updates that stay within their page.

    python -m benchmarks.free_space --out docs/performance/results/free-space.json

An update that keeps a row's place in the ranking changes no index of the table, if the page has space for a new row.
See decision 36.
"""

import asyncio
import tempfile
from pathlib import Path
from random import Random
from typing import Annotated, Any

import asyncpg
import typer

from benchmarks.report import about, print_rows, write, write_rows
from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.embedded import PostgresServer

FREE_PERCENT = (20, 10, 5, 2, 0)
BATCH = 256
BATCHES = 200
ROUNDS = 3

_FILL = """
    insert into standings (
        user_id, board_id, sign, score, achieved_at, run_id, scored, submissions, revision, received_us
    )
    select user_id, 1, -1, hashint8(user_id), 1700000000000 + user_id, gen_random_uuid(), true, 1, 1, 1
    from users
    order by hashint8(user_id)
"""
_UPDATE = """
    update standings set submissions = submissions + 1, revision = revision + 1
    where user_id = any ($1::bigint[]) and board_id = 1 and period_id = 0
"""
_STATE = """
    select n_tup_upd, n_tup_hot_upd, pg_table_size('standings'), pg_current_wal_insert_lsn() - '0/0'
    from pg_stat_user_tables where relname = 'standings'
"""


def main(
    players: Annotated[int, typer.Option(help="Rows of the table.")] = 100_000,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON, and as CSV beside it.")] = None,
) -> None:
    """Measure shares of free space on this machine."""
    with tempfile.TemporaryDirectory() as directory, PostgresServer(Path(directory)) as server:
        rows = asyncio.run(measure(server.dsn, players))
    print_rows(rows)
    write({**about("benchmarks.free_space"), "players": players, "rounds": rows}, out)
    write_rows(rows, out)


async def measure(dsn: str, players: int) -> list[dict[str, Any]]:
    """Return the figures of each round of updates, for each share of free space."""
    await migrate(dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "insert into users (user_id, username, created_at) select i, 'p' || i, 0 from generate_series(1, $1::int) as i",
        players,
    )
    rows = []
    for percent in FREE_PERCENT:
        await connection.execute("truncate standings")
        await connection.execute(f"alter table standings set (fillfactor = {100 - percent}, autovacuum_enabled = off)")
        await connection.execute(_FILL)
        await connection.execute("vacuum standings")
        random = Random(1)
        for number in range(1, ROUNDS + 1):
            figures = await updated(connection, players, random)
            rows.append({"free percent": percent, "round": number, **figures})
    await connection.close()
    return rows


async def updated(connection: "asyncpg.Connection[asyncpg.Record]", players: int, random: Random) -> dict[str, float]:
    """Update random rows. Return the bytes a row before and after, and the share of updates within their page."""
    updates, within, size, wal = await state(connection)
    for _ in range(BATCHES):
        await connection.execute(_UPDATE, sorted(random.sample(range(1, players + 1), BATCH)))
    updates_after, within_after, size_after, wal_after = await state(connection)
    count = updates_after - updates
    return {
        "bytes a row": round(size / players, 1),
        "bytes a row after": round(size_after / players, 1),
        "within the page": round((within_after - within) / count, 3),
        "WAL bytes an update": round((wal_after - wal) / count),
    }


async def state(connection: "asyncpg.Connection[asyncpg.Record]") -> tuple[int, int, int, int]:
    """Return the number of updates, the number of updates within a page, the table's bytes, and the written bytes of
    WAL.
    """
    await connection.execute("select pg_stat_force_next_flush()")
    row = await connection.fetchrow(_STATE)
    assert row is not None
    updates, within, size, wal = row
    return updates, within, size, int(wal)


if __name__ == "__main__":
    typer.run(main)
