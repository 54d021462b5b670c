"""Migration of a large store of version 0.1.0, while clients of that version submit, create players, moderate and read.

    python -m benchmarks.upgrade --players 1000000 --out docs/performance/results/upgrade.json

Starts PostgreSQL in a temporary directory, creates the tables of 0.1.0 and fills them by SQL. Then applies the later
migrations one after the other, under load. Reports the time and the locks of each migration, and the longest round of
each client.
"""

import asyncio
import tempfile
import time
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.report import about, write
from leaderforge.adapters import postgres
from leaderforge.adapters.postgres.migrate import commands, migrate, migrations
from leaderforge.embedded import PostgresServer
from tests.old_version import LAST_MIGRATION, OldClients, old_clients

LOADS = (
    "insert into users (user_id, username, created_at) select i, 'P' || i, 0 from generate_series(1, {players}) i",
    "insert into username_claims (username_key, user_id) select 'p' || i, i from generate_series(1, {players}) i",
    """
    insert into score_events (user_id, board_id, submission_id, score, achieved_at, recorded_at, metadata)
    select i, 1, gen_random_uuid(), i % 1000, i, i, null
    from generate_series(1, {players}) i, generate_series(1, {events})
    """,
    """
    insert into standings
        (user_id, board_id, sign, score, achieved_at, run_id, scored, submissions, revision)
    select i, 1, -1, i % 1000 * {events}, i, gen_random_uuid(), true, {events}, i from generate_series(1, {players}) i
    """,
    "vacuum analyze",
    "checkpoint",
)
"""Statements that fill the store."""
TABLES = "select relname from pg_class where relnamespace = current_schema::regnamespace and relkind = 'r'"
LOCKS = """
select relname, mode
from pg_locks join pg_class on pg_class.oid = relation
where pid = pg_backend_pid() and relname = any ($1)
    and mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
order by relname, mode
"""
"""Query for the locks of this connection on the tables $1. Only lock modes that conflict with writes are listed."""


def main(
    players: Annotated[int, typer.Option(help="Players.")] = 1_000_000,
    events: Annotated[int, typer.Option(help="Submissions of each player.")] = 5,
    rounds: Annotated[int, typer.Option(help="Rounds of each client without a migration, to compare.")] = 500,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the migrations after 0.1.0."""
    with tempfile.TemporaryDirectory(prefix="leaderforge-upgrade-") as name:
        Path(name).chmod(0o755)
        with PostgresServer(Path(name)) as server:
            result = asyncio.run(measured(server.dsn, players, events, rounds))
    report = {**about("benchmarks.upgrade"), "players": players, "events": events, **result}
    Console().print(table(report))
    write(report, out)


async def measured(dsn: str, players: int, events: int, rounds: int) -> dict[str, Any]:
    """Fill the store, migrate it under load, and return the figures."""
    started = time.perf_counter()
    await migrate(dsn, last=LAST_MIGRATION)
    await fill(dsn, players, events)
    loaded_s = time.perf_counter() - started
    later = [number for number in migrations() if number > LAST_MIGRATION]
    async with old_clients(dsn, range(1, players + 1)) as clients:
        baseline = await longest_rounds(clients, rounds)
        steps = [await step(dsn, clients, number) for number in later]
    return {"loaded_s": round(loaded_s, 1), "baseline_ms": baseline, "migrations": steps}


async def fill(dsn: str, players: int, events: int) -> None:
    """Create players who submitted `events` times each."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in LOADS:
            await connection.execute(statement.format(players=players, events=events))
    finally:
        await connection.close()


async def step(dsn: str, clients: OldClients, number: int) -> dict[str, Any]:
    """Apply a migration, and return its time, its locks, and the longest round of each client meanwhile."""
    needed = await locks(dsn, number)
    await clients.progress()
    clients.longest_s.clear()
    started = time.perf_counter()
    await migrate(dsn, last=number)
    taken = time.perf_counter() - started
    rounds = await longest_rounds(clients)
    return {
        "migration": migrations()[number],
        "ms": round(taken * 1000, 1),
        "longest_round_ms": rounds,
        "locks": needed,
    }


async def longest_rounds(clients: OldClients, rounds: int = 5) -> dict[str, float]:
    """Return the longest round of each client in ms, after `rounds` more rounds of each."""
    await clients.progress(rounds)
    return {name: round(seconds * 1000, 1) for name, seconds in clients.longest_s.items()}


async def locks(dsn: str, number: int) -> list[tuple[str, str]]:
    """Apply a migration, and roll it back. Return the tables whose writers it blocks, each with its lock mode."""
    script = files(postgres).joinpath("migrations", migrations()[number]).read_text()
    connection = await asyncpg.connect(dsn)
    try:
        tables = [row["relname"] for row in await connection.fetch(TABLES)]
        transaction = connection.transaction()
        await transaction.start()
        for command in commands(script):
            await connection.execute(command)
        rows = await connection.fetch(LOCKS, tables)
        await transaction.rollback()
    finally:
        await connection.close()
    return [(row["relname"], row["mode"]) for row in rows if row["relname"] != "schema_migrations"]


def table(report: dict[str, Any]) -> Table:
    """Return the figures as a table."""
    clients = list(report["baseline_ms"])
    title = f"{report['players']:,} players, {report['events']} submissions each; longest rounds in ms"
    shown = Table("migration", "ms", *clients, "locked table", title=title)
    shown.add_row("none", "", *(f"{report['baseline_ms'][name]}" for name in clients), "")
    for taken in report["migrations"]:
        rounds = (f"{taken['longest_round_ms'][name]}" for name in clients)
        shown.add_row(taken["migration"], f"{taken['ms']}", *rounds, ", ".join(lock[0] for lock in taken["locks"]))
    return shown


if __name__ == "__main__":
    typer.run(main)
