"""Databases of other services, as their documentation describes them."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any
from uuid import UUID

import asyncpg

from leaderforge.embedded.ports import LOOPBACK, free_node_ports
from leaderforge.embedded.wheels import valkey_server

NAKAMA = """
create table users (
    id uuid primary key, username varchar(128) not null unique, display_name varchar(255), avatar_url varchar(512),
    lang_tag varchar(18) not null default 'en', location varchar(255), timezone varchar(255),
    metadata jsonb not null default '{}', wallet jsonb not null default '{}', email varchar(255) unique,
    password bytea check (length(password) < 32000), facebook_id varchar(128) unique, google_id varchar(128) unique,
    gamecenter_id varchar(128) unique, steam_id varchar(128) unique, custom_id varchar(128) unique,
    edge_count int not null default 0 check (edge_count >= 0), create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    verify_time timestamptz not null default '1970-01-01 00:00:00 UTC',
    disable_time timestamptz not null default '1970-01-01 00:00:00 UTC',
    facebook_instant_game_id varchar(128) unique, apple_id varchar(128) unique
);
insert into users (id, username) values ('00000000-0000-0000-0000-000000000000', '');
create table leaderboard (
    id varchar(128) primary key, authoritative boolean not null default false, sort_order smallint not null default 1,
    operator smallint not null default 0, reset_schedule varchar(64), metadata jsonb not null default '{}',
    create_time timestamptz not null default now(), category smallint not null default 0 check (category >= 0),
    description varchar(255) not null default '', duration int not null default 0 check (duration >= 0),
    end_time timestamptz not null default '1970-01-01 00:00:00 UTC', join_required boolean not null default false,
    max_size int not null default 100000000 check (max_size > 0),
    max_num_score int not null default 1000000 check (max_num_score > 0), title varchar(255) not null default '',
    size int not null default 0, start_time timestamptz not null default now(), enable_ranks boolean default true
);
create table leaderboard_record (
    leaderboard_id varchar(128) not null references leaderboard (id) on delete cascade, owner_id uuid not null,
    username varchar(128), score bigint not null default 0 check (score >= 0),
    subscore bigint not null default 0 check (subscore >= 0), num_score int not null default 1 check (num_score >= 0),
    metadata jsonb not null default '{}', create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    expiry_time timestamptz not null default '1970-01-01 00:00:00 UTC',
    max_num_score int not null default 1000000 check (max_num_score > 0),
    primary key (leaderboard_id, expiry_time, score, subscore, owner_id),
    unique (owner_id, leaderboard_id, expiry_time)
);
"""
"""The tables `users`, `leaderboard` and `leaderboard_record` that the migrations of Nakama 3.40.0 leave (migrate/sql of
its repository), column for column, with their keys, checks and first row. With `LEADERFORGE_TEST_NAKAMA`, a test
compares these tables with the migrations in a clone of the repository.
"""

_NAKAMA_COLUMNS = """
select table_name, column_name, udt_name, character_maximum_length, is_nullable, column_default
from information_schema.columns
where table_name in ('users', 'leaderboard', 'leaderboard_record')
"""
_NAKAMA_CONSTRAINTS = """
select conrelid::regclass::text, contype::text, pg_get_constraintdef(oid)
from pg_constraint
where conrelid in ('users'::regclass, 'leaderboard'::regclass, 'leaderboard_record'::regclass)
"""

PLAIN = """
create table users (
    id bigserial primary key, username text not null unique, email text, created_at timestamptz not null default now()
);
create table game_sessions (
    id bigserial primary key, user_id bigint not null references users, score bigint not null,
    played_at timestamptz not null default now()
);
create table leaderboard (
    user_id bigint primary key references users, username text not null, total_score bigint not null,
    session_count int not null, last_updated timestamptz not null default now()
);
"""
"""Tables of the plain SQL design."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def run_sql(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def fetch_sql(dsn: str, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query, *arguments)]
    finally:
        await connection.close()


def nakama_migrations(clone: Path) -> list[str]:
    """Return the statements of Nakama's migrations, in their order, from a clone of its repository."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((clone / "migrate" / "sql").glob("*.sql"))]
    # Each text runs in a transaction, in which no index can be created concurrently.
    return [text.partition("-- +migrate Down")[0].replace(" CONCURRENTLY", "") for text in texts]


async def nakama_tables(dsn: str) -> set[tuple[Any, ...]]:
    """Return the columns, keys and checks of Nakama's tables that the import reads."""
    rows = [*await fetch_sql(dsn, _NAKAMA_COLUMNS), *await fetch_sql(dsn, _NAKAMA_CONSTRAINTS)]
    return set(rows)


async def copy_rows(dsn: str, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.copy_records_to_table(table, records=rows, columns=list(columns))
    finally:
        await connection.close()


async def add_nakama_records(
    dsn: str, leaderboard: str, count: int, *, seed: int, scores: int, expiry: datetime = EPOCH
) -> None:
    """Add records of `count` new users with up to `scores` different scores."""
    draw = random.Random(seed)
    owners = [UUID(int=draw.getrandbits(128), version=4) for _ in range(count)]
    await copy_rows(dsn, "users", ["id", "username"], [(owner, f"{leaderboard}-{owner.hex[:20]}") for owner in owners])
    rows = [
        (
            leaderboard,
            owner,
            f"{leaderboard}-{owner.hex[:20]}",
            draw.randrange(scores),
            draw.randrange(3),
            datetime.fromtimestamp(1_795_000_000 + draw.randrange(10**6) / 1000, UTC),
            expiry,
        )
        for owner in owners
    ]
    columns = ["leaderboard_id", "owner_id", "username", "score", "subscore", "update_time", "expiry_time"]
    await copy_rows(dsn, "leaderboard_record", columns, rows)


@contextmanager
def single_valkey(folder: Path, *settings: str) -> Iterator[str]:
    """Run a single Valkey server, not a cluster, with these lines of settings. Yield its address `host:port`."""
    [port] = free_node_ports(1)
    lines = [f"port {port}", f"bind {LOOPBACK}", 'save ""', f"dir {folder}", *settings]
    (folder / "valkey.conf").write_text("\n".join(lines))
    process = Popen([str(valkey_server()), str(folder / "valkey.conf")], stdout=DEVNULL)
    try:
        yield f"{LOOPBACK}:{port}"
    finally:
        process.terminate()
        process.wait()
