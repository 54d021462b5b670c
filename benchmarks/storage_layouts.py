"""Comparison of layouts of the store's tables: bytes of a row and of its index entries.

    python -m benchmarks.storage_layouts --players 200000 --out docs/performance/results/storage-layouts.json

Each layout is a table with its indexes. Rows come in random order of the players, as submissions do. The results have
the size after the inserts, and the size after `reindex`, which packs the pages of the indexes. See decision 36.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from benchmarks.report import about, print_rows, write, write_rows
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.embedded import PostgresServer

_ROWS = """
    select
        user_id, 1700000000000 + hashint8(user_id)::bigint / 2 as at, hashint8extended(user_id, 1) % 100000 as score,
        'name' || lpad(user_id::text, 11, '0') as name
    from generate_series(1, {players}) as user_id
    order by hashint8extended(user_id, 2)
"""


class Layout(NamedTuple):
    """Table with its indexes. `definition` and `values` are SQL; `values` are expressions over a row of `_ROWS`."""

    name: str
    definition: str
    values: str
    indexes: tuple[str, ...]


LAYOUTS = (
    Layout(
        "events, as they are",
        "user_id bigint not null, board_id bigint not null, submission_id uuid not null, score bigint not null,"
        " achieved_at bigint not null, recorded_at bigint not null, metadata jsonb, subscore bigint not null,"
        " void boolean not null, received_us bigint not null, void_in bigint[], change bigint",
        "user_id, 1, gen_random_uuid(), score, at, at, null, 0, false, at * 1000, null, null",
        ("unique (user_id, board_id, submission_id)",),
    ),
    Layout(
        # A time is null if `received_us` implies it. A single column has all values that are rarely used.
        "events, narrow",
        "user_id bigint not null, submission_id uuid not null, score bigint not null, received_us bigint not null,"
        " board_id integer not null, recorded_after_ms integer not null, achieved_at bigint, uncommon jsonb",
        "user_id, gen_random_uuid(), score, at * 1000, 1, 0, null, null",
        ("unique (user_id, board_id, submission_id)",),
    ),
    Layout(
        "standings, as they are",
        "user_id bigint not null, board_id bigint not null, period_id bigint not null, sign smallint not null,"
        " score bigint not null, ranked bigint not null,"
        " achieved_at bigint not null, run_id uuid not null, scored boolean not null, submissions bigint not null,"
        " revision bigint not null, metadata jsonb, subranked bigint not null, hidden smallint not null,"
        " received_us bigint not null, segments text[]",
        "user_id, 1, 0, -1, score, -score, at, gen_random_uuid(), true, 1, at * 1000, null, 0, 0, at * 1000, null",
        (
            "unique (user_id, board_id, period_id)",
            "(board_id, period_id, ranked, subranked, achieved_at, user_id)",
        ),
    ),
    Layout(
        "standings, the same columns in the best order",
        "user_id bigint not null, board_id bigint not null, period_id bigint not null, score bigint not null,"
        " ranked bigint not null, subranked bigint not null,"
        " achieved_at bigint not null, received_us bigint not null, revision bigint not null, run_id uuid not null,"
        " submissions integer not null, sign smallint not null, hidden smallint not null, scored boolean not null,"
        " metadata jsonb, segments text[]",
        "user_id, 1, 0, score, -score, 0, at, at * 1000, at * 1000, gen_random_uuid(), 1, -1, 0, true, null, null",
        (
            "unique (user_id, board_id, period_id)",
            "(board_id, period_id, ranked, subranked, achieved_at, user_id)",
        ),
    ),
    Layout(
        # Another table would assign the numbers to the ladders. `ranked` and the board imply the score. Columns that
        # are rarely used, such as metadata, are in another table: a null would make the header of each row 8 bytes
        # longer. With `recorded_after_ms`, the row also holds the player's event, while the player has only one event.
        "standings, narrow, with numbers of ladders",
        "user_id bigint not null, ranked bigint not null, achieved_at bigint not null, received_us bigint not null,"
        " revision bigint not null, run_id uuid not null, ladder integer not null, submissions integer not null,"
        " recorded_after_ms integer not null, flags smallint not null",
        "user_id, -score, at, at * 1000, at * 1000, gen_random_uuid(), 1, 1, 0, 0",
        ("unique (user_id, ladder)", "(ladder, ranked, achieved_at, user_id)"),
    ),
    Layout(
        "players, as they are",
        "user_id bigint not null, username text, email text, created_at bigint not null, hidden boolean not null,"
        " external_id text, attributes jsonb",
        "user_id, name, null, at, false, null, null",
        ("unique (user_id)",),
    ),
    Layout(
        "players, in the best order",
        "user_id bigint not null, created_at bigint not null, hidden boolean, username text, email text,"
        " external_id text, attributes jsonb",
        "user_id, at, null, name, null, null, null",
        ("unique (user_id)",),
    ),
    Layout(
        "claims, as they are",
        'username_key text collate "C" not null, user_id bigint not null, is_look_alike boolean not null',
        "name, user_id, false",
        ("unique (username_key)",),
    ),
    Layout(
        "claims, in the best order",
        'user_id bigint not null, is_look_alike boolean, username_key text collate "C" not null',
        "user_id, null, name",
        ("unique (username_key)",),
    ),
    Layout(
        # Such claims cannot be searched by the start of a name. If two names have the same hash, the stored names of
        # the players must be compared.
        "claims, by a hash of 8 bytes",
        "user_id bigint not null, key_hash bigint not null",
        "user_id, hashtextextended(name, 0)",
        ("unique (key_hash)",),
    ),
)


def main(
    players: Annotated[int, typer.Option(help="Rows of each table.")] = 200_000,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON, and as CSV beside it.")] = None,
) -> None:
    """Measure layouts of tables on this machine."""
    with tempfile.TemporaryDirectory() as directory, PostgresServer(Path(directory)) as server:
        rows = asyncio.run(measure(server.dsn, players))
    print_rows(rows)
    write({**about("benchmarks.storage_layouts"), "players": players, "bytes": rows}, out)
    write_rows(rows, out)


async def measure(dsn: str, players: int) -> list[dict[str, Any]]:
    """Return the bytes of a row in each layout: of the table, of its indexes, and of its indexes after `reindex`."""
    pool = Pool(dsn, timeout_s=120)
    rows = [await sizes(pool, f"layout_{i}", layout, players) for i, layout in enumerate(LAYOUTS)]
    await pool.close()
    return rows


async def sizes(pool: Pool, table: str, layout: Layout, players: int) -> dict[str, Any]:
    """Fill a table of a layout, and return its bytes a row."""
    await pool.fetch(f"create table {table} ({layout.definition})")
    for index in layout.indexes:
        unique, _, columns = index.rpartition("(")
        await pool.fetch(f"create {unique} index on {table} ({columns}")
    source = _ROWS.format(players=players)
    await pool.fetch(f"insert into {table} select {layout.values} from ({source}) as source")  # noqa: S608 - constants
    await pool.fetch(f"vacuum {table}")
    [[rows, indexes]] = await pool.fetch(f"select pg_table_size('{table}'), pg_indexes_size('{table}')")
    await pool.fetch(f"reindex table {table}")
    [[packed]] = await pool.fetch(f"select pg_indexes_size('{table}')")
    figures = {"table": rows, "indexes": indexes, "after reindex": packed}
    return {"layout": layout.name, **{name: round(size / players, 1) for name, size in figures.items()}}


if __name__ == "__main__":
    typer.run(main)
